// The instrument of heads switched off: a press on a head switches it, and the logits follow.
//
// data: heads, lens, scale (core/interpret/direct.py), words, and computed: the logits that the
// model computes without the heads named there. values: heads_off, such as "0.0,1.2".

const number = (v) => fixed(v, 2);
const DEEP = 12; // layers: more stand side by side, on all of the width
const signed = (v, digits) => (fixed(v, digits)[0] === "−" ? "" : "+") + fixed(v, digits);

class Heads extends Instrument {
  build() {
    this.root.classList.add("above");
    this.word = 0;
    this.at = [0, 0];
    this.grid = this.plot({ name: "contributions", title: "", ratio: 2 });
    this.bars = this.plot({ name: "direct", title: "Logits of the most probable words", ratio: 2,
      tall: 265 });
    this.lens = this.plot({ name: "lens-row", title: "", ratio: 2 });
    this.lens.root.style.flexBasis = "100%";
    this.drag(this.grid, { label: "Head: the arrow keys choose one, Space switches it off or on",
      grab: (place) => this.press(place), move: (place) => this.paint(place),
      by: (step, { key }) => this.step(step, key) });
    this.drag(this.bars, { label: "Word: a click or the arrow keys choose it", local: true,
      grab: ([, y]) => this.choose(Math.round(y)), move: ([, y]) => this.choose(Math.round(y)),
      by: ([, dy]) => Boolean(dy) && this.choose(this.word - dy) });
  }

  load(data) {
    this.word = Math.min(this.word, data.words.length - 1);
    this.lying = data.heads.length > DEEP;
    this.grid.root.style.flexBasis = this.lying ? "100%" : "";
  }

  off() {
    return new Set((this.values.heads_off || "").split(",").filter(Boolean));
  }

  head([x, y]) {
    const { heads } = this.data;
    const within = (v, most) => Math.max(0, Math.min(most - 1, Math.round(v)));
    if (this.lying) return [within(x, heads.length), within(y, heads[0].length)];
    return [within(y, heads.length), within(x, heads[0].length)];
  }

  // The first head pressed is switched; those that the hand moves over become as it is now.
  press(place) {
    this.to = !this.off().has(this.head(place).join("."));
    return this.paint(place);
  }

  paint(place) {
    this.at = this.head(place);
    const off = this.off();
    off[this.to ? "add" : "delete"](this.at.join("."));
    const sorted = [...off].map((one) => one.split(".").map(Number))
      .sort(([a, b], [c, d]) => a - c || b - d);
    this.set({ heads_off: sorted.map((pair) => pair.join(".")).join(",") });
    return true;
  }

  step([dx, dy], key) {
    const [layer, head] = this.at;
    const [x, y] = this.lying ? [layer, head] : [head, layer];
    if (key === " " || key === "Enter") return this.press([x, y]);
    if (!dx && !dy) return false;
    this.at = this.head([x + dx, y - dy]);
    this.redraw(true);
    return true;
  }

  choose(word) {
    this.word = Math.max(0, Math.min(this.data.words.length - 1, word));
    this.redraw(true);
    return true;
  }

  draw() {
    const off = this.off();
    const pairs = [...off].map((one) => one.split(".").map(Number));
    const left = without(this.data, pairs);
    this.drawGrid(off);
    this.drawBars(left);
    this.drawLens(left, off);
    const { lens, words } = this.data;
    const [was, is] = [lens.at(-1)[this.word], left.at(-1)[this.word]];
    const again = this.computed();
    const [how, last] = again ? ["; when the model is computed again, it is ", number(again[this.word])] : ["", ""];
    tell(this.say)`${off.size || "No"} ${off.size === 1 ? "head is" : "heads are"} off. Without
      ${off.size === 1 ? "its" : "their"} direct part, the logit of “${words[this.word]}” goes from <b>${number(was)}</b> to
      <b>${number(is)}</b>${how}<b>${last}</b>.`;
  }

  // What the model computes without the heads that are off now; null until that is known.
  computed() {
    const { off, logits } = this.data.computed;
    return off === (this.values.heads_off || "") ? logits : null;
  }

