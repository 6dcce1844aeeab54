// The figures of the RNN instrument: eigenvalues, decay, shares, orbit, entries, and its numbers.

const ROOM = 0.12; // of the decay's height, for the names of its marks
const FAINTEST = -4; // shares below 10^-4 have one colour
const ORBIT = 40;
const CIRCLE = [...Array(121).keys()].map((i) => (i * Math.PI) / 60);
const UNIT = [CIRCLE.map(Math.cos), CIRCLE.map(Math.sin)];

class DecayFigures extends Instrument {
  draw() {
    const { longest } = this.values;
    this.values.at = Math.min(this.values.at, longest);
    const now = this.current();
    const c = this.factor(now);
    const rho = c * now.radius;
    const curves = decayAt(now.curves, c);
    this.drawPlane(now, c, rho);
    this.drawDecay(now, curves, c, rho);
    if (this.data.view === "shares") this.drawShares(curves);
    if (this.data.view === "orbit") this.drawOrbit(now, c);
    if (this.data.view === "entries") this.drawEntries(now, c);
    this.tell(now, curves, c, rho);
  }

  drawPlane({ re, im, radius }, c, rho) {
    const plot = this.plane;
    const reach = this.held === plot.svg ? this.reach : 1.15 * Math.max(1, rho);
    this.reach = reach;
    plot.frame({ x: [-reach, reach], y: [-reach, reach], names: ["Re λ", "Im λ"] });
    plot.line(...UNIT, { dash: "3 5", width: 2 });
    plot.line(...UNIT.map((side) => side.map((v) => v * rho)), { colour: COLOURS.ORANGE });
    const all = [...re.keys()];
    const top = all.map((i) => Math.hypot(re[i], im[i]) >= radius * (1 - 1e-9));
    const draw = (which, look) => plot.points(which.map((i) => c * re[i]),
      which.map((i) => c * im[i]), look);
    draw(all.filter((i) => !top[i]), { name: "λ", size: 5.5 });
    draw(all.filter((i) => top[i]),
      { name: "largest |λ|", colour: COLOURS.ORANGE, shape: "diamond", size: 8 });
    const i = this.selected;
    const [x, y] = [c * re[i], c * im[i]];
    if (this.modes.right) {
      for (const side of y ? [y, -y] : [y]) {
        plot.add("circle", { cx: short(plot.x(x)), cy: short(plot.y(side)), r: 12, fill: "none",
          stroke: COLOURS.ORANGE, "stroke-width": side === y ? 3 : 1.5 });
      }
    }
    const sign = y < 0 ? "−" : "+";
    this.chosen = `λ = ${fixed(x, 2)}${y ? ` ${sign} ${Math.abs(y).toFixed(2)} i` : ""}`;
    plot.done(`${re.length} eigenvalues, the largest modulus is ${rho.toFixed(3)}. ` +
      `Selected: ${this.chosen}. Dotted: the unit circle.`);
  }

