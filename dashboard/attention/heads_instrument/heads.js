// The instrument of heads switched off: a press on a head switches it, and the logits follow.
//
// data: heads, lens, scale (core/interpret/direct.py), words, and computed: the logits that the
// model computes without the heads named there. values: heads_off, such as "0.0,1.2".

const number = (v) => v.toFixed(2).replace("-", "−");
const signed = (v, digits) => (v < 0 ? "−" : "+") + Math.abs(v).toFixed(digits);

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
  }

  off() {
    return new Set((this.values.heads_off || "").split(",").filter(Boolean));
  }

  head([x, y]) {
    const { heads } = this.data;
    const within = (v, most) => Math.max(0, Math.min(most - 1, Math.round(v)));
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
    if (key === " " || key === "Enter") return this.press([head, layer]);
    if (!dx && !dy) return false;
    this.at = this.head([head + dx, layer - dy]);
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
    this.say.innerHTML = `${off.size || "No"} ${off.size === 1 ? "head is" : "heads are"} off. ` +
      `Without the direct part, the logit of “${plain(words[this.word])}” goes from <b>${number(was)}</b> to ` +
      `<b>${number(is)}</b>` + (this.computed() === null ? "."
        : `; computed again by the model, it is <b>${number(this.computed()[this.word])}</b>.`);
  }

  // What the model computes without the heads that are off now; null until that is known.
  computed() {
    const { off, logits } = this.data.computed;
    return off === (this.values.heads_off || "") ? logits : null;
  }

  drawGrid(off) {
    const plot = this.grid;
    const { heads, words } = this.data;
    const [layers, across] = [heads.length, heads[0].length];
    plot.title = `What each head adds to “${this.short(words[this.word])}”`;
    plot.tall = 36 + layers * Math.max(26, Math.min(54, 230 / layers));
    const values = heads.map((row, l) => row.map((parts, h) =>
      (off.has(`${l}.${h}`) ? NaN : parts[this.word])));
    const most = Math.max(1e-9, ...heads.flat().map((parts) => Math.abs(parts[this.word])));
    const top = 1.5 * most;
    const name = (what, n) => Array.from({ length: n }, (_, i) => [i, `${what} ${i + 1}`]);
    plot.frame({ x: [-0.5, across - 0.5], y: [layers - 0.5, -0.5],
      ticks: { x: name(across > 4 ? "" : "head", across), y: name("layer", layers) } });
    plot.heat(values, { low: -top, high: top, scale: DIVERGING, name: "contribution" });
    const room = plot.x(1) - plot.x(0) > 2.2 * plot.em && plot.y(1) - plot.y(0) > 1.2 * plot.em;
    values.forEach((row, l) => row.forEach((value, h) => {
      const off = Number.isNaN(value);
      if (off) this.shade(plot, h, l);
      const words = off ? (room ? "off" : "×") : signed(value, most < 1 ? 2 : most < 10 ? 1 : 0);
      if (room || off) plot.text(plot.x(h), plot.y(l), words, { anchor: "middle",
        colour: off ? "currentColor" : "#10161d" });
    }));
    const [layer, head] = this.at;
    plot.line([head - 0.5, head + 0.5, head + 0.5, head - 0.5],
      [layer - 0.5, layer - 0.5, layer + 0.5, layer + 0.5], { width: 2, closed: true });
    plot.done(`${[...off].length} of ${layers * across} heads are off.`);
  }

  shade(plot, h, l) {
    plot.parts.push(`<rect x="${short(plot.x(h - 0.48))}" y="${short(plot.y(l - 0.46))}" ` +
      `width="${short(plot.x(0.96) - plot.x(0))}" height="${short(plot.y(0.92) - plot.y(0))}" ` +
      `fill="${COLOURS.GREY}" fill-opacity="0.35"/>`);
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
    const bar = (values, colour, shift, name, hatched) => {
      values.forEach((value, i) => {
        const [from, to] = [plot.x(Math.min(0, value)), plot.x(Math.max(0, value))];
        const row = plot.y(1) - plot.y(0);
        plot.parts.push(`<rect x="${short(from)}" width="${short(to - from)}" fill="${colour}" ` +
          `y="${short(plot.y(i) + (shift - 0.19) * row)}" height="${short(0.38 * row)}"` +
          (hatched ? ` fill-opacity="0.25" stroke="${colour}"/>` : "/>"));
      });
      plot.data.push({ name, xs: values, ys: at, colour, box: true });
    };
    bar(before, COLOURS.GREY, -0.2, "whole", true);
    bar(now, COLOURS.BLUE, 0.2, "direct part");
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
    const room = (plot.svg.parentElement.clientWidth - 100) / words.length; // pixels of a word
    const cut = Math.max(3, Math.floor(room / 9.5));
    plot.frame({ x: [-0.5, words.length - 0.5], y: [-0.5, left.length - 0.5], ticks: {
      x: words.map((word, i) => [i, word.length > cut ? word.slice(0, cut - 1) + "…" : word]),
      y: left.map((_, l) => [l, l ? `layer ${l}` : "embedding"]) } });
    plot.heat(left, { low: -top, high: top, scale: DIVERGING, name: "logit" });
    left.forEach((row, l) => row.forEach((value, w) =>
      plot.text(plot.x(w), plot.y(l), value.toFixed(1).replace("-", "−"),
        { anchor: "middle", colour: "#10161d" })));
    plot.done(left.map((row, l) => `${l ? `after layer ${l}` : "embedding"}: ${
      row[this.word].toFixed(2)}`).join("; ") + `, the logit of ${words[this.word]}.`);
  }
}

export default mount(Heads);