  drawGrid(off) {
    const plot = this.grid;
    const { heads, words } = this.data;
    const [layers, count] = [heads.length, heads[0].length];
    const [down, across] = this.lying ? [count, layers] : [layers, count];
    plot.title = `What each head adds to “${this.short(words[this.word])}”`;
    plot.tall = 36 + down * Math.max(this.lying ? 20 : 26, Math.min(54, 230 / down));
    const values = Array.from({ length: down }, (_, y) => Array.from({ length: across }, (_, x) => {
      const [l, h] = this.head([x, y]);
      return off.has(`${l}.${h}`) ? NaN : heads[l][h][this.word];
    }));
    const most = Math.max(1e-9, ...heads.flat().map((parts) => Math.abs(parts[this.word])));
    const top = (this.lying ? 1 : 1.5) * most; // numbers stand on paler cells
    const every = this.lying ? Math.ceil(22 * across / plot.room.width) : 1; // names that fit
    const name = (what, n, every = 1) => Array.from({ length: n },
      (_, i) => [i, `${what} ${i + 1}`]).filter(([i]) => i % every === 0);
    const bare = this.lying || across > 4;
    plot.frame({ x: [-0.5, across - 0.5], y: [down - 0.5, -0.5], names: [this.lying ? "layer" : "", ""],
      ticks: { x: name(bare ? "" : "head", across, every), y: name(this.lying ? "head" : "layer", down) } });
    plot.heat(values, { low: -top, high: top, scale: DIVERGING, name: "contribution" });
    const room = plot.x(1) - plot.x(0) > 2.2 * plot.em && plot.y(1) - plot.y(0) > 1.2 * plot.em;
    values.forEach((row, y) => row.forEach((value, x) => {
      const off = Number.isNaN(value);
      if (off) this.shade(plot, x, y);
      const words = off ? (room ? "off" : "×") : signed(value, most < 1 ? 2 : most < 10 ? 1 : 0);
      if (room || off) plot.text(plot.x(x), plot.y(y), words, { anchor: "middle",
        colour: off ? "currentColor" : "#10161d" });
    }));
    const [x, y] = this.lying ? this.at : [...this.at].reverse();
    plot.line([x - 0.5, x + 0.5, x + 0.5, x - 0.5], [y - 0.5, y - 0.5, y + 0.5, y + 0.5],
      { width: 2, closed: true });
    plot.done(`${[...off].length} of ${layers * count} heads are off.`);
  }

  shade(plot, h, l) {
    plot.add("path", { fill: COLOURS.GREY, "fill-opacity": 0.35, d: box(plot.x(h - 0.48),
      plot.y(l - 0.46), plot.x(0.96) - plot.x(0), plot.y(0.92) - plot.y(0)) });
  }

  short(word) {
    return word.length > 10 ? word.slice(0, 9) + "…" : word;
  }

  drawBars(left) {
    const plot = this.bars;
    const { lens, words } = this.data;
    const [before, now] = [lens.at(-1), left.at(-1)];
    const computed = this.computed();
    const all = [...before, ...now, ...(computed ?? []), 0];
    const names = words.map((word, i) =>
      [i, (i === this.word ? "▶ " : "") + this.short(word)]);
    const room = 0.04 * (Math.max(...all) - Math.min(...all));
    plot.frame({ x: [Math.min(...all) - room, Math.max(...all) + room],
      y: [words.length - 0.5, -0.5], ticks: { y: names }, names: ["logit", ""] });
    const at = [...words.keys()];
    plot.bars(at, before,
      { colour: COLOURS.GREY, thick: 0.38, shift: -0.2, hatched: true, name: "whole" });
    plot.bars(at, now, { thick: 0.38, shift: 0.2, name: "direct part" });
    if (computed) {
      plot.points(computed, at.map((i) => i + 0.2),
        { colour: COLOURS.ORANGE, shape: "diamond", size: 8, name: "computed again" });
    }
    plot.done(words.map((word, i) => `${word} ${before[i].toFixed(2)}, directly without the heads ` +
      now[i].toFixed(2)).join("; ") + ".");
  }

  drawLens(left, off) {
    const plot = this.lens;
    const { words } = this.data;
    plot.title = `If the model ended after this layer: its logits${off.size ? ", without these heads" : ""}`;
    plot.tall = 36 + left.length * 26;
    const all = left.flat();
    const top = 1.5 * Math.max(1e-9, ...all.map(Math.abs));
    const room = (plot.room.width - 100) / words.length; // pixels of a word
    const cut = Math.max(3, Math.floor(room / 9.5));
    plot.frame({ x: [-0.5, words.length - 0.5], y: [-0.5, left.length - 0.5], ticks: {
      x: words.map((word, i) => [i, word.length > cut ? word.slice(0, cut - 1) + "…" : word]),
      y: left.map((_, l) => [l, l ? `layer ${l}` : "embedding"]) } });
    plot.heat(left, { low: -top, high: top, scale: DIVERGING, name: "logit" });
    left.forEach((row, l) => row.forEach((value, w) =>
      plot.text(plot.x(w), plot.y(l), fixed(value, 1),
        { anchor: "middle", colour: "#10161d" })));
    plot.done(left.map((row, l) => `${l ? `after layer ${l}` : "embedding"}: ${
      row[this.word].toFixed(2)}`).join("; ") + `, the logit of ${words[this.word]}.`);
  }
}

export default mount(Heads);
