// One step of decoding: the whole vocabulary's distribution under temperature and cut, and the
// random number that chooses, which can be dragged. The step is that of the Step slider (steps.js).
//
// data: the sorted logits of one step (points, deflated), the names of the most probable words,
// the rank of the word taken, the random number or null; `around`: the steps before and after it,
// for around.js; `drawn`: whether chance chooses; how many bars to show.

const [BAR, AXIS] = [1.4, 3.2]; // heights, of a row and of the axis below, in the text's size
const FEW = 16; // ranks by which a draw far down may be off

class Step extends Instrument {
  build() {
    this.bars = this.plot({ name: "bars", title: "" });
    this.draws = this.plot({ name: "draw", title: "The random number: drag it", ratio: 0.2,
      tall: 90 });
    this.all = this.plot({ name: "vocabulary", title: "Every word, by rank", ratio: 0.55,
      tall: 220 });
    this.drag(this.draws, { label: "Random number: the arrow keys move it", local: true,
      move: ([u]) => this.set({ u: Math.min(0.999999, Math.max(0, u)) }),
      by: ([dx]) => dx && (this.set({
        u: Math.min(0.999999, Math.max(0, this.values.u + dx / 200)) }), true) });
    const follow = () => {
      if (this.root.isConnected) this.redraw();
      else window.removeEventListener("unrolled-step", follow);
    };
    window.addEventListener("unrolled-step", follow);
  }

  load(data) {
    this.draws.root.hidden = !data.drawn;
    this.all.root.hidden = data.tall !== null; // a hall could not read both
    if (data.id !== this.id) {
      this.id = data.id;
      inflated(data.logits).then((bytes) => this.guard(() => {
        if (this.id !== data.id) return;
        const { step, taken, draw, forced, words, takenWord } = data;
        this.whole = { id: data.id, step, exact: true, taken, draw, forced, words, takenWord,
          logits: unpack(bytes, data) };
        this.redraw();
      }));
    }
    if (data.around.id !== this.aroundId) {
      this.aroundId = data.around.id;
      unpackAround(data.around, data.count).then((around) => this.guard(() => {
        if (this.aroundId !== around.id) return;
        this.around = around;
        if (!this.now?.exact) this.now = undefined;
        this.redraw();
      }));
    }
  }

  // The step of the slider, which may stand in another instrument.
  number() {
    const slider = window.unrolledLive.steps?.drawn.findLast((one) => one.root.isConnected);
    return slider && !slider.stopped ? slider.values.step : this.data.step;
  }

  // What is drawn: the step that was sent whole, else its sketch, else the one drawn before.
  moment() {
    const number = this.number();
    const whole = this.whole?.id === this.id && this.whole.step === number;
    if (this.now?.step === number && (whole ? this.now === this.whole : !this.now.exact)) {
      return this.now;
    }
    const next = whole ? this.whole : this.around && sketched(this.around, number);
    if (!next) return this.now;
    if (this.now?.step !== number || this.now.draw !== next.draw) this.values.u = next.draw ?? 0;
    next.model = distribution(next.logits);
    next.surprise = entropy(next.model);
    return this.now = next;
  }

  // A value of the sliders here, whatever the column's letter.
  setting(name, otherwise) {
    const key = Object.keys(this.specs).find((one) => one.split("-")[0] === name);
    return key === undefined ? otherwise : this.values[key];
  }

  name(rank) {
    const { words, taken, takenWord } = this.now;
    if (rank < words.length) return words[rank];
    return rank === taken ? takenWord : `the token of rank ${rank + 1}`;
  }

