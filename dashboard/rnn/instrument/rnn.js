// The instrument of the RNN lesson: eigenvalues that are dragged, decay, and one view more.
//
// data: d, the matrix and its measured powers (all of W / ρ(W)), the place of each eigenvalue's
// conjugate, and P and P^-1 where eigenvalues can be moved. values: rho, longest, at, moved; angle
// and k of the orbit. A move is kept for the matrix of radius 1, so that ρ still scales everything.

const REACH = 1.5; // the largest ρ
const NEAR = 0.08; // a press farther from every eigenvalue moves the nearest one there

class Decay extends DecayFigures {
  build() {
    this.plane = this.plot({ name: "eigenvalues", title: "Eigenvalues λ of W_h", ratio: 0.94,
      tall: 330, square: true });
    // The closer look stands beside the eigenvalues, before the decay.
    this.shares = this.plot({ name: "shares", title: "The share of every input in every state",
      ratio: 0.94, tall: 330 });
    this.orbit = this.plot({ name: "orbit", title: "The orbit x, W x, W² x, …", ratio: 0.94,
      tall: 330, square: true });
    this.entries = this.plot({ name: "entries", title: "The entries of W_h", ratio: 0.94, tall: 330,
      square: true });
    this.decay = this.plot({ name: "decay", title: "What is left of x₁ after T − 1 steps",
      ratio: 0.94, tall: 330 });
    this.drag(this.plane, {
      label: "Eigenvalues: Enter selects the next one, the arrow keys move it",
      grab: (place) => this.grab(place),
      move: ([re, im]) => this.moveTo(re, im),
      by: ([dx, dy], event) => this.byKey(dx, dy, event),
    });
    this.drag(this.decay, {
      label: "T: the arrow keys move it",
      move: ([T]) => this.setT(Math.round(T)),
      by: ([dx]) => dx && this.setT(this.values.at + dx),
    });
    const play = document.createElement("button");
    Object.assign(play, { type: "button", textContent: "▶ Play" });
    play.onclick = () => this.play();
    this.orbit.root.append(play);
    this.playButton = play;
    this.selected = 0;
  }

  load(data) {
    const view = data.view;
    for (const name of ["shares", "orbit", "entries"]) this[name].root.hidden = view !== name;
    if (data.id === this.id) return;
    this.id = data.id;
    this.stopPlaying();
    const { d } = data;
    const read = (text) => (text ? numbers(text) : null);
    this.u = read(data.u);
    this.W = read(data.W);
    this.measured = { norm: read(data.norm), input: read(data.input), energy: read(data.energy) };
    this.modes = { re: read(data.re), im: read(data.im), partner: data.partner };
    for (const side of ["right", "left"]) {
      const both = read(data[side]);
      this.modes[side] = both && { re: both.subarray(0, d * d), im: both.subarray(d * d) };
    }
    this.pair = read(data.pair);
    this.moved = null;
    if (this.selected >= d) this.selected = 0;
  }

  // ---- the matrix as it is set ----

  // Everything that follows from the moves, kept until they change.
  current() {
    const { moved = "" } = this.values;
    const count = this.held === this.plane.svg ? this.values.longest : MAX_STEPS;
    if (this.moved === moved && this.count >= count) return this.now;
    const moves = new Map(moved.split(";").filter(Boolean).map((one) => {
      const [i, re, im] = one.split(":").map(Number);
      return [i, [re, im]];
    }));
    const [re, im] = [Float64Array.from(this.modes.re), Float64Array.from(this.modes.im)];
    for (const [i, [x, y]] of moves) {
      const j = this.modes.partner[i];
      [re[i], im[i], re[j], im[j]] = i === j ? [x, 0, x, 0] : [x, y, x, -y];
    }
    let radius = 0;
    for (let i = 0; i < re.length; i++) radius = Math.max(radius, Math.hypot(re[i], im[i]));
    const W = moves.size ? moveEigenvalues(this.W, this.data.d, this.modes, moves) : this.W;
    const curves = moves.size ? growth(W, this.data.d, this.u, count) : this.measured;
    this.moved = moved;
    this.count = moves.size ? count : Infinity;
    return this.now = { moves, re, im, radius, W, curves };
  }