  drawDecay(now, curves, c, rho) {
    const plot = this.decay;
    const { longest, at } = this.values;
    const steps = NORM_STEPS.filter((T) => T <= longest);
    const norm = curves.norm.subarray(0, steps.length);
    const finite = norm.filter(Number.isFinite);
    const low = Math.floor(Math.max(Math.min(...finite, -2), -45) - 0.3);
    const high = Math.ceil(Math.min(Math.max(...finite, 0.5), 60) + 0.2);
    plot.frame({ x: [1, longest], y: [low, high + ROOM * (high - low)], log: "y",
      names: ["T, steps", "size (logarithmic)"] });
    const [xs, ys] = [[], []];
    for (const modulus of new Set(Array.from(now.re, (x, i) =>
      Math.hypot(x, now.im[i]).toFixed(12)))) {
      xs.push(1, longest, NaN);
      ys.push(0, (longest - 1) * Math.log10(c * modulus), NaN);
    }
    plot.line(xs, ys.map((v) => (v === -Infinity ? -400 : v)),
      { name: "|λᵢ|ᵀ⁻¹, every mode", colour: COLOURS.GREY, width: 1.5 });
    plot.line(steps, norm, { name: "‖W_h^{T−1}‖₂", colour: COLOURS.ORANGE, width: 4 });
    const T = [...Array(Math.min(longest, curves.input.length)).keys()].map((k) => k + 1);
    plot.line(T, curves.input.subarray(0, T.length),
      { name: "‖W_h^{T−1} W_x x₁‖", colour: COLOURS.BLUE, width: 3, dash: "8 6" });
    const autograd = this.data.gradient;
    if (autograd && autograd.rho === this.values.rho && autograd.moved === this.values.moved) {
      plot.points(autograd.T, autograd.norms.map(Math.log10),
        { name: "‖∂h_T/∂x₁‖₂, autograd", colour: COLOURS.GREEN, size: 6 });
    }
    const found = marks(curves.energy, rho);
    const named = [[found.halfLife && found.halfLife + 1, "half-life"],
      [found.lostInFloat32, "float32"], [found.overflowFloat32, "overflow"]];
    named.filter(([x]) => x !== null && x <= longest).forEach(([x, name], row) => {
      plot.line([x, x], [low, high + 0.4 * ROOM * (high - low)],
        { colour: COLOURS.AMBER, dash: "8 5" });
      const right = plot.x(x) > plot.width - 90;
      plot.text(plot.x(x) + (right ? -4 : 4), plot.top + (0.6 + 1.05 * (row % 2)) * plot.em, name,
        { anchor: right ? "end" : "start" });
    });
    plot.line([at, at], [low, high], { width: 2.5 });
    const [peak, size] = this.peak(curves.norm, longest);
    plot.done(`Up to T = ${longest}, ‖W_h^(T−1)‖ peaks at T = ${peak}: ${number(size)}.`);
  }

  peak(norm, longest) {
    let top = 0;
    for (let i = 0; i < norm.length && NORM_STEPS[i] <= longest; i++) {
      if (norm[i] > norm[top]) top = i;
    }
    return [NORM_STEPS[top], 10 ** Math.min(norm[top], 300)];
  }

  drawShares(curves) {
    const plot = this.shares;
    const longest = Math.min(this.values.longest, curves.energy.length);
    const [at, log] = shares(curves.energy, 48, longest);
    const n = at.length;
    const every = Math.ceil(n / 8);
    const ticks = at.map((T, i) => [i, String(T)]).filter((_, i) => i % every === 0);
    plot.frame({ x: [-0.5, n - 0.5], y: [n - 0.5, -0.5], ticks: { x: ticks, y: ticks },
      names: ["T, step of the state h_T", "i, step of the input x_i"] });
    plot.heat(log.map((row) => row.map((v) => Math.max(v, FAINTEST))),
      { low: FAINTEST, high: 0, name: "log10 of the share" });
    const T = this.values.at;
    let column = 0;
    at.forEach((step, i) => { if (Math.abs(step - T) < Math.abs(at[column] - T)) column = i; });
    plot.line([column, column], [n - 0.5, -0.5], { colour: "#fff", width: 2 });
    const key = [["100%", 0], ["10%", -1], ["1%", -2], ["0.1%", -3], ["≤ 0.01%", -4]];
    key.forEach(([name, v], i) => {
      const colour = SEQUENTIAL[Math.round(((v - FAINTEST) / -FAINTEST) * (SEQUENTIAL.length - 1))];
      const [x, y] = [plot.left + plot.em, plot.height - plot.bottom - plot.em * (1.4 * i + 1)];
      plot.add("path", { d: box(x, y - plot.em / 2, plot.em, plot.em), fill: colour });
      plot.text(x + 1.5 * plot.em, y, name);
    });
    plot.done("A column shows how much of h_T comes from x₁, x₂, … Bright only near the diagonal: a short " +
      "memory.");
  }

