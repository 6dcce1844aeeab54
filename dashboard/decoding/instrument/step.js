// One step of decoding: the whole vocabulary's distribution under temperature and cut, and the
// random number that chooses, which can be dragged.
//
// data: the logits of the step sorted and in two bytes each (differences, deflated), the names of
// the most probable words, the rank of the word taken, the random number or null, and the bars.

const CODES = 65535;

class Step extends Instrument {
  build() {
    this.bars = this.plot({ name: "bars", title: "", ratio: 0.95, tall: 430 });
    this.draws = this.plot({ name: "draw", title: "The random number: drag it", ratio: 0.2,
      tall: 90 });
    this.all = this.plot({ name: "vocabulary", title: "Every word, by rank", ratio: 0.55,
      tall: 220 });
    this.drag(this.draws, { label: "Random number: arrow keys move it", local: true,
      move: ([u]) => this.set({ u: Math.min(0.999999, Math.max(0, u)) }),
      by: ([dx]) => dx && (this.set({
        u: Math.min(0.999999, Math.max(0, this.values.u + dx / 200)) }), true) });
  }

  load(data) {
    const drawn = data.draw !== null;
    this.draws.root.hidden = !drawn;
    this.all.root.hidden = data.tall !== null; // a hall could not read both
    this.bars.title = `Step ${data.step}: the most probable words of ${data.count.toLocaleString("en-GB")}`;
    if (data.id === this.id) return;
    this.id = data.id;
    this.values.u = data.draw ?? 0;
    inflated(data.logits).then((bytes) => this.guard(() => {
      if (this.id !== data.id) return;
      this.logits = unpack(bytes, data);
      this.model = distribution(this.logits);
      this.surprise = entropy(this.model);
      this.redraw(true);
    }));
  }

  // A value of the sliders here, whatever the column's letter.
  setting(name, otherwise) {
    const key = Object.keys(this.specs).find((one) => one.split("-")[0] === name);
    return key === undefined ? otherwise : this.values[key];
  }

  name(rank) {
    const { words, taken } = this.data;
    if (rank < words.length) return words[rank];
    return rank === taken ? this.data.takenWord : `the word of rank ${rank + 1}`;
  }

  draw() {
    if (!this.logits) return;
    const { way, count, bars, taken } = this.data;
    const t = way === "beam" ? 1 : this.setting("t", way === "greedy" ? 0 : 1);
    const warm = distribution(this.logits, t);
    const [p, k] = [this.setting("p", null), this.setting("k", null)];
    const kept = t === 0 ? 1 : p !== null ? nucleus(warm, p) : k !== null ? topK(warm, k) : count;
    const after = renormalised(warm, kept);
    const drawn = this.data.draw !== null;
    const chosen = !drawn ? taken : t === 0 ? 0 : tokenAt(after, this.values.u);
    this.drawBars(warm, after, p, chosen, bars);
    if (drawn) this.drawNumber(after, chosen);
    if (!this.all.root.hidden) this.drawAll(after, kept, chosen);
    const moved = drawn && this.values.u !== this.data.draw;
    const how = this.data.forced ? "You chose" : !drawn ? "Deterministic:" :
      `The random number ${this.values.u.toFixed(3)} ${moved ? "would select" : "selected"}`;
    this.say.innerHTML = `${how} <b>${plain(this.name(chosen))}</b>: probability ` +
      `<b>${percent(after[chosen])}</b> among <b>${kept.toLocaleString("en-GB")}</b> of ` +
      `${count.toLocaleString("en-GB")} words kept, rank <b>${chosen + 1}</b> for the model, ` +
      `whose entropy is <b>${this.surprise.toFixed(2)}</b> nats; ` +
      `<b>${entropy(after).toFixed(2)}</b> after temperature and cut.`;
  }

  drawBars(warm, after, p, chosen, bars) {
    const plot = this.bars;
    const rows = [...Array(Math.min(bars, warm.length)).keys()];
    if (chosen >= rows.length) rows[rows.length - 1] = chosen;
    const [before, left] = [rows.map((i) => this.model[i]), rows.map((i) => after[i])];
    const most = 1.05 * Math.max(...before, ...left);
    const names = rows.map((i, row) => {
      const word = this.name(i);
      const short = word.length > 11 ? word.slice(0, 10) + "…" : word;
      return [row, (i === chosen ? "▶ " : "") + short];
    });
    plot.frame({ x: [0, most], y: [rows.length - 0.5, -0.5], ticks: { y: names },
      names: ["probability", ""] });
    const at = [...rows.keys()];
    plot.bars(at, before, { colour: COLOURS.GREY, thick: 0.38, shift: -0.2, hatched: true,
      name: "model" });
    plot.bars(at, left, { thick: 0.38, shift: 0.2, name: "after temperature and cut",
      colour: rows.map((i) => (i === chosen ? COLOURS.ORANGE : COLOURS.BLUE)) });
    let mass = 0;
    const reached = [];
    for (let i = 0, row = 0; row < rows.length; i++) {
      mass += warm[i];
      if (i === rows[row]) {
        reached.push(mass * most);
        row++;
      }
    }
    plot.line(reached, at, { colour: COLOURS.PURPLE, width: 2.5, name: "cumulative, 0 to 1" });
    if (p !== null) {
      plot.line([p * most, p * most], [-0.5, rows.length - 0.5],
        { colour: COLOURS.PURPLE, dash: "7 5", name: `p = ${p.toFixed(2)}` });
    }
    plot.done(rows.slice(0, 5).map((i) => `${this.name(i)} ${percent(this.model[i])}, after ` +
      `temperature and cut ${percent(after[i])}`).join("; ") + ".");
  }