  draw() {
    const now = this.moment();
    if (!now) return;
    const { count, drawn } = this.data;
    const t = this.setting("t", 1);
    const warm = distribution(now.logits, t);
    const [p, k] = [this.setting("p", null), this.setting("k", null)];
    const kept = t === 0 ? 1 : p !== null ? nucleus(warm, p) : k !== null ? topK(warm, k) : count;
    const after = renormalised(warm, kept);
    const chance = drawn && now.draw !== null;
    const moved = chance && Math.abs(this.values.u - now.draw) > 1e-7;
    const chosen = !chance ? now.taken : t === 0 ? 0 : this.drawn(after, moved);
    this.drawBars(warm, after, p, chosen);
    if (drawn) this.drawNumber(after, chosen, chance);
    if (!this.all.root.hidden) this.drawAll(after, kept, chosen);
    const about = now.exact ? "" : "≈ "; // a sketch
    const how = now.forced ? "You chose" : !chance ? "The deterministic choice is" :
      `The random number ${this.values.u.toFixed(3)} ${moved ? "would select" : "selected"}`;
    const [word, share, rank] = [this.name(chosen), percent(after[chosen]), chosen + 1];
    const surprise = about + now.surprise.toFixed(2);
    if (drawn) {
      tell(this.say)`${how} <b>${word}</b>: probability <b>${share}</b> among
        the <b>${about}${whole(kept)}</b> tokens kept of ${whole(count)}. The model ranks it
        <b>${rank}</b>. The entropy is <b>${surprise}</b> nats, and
        <b>${about}${entropy(after).toFixed(2)}</b> nats after temperature and cut.`;
    } else {
      tell(this.say)`${how} <b>${word}</b>: probability <b>${share}</b>. The model ranks it <b>${rank}</b>.
        The entropy is <b>${surprise}</b> nats.`;
    }
  }

  // The rank of the word drawn. Far down, where the logits lie on lines, it may be a few ranks off:
  // there the server knows the word of its own random number.
  drawn(after, moved) {
    const rank = tokenAt(after, this.values.u);
    const { taken } = this.now;
    const near = Math.min(rank, taken) >= this.data.first && Math.abs(rank - taken) <= FEW;
    return near && !moved ? taken : rank;
  }

  drawBars(warm, after, p, chosen) {
    const plot = this.bars;
    const { model, step } = this.now;
    const { drawn } = this.data;
    plot.title = `${this.data.title}, step ${step}`;
    const narrow = plot.room.width < 400;
    const most = Math.min(narrow ? 8 : this.data.bars, warm.length);
    const rows = [...Array(most).keys()];
    if (chosen >= most) rows[most - 1] = chosen;
    const [before, left] = [rows.map((i) => model[i]), rows.map((i) => after[i])];
    const long = roundUp(Math.max(...before, ...left));
    const names = rows.map((i, row) => {
      const word = this.name(i);
      const short = word.length > 11 ? word.slice(0, 10) + "…" : word;
      return [row, (i === chosen ? "▶ " : "") + short];
    });
    plot.high = (most * BAR + AXIS) * plot.room.em;
    // Right of the bars, on a scale of its own: the probabilities summed up.
    const sum = (share) => long * (1.2 + 0.4 * share);
    const places = steps([0, long], plot.room.width / (6 * plot.room.em), false);
    plot.frame({ x: [0, sum(1.03)], y: [most - 0.5, -0.5], names: ["probability", ""],
      ticks: { y: names, x: [...places, [sum(0), "0"], [sum(1), "1"]] } });
    const at = [...rows.keys()];
    const colour = rows.map((i) => (i === chosen ? COLOURS.ORANGE : COLOURS.BLUE));
    if (drawn) {
      plot.bars(at, before, { colour: COLOURS.GREY, thick: 0.38, shift: -0.2, hatched: true,
        name: "model" });
      plot.bars(at, left, { colour, legend: COLOURS.BLUE, thick: 0.38, shift: 0.2,
        name: "after the cut" });
    } else plot.bars(at, before, { colour, legend: COLOURS.BLUE, thick: 0.7, name: "model" });
    let mass = 0;
    const reached = [];
    for (let i = 0, row = 0; row < rows.length; i++) {
      mass += warm[i];
      if (i === rows[row]) {
        reached.push(mass);
        row++;
      }
    }
    const summed = reached.map(sum);
    plot.line(summed, at, { colour: COLOURS.PURPLE, width: 2.5 });
    plot.points(summed, at, { colour: COLOURS.PURPLE, size: 3.5 });
    plot.data.push({ name: "cumulative, 0 to 1", xs: reached, ys: at, colour: COLOURS.PURPLE,
      dash: "", width: 2.5 });
    if (p !== null) {
      plot.line([sum(p), sum(p)], [-0.5, most - 0.5],
        { colour: COLOURS.PURPLE, dash: "7 5", name: `p = ${p.toFixed(2)}` });
    }
    plot.done(rows.slice(0, 5).map((i) => `${this.name(i)} ${percent(model[i])}` +
      (drawn ? `, after temperature and cut ${percent(after[i])}` : "")).join("; ") + ".");
  }