  // The factor from the matrix that is kept to the one that is shown.
  factor({ radius }) {
    if (this.specs.rho.off || radius === 0) return this.data.scale;
    return this.values.rho / radius;
  }

  // ---- the hand ----

  grab([x, y]) {
    if (!this.modes.right) return false;
    const { re, im } = this.current();
    const c = this.factor(this.current());
    let [best, found] = [Infinity, -1];
    for (let i = 0; i < re.length; i++) {
      const away = Math.hypot(c * re[i] - x, c * im[i] - y);
      if (away < best) [best, found] = [away, i];
    }
    this.selected = im[found] < 0 ? this.modes.partner[found] : found;
    this.below = im[found] < 0;
    this.grip = c;
    if (best > NEAR) this.moveTo(x, y);
    this.redraw();
    return true;
  }

  // The selected eigenvalue to re + im i of the plane, its conjugate with it.
  moveTo(re, im) {
    const now = this.current();
    const real = this.modes.partner[this.selected] === this.selected;
    if (real) im = 0;
    else if (this.below) im = -im;
    im = Math.max(0, im);
    const size = Math.hypot(re, im);
    if (size > REACH) [re, im] = [(re * REACH) / size, (im * REACH) / size];
    const c = this.grip;
    let others = 0;
    for (let i = 0; i < now.re.length; i++) {
      if (i === this.selected || i === this.modes.partner[this.selected]) continue;
      others = Math.max(others, c * Math.hypot(now.re[i], now.im[i]));
    }
    if (others < 0.1 && size < 0.1) {
      [re, im] = size ? [(re * 0.1) / size, (im * 0.1) / size] : [0.1, 0];
    }
    const moves = new Map(now.moves);
    const j = this.modes.partner[this.selected];
    const i = moves.has(j) ? j : this.selected;
    const sign = i === this.selected ? 1 : -1;
    const text = (v) => String(Number(v.toFixed(5)));
    moves.set(i, [text(re / c), text((sign * im) / c)]);
    const moved = [...moves].map(([at, [x, y]]) => `${at}:${x}:${y}`).join(";");
    const rho = Math.min(REACH, Math.max(0.1, Math.max(others, Math.hypot(re, im))));
    this.set(this.specs.rho.off ? { moved } : { moved, rho: Number(rho.toFixed(4)) });
  }

  byKey(dx, dy, event) {
    if (!this.modes.right) return false;
    const { re, im } = this.current();
    if (event.key === "Enter" || event.key === " ") {
      do this.selected = (this.selected + 1) % re.length;
      while (im[this.selected] < 0);
      this.redraw();
      return true;
    }
    if (!dx && !dy) return false;
    const c = this.grip = this.factor(this.current());
    this.below = false;
    const step = event.shiftKey ? 0.1 : 0.01;
    this.moveTo(c * re[this.selected] + dx * step, c * im[this.selected] + dy * step);
    return true;
  }

  setT(T) {
    this.set({ at: Math.min(this.values.longest, Math.max(1, T)) });
    return true;
  }

  // ---- the orbit, step by step ----

  play() {
    if (this.playing) return this.stopPlaying();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) return this.set({ k: this.values.k < ORBIT ? this.values.k + 1 : 0 });
    this.playButton.textContent = "❚❚ Pause";
    if (this.values.k >= ORBIT) this.set({ k: 0 });
    this.playing = setInterval(() => {
      if (this.values.k >= ORBIT || !this.root.isConnected) return this.stopPlaying();
      this.set({ k: this.values.k + 1 });
    }, 180);
  }

  stopPlaying() {
    clearInterval(this.playing);
    this.playing = 0;
    this.playButton.textContent = "▶ Play";
  }
}

export default mount(Decay);