  drawNumber(after, chosen) {
    const plot = this.draws;
    plot.frame({ x: [0, 1], y: [0, 1], ticks: { y: [] }, names: ["", ""] });
    let from = 0;
    for (let i = 0; i < after.length && from < 1 && i < 400; i++) {
      const to = from + after[i];
      const width = plot.x(to) - plot.x(from);
      if (width < 0.5) break;
      const fill = i === chosen ? COLOURS.ORANGE : COLOURS.BLUE;
      plot.parts.push(`<rect x="${short(plot.x(from))}" y="${short(plot.y(0.85))}" ` +
        `width="${short(Math.max(0.5, width - 1))}" height="${short(plot.y(0.15) - plot.y(0.85))}" ` +
        `fill="${fill}" fill-opacity="${i === chosen ? 1 : i % 2 ? 0.45 : 0.75}"/>`);
      const name = this.name(i);
      if (width > 0.62 * plot.em * name.length) {
        plot.text((plot.x(from) + plot.x(to)) / 2, plot.y(0.5), name,
          { anchor: "middle", colour: i === chosen ? "#fff" : "currentColor", bold: i === chosen });
      }
      from = to;
    }
    const rest = plot.x(1) - plot.x(from); // words too improbable to be seen one by one
    plot.parts.push(`<rect x="${short(plot.x(from))}" y="${short(plot.y(0.85))}" width="${
      short(Math.max(0, rest))}" height="${short(plot.y(0.15) - plot.y(0.85))}" ` +
      `fill="${COLOURS.BLUE}" fill-opacity="0.6"/>`);
    plot.line([this.values.u, this.values.u], [0, 1], { width: 4 });
    plot.done(`At ${this.values.u.toFixed(3)}: ${this.name(chosen)}.`);
  }

  drawAll(after, kept, chosen) {
    const plot = this.all;
    const log = Math.log10;
    const ranks = thinned(this.data.count);
    const floor = Math.max(-12, Math.floor(log(this.model[this.model.length - 1])));
    plot.frame({ x: [0, Math.max(0.1, log(this.data.count))], y: [floor, 0], log: "xy",
      names: ["rank", "probability"] });
    plot.line(ranks.map(log), ranks.map((r) => log(this.model[r - 1])),
      { colour: COLOURS.GREY, dash: "2 4", name: "model" });
    const left = ranks.filter((r) => r <= kept && after[r - 1] > 0);
    plot.line(left.map(log), left.map((r) => log(after[r - 1])),
      { colour: COLOURS.BLUE, width: 3, name: "after temperature and cut" });
    plot.line([log(kept), log(kept)], [floor, 0], { colour: COLOURS.BLUE, dash: "7 5" });
    plot.points([log(chosen + 1)], [log(this.model[chosen])],
      { colour: COLOURS.ORANGE, shape: "diamond", size: 8, name: "chosen" });
    plot.done(`${kept} words are kept.`);
  }
}

// The logits: code 65535 for the largest, 0 for the smallest, as differences of neighbours.
function unpack(bytes, { count, high, low }) {
  const out = new Float64Array(count);
  let [code, at] = [CODES, 0];
  for (let i = 0; i < count; i++) {
    let difference = 0;
    while (bytes[at] === 255) difference += bytes[at++];
    code -= difference + bytes[at++];
    out[i] = low + ((high - low) * code) / CODES;
  }
  return out;
}

function percent(p) {
  return `${(100 * p).toFixed(p >= 0.0995 ? 0 : p >= 0.00995 ? 1 : 2)} %`.replace("0.00 %", "< 0.01 %");
}

// Whole numbers from 1 to count, evenly spread on a logarithmic axis.
function thinned(count) {
  const found = new Set();
  for (let i = 0; i < 160; i++) found.add(Math.round(count ** (i / 159)));
  return [...found];
}

export default mount(Step);