  drawNumber(after, chosen, chance) {
    const plot = this.draws;
    plot.frame({ x: [0, 1], y: [0, 1], ticks: { y: [] }, names: ["", ""] });
    const shares = { even: "", odd: "", chosen: "", rest: "" };
    const share = (from, width) =>
      box(plot.x(from), plot.y(0.85), width, plot.y(0.15) - plot.y(0.85));
    const names = [];
    let from = 0;
    for (let i = 0; i < after.length && from < 1 && i < 400; i++) {
      const to = from + after[i];
      const width = plot.x(to) - plot.x(from);
      if (width < 0.5) break;
      shares[i === chosen ? "chosen" : i % 2 ? "odd" : "even"] +=
        share(from, Math.max(0.5, width - 1));
      const name = this.name(i);
      if (width > 0.62 * plot.em * name.length) names.push([(from + to) / 2, name, i === chosen]);
      from = to;
    }
    // Words too improbable to be seen one by one.
    shares.rest = share(from, Math.max(0, plot.x(1) - plot.x(from)));
    const opacity = { even: 0.75, odd: 0.45, chosen: 1, rest: 0.6 };
    for (const [which, d] of Object.entries(shares)) {
      plot.add("path", { d, fill: which === "chosen" ? COLOURS.ORANGE : COLOURS.BLUE,
        "fill-opacity": opacity[which] });
    }
    for (const [at, name, bold] of names) {
      plot.text(plot.x(at), plot.y(0.5), name,
        { anchor: "middle", colour: bold ? "#fff" : "currentColor", bold });
    }
    if (chance) plot.line([this.values.u, this.values.u], [0, 1], { width: 4 });
    plot.done(!chance ? "You chose the word." : `At ${this.values.u.toFixed(3)}: ${this.name(chosen)}.`);
  }

  drawAll(after, kept, chosen) {
    const plot = this.all;
    const log = Math.log10;
    const ranks = thinned(this.data.count);
    const { model } = this.now;
    const floor = Math.max(-12, Math.floor(log(model[model.length - 1])));
    plot.frame({ x: [0, Math.max(0.1, log(this.data.count))], y: [floor, 0], log: "xy",
      names: ["rank", "probability"] });
    plot.line(ranks.map(log), ranks.map((r) => log(model[r - 1])),
      { colour: COLOURS.GREY, dash: "2 4", name: "model" });
    if (this.data.drawn) {
      const left = ranks.filter((r) => r <= kept && after[r - 1] > 0);
      plot.line(left.map(log), left.map((r) => log(after[r - 1])),
        { colour: COLOURS.BLUE, width: 3, name: "after the cut" });
      plot.line([log(kept), log(kept)], [floor, 0], { colour: COLOURS.BLUE, dash: "7 5" });
    }
    plot.points([log(chosen + 1)], [log(model[chosen])],
      { colour: COLOURS.ORANGE, shape: "diamond", size: 8, name: "chosen" });
    plot.done(`${kept} tokens are kept.`);
  }
}

// The sorted logits, 0 for the largest, from the points that were sent and the lines between them;
// every one of the `first` ranks is a point. encode of __init__.py packs them.
function unpack(bytes, { count, unit, first }) {
  const points = [0];
  let at = 0;
  for (let rank = 0; rank < count - 1;) points.push(rank += rank < first - 1 ? 1 : bytes[at++]);
  const out = new Float64Array(count);
  let before = 0;
  for (const rank of points) {
    let fall = 0;
    while (bytes[at] === 255) fall += bytes[at++];
    out[rank] = out[before] - unit * (fall + bytes[at++]);
    const slope = (out[rank] - out[before]) / Math.max(1, rank - before);
    for (let i = before + 1; i < rank; i++) out[i] = out[before] + slope * (i - before);
    before = rank;
  }
  return out;
}

const whole = (n) => n.toLocaleString("en-GB");

function percent(p) {
  return `${(100 * p).toFixed(p >= 0.0995 ? 0 : p >= 0.00995 ? 1 : 2)}%`.replace("0.00%", "< 0.01%");
}

// Whole numbers from 1 to count, evenly spread on a logarithmic axis.
function thinned(count) {
  const found = new Set();
  for (let i = 0; i < 160; i++) found.add(Math.round(count ** (i / 159)));
  return [...found];
}

export default mount(Step);