  drawOrbit(now, c) {
    const plot = this.orbit;
    const own = this.data.d === 2;
    const W = Array.from(own ? now.W : this.pair, (v) => v * (own || !this.specs.rho.off ? c : 1));
    const [xs, ys] = orbit(W, (this.values.angle * Math.PI) / 180, ORBIT);
    const size = Math.max(1, ...[...xs, ...ys].filter(Number.isFinite).map(Math.abs));
    const reach = 1.1 * Math.min(size, 1e6);
    const wide = Math.max(1, plot.room.width / Math.min(plot.tall, 400)) * 0.9;
    plot.frame({ x: [-reach * wide, reach * wide], y: [-reach, reach],
      names: ["first entry of Wᵏx", "second entry of Wᵏx"] });
    plot.line(...UNIT, { dash: "3 5", name: "length 1" });
    plot.line(xs, ys, { colour: COLOURS.GREY, width: 1, name: "all steps" });
    const k = this.values.k;
    plot.points(xs.slice(0, k + 1), ys.slice(0, k + 1), { name: "so far" });
    plot.line([0, xs[k]], [0, ys[k]], { colour: COLOURS.ORANGE, width: 4, name: "Wᵏx" });
    plot.points([xs[k]], [ys[k]], { colour: COLOURS.ORANGE, shape: "diamond", size: 8 });
    plot.done(`k = ${k}: (${xs[k].toFixed(3)}, ${ys[k].toFixed(3)}).`);
  }

  drawEntries({ W }, c) {
    const plot = this.entries;
    const { d } = this.data;
    const rows = [...Array(d).keys()].map((i) => Array.from(W.subarray(i * d, i * d + d), (v) => v * c));
    const top = Math.max(1e-9, ...rows.flat().map(Math.abs));
    const every = Math.ceil(d / 8);
    const ticks = [...Array(d).keys()].filter((i) => i % every === 0).map((i) => [i, String(i + 1)]);
    plot.frame({ x: [-0.5, d - 0.5], y: [d - 0.5, -0.5], ticks: { x: ticks, y: ticks },
      names: ["column", "row"] });
    plot.heat(rows, { low: -top, high: top, scale: DIVERGING, name: "W_h" });
    plot.done(`Blue entries are below zero, red ones above; the largest has size ${top.toPrecision(3)}.`);
  }

  // The numbers beside the figures.
  tell(now, curves, c, rho) {
    const { at, longest } = this.values;
    const place = NORM_STEPS.findLastIndex((T) => T <= at);
    const found = marks(curves.energy, rho);
    const total = accumulate(curves.energy.subarray(0, at))[at - 1];
    const share = 10 ** (curves.energy[at - 1] - total);
    const until = curves.energy.length;
    const when = (T) => (T === null ? `T > ${until}` : `T = ${T}`);
    const [peak, size] = this.peak(curves.norm, longest);
    const rows = [
      [`ρ = max |λ|`, rho.toPrecision(4)],
      [`‖W_h‖₂`, number(10 ** curves.norm[1])],
      [`ρᵀ⁻¹, T = ${at}`, number(rho ** (at - 1))],
      [`‖W_h^{T−1}‖₂` + (NORM_STEPS[place] === at ? "" : `, T = ${NORM_STEPS[place]}`),
        number(10 ** curves.norm[place])],
      ["share of x₁ in h_T", `${(100 * share).toPrecision(3)}%`],
      ["peak of ‖W_h^{T−1}‖₂", `${number(size)} at T = ${peak}`],
      ["half-life", found.halfLife ? `${found.halfLife.toFixed(1)} steps` : "none"],
      ["share of x₁ under 1%", when(found.underOnePercent)],
      ["x₁ lost to rounding", when(found.lostInFloat32)],
      ["overflow (float32)", when(found.overflowFloat32)],
    ];
    if (this.modes.right) rows.unshift(["selected λ", this.chosen.slice(4)]);
    if (this.say.querySelectorAll("dt").length !== rows.length) {
      this.say.innerHTML = `<dl>${"<div><dt></dt><dd></dd></div>".repeat(rows.length)}</dl>`;
    }
    const cells = this.say.querySelectorAll("dt, dd");
    rows.flat().forEach((text, i) => typeset(cells[i], text));
  }
}

// core/linear_rnn/spectrum.py, number: three digits, thousands separators, powers of ten from 10⁷.
function number(value) {
  if (value < 1e-4 && value > 0) return scientific(value);
  if (value < 100) return String(Number(value.toPrecision(3)));
  return value < 1e7 ? Math.round(value).toLocaleString("en-GB") : scientific(value);
}
