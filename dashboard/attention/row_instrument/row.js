// One row of attention: the weights of the keys, what each value adds, and their sum.
//
// data: q · k / √n of the row, the values (T, n) as codes, the keys that may be seen; the weights
// and the output of the unchanged model. A click on a key masks its cell, or takes the mask away;
// `cells` names all masked cells of the map as "query.key,query.key".

const [ROW, AXIS, MOST] = [1.4, 3.2, 12]; // heights in the text's size; rows shown at most

class Row extends Instrument {
  build() {
    this.weights = this.plot({ name: "row-weights", title: "" });
    this.terms = this.plot({ name: "row-terms", title: "Weight × value of each key" });
    this.out = this.plot({ name: "row-out", title: "Their sum: the head's output", ratio: 0.3,
      tall: 150 });
    this.at = 0; // the row that the arrow keys stand at
    this.rows = [];
    const within = (i) => Math.max(0, Math.min(this.rows.length - 1, i));
    this.drag(this.weights, { label: "Keys: the up and down arrows choose one, Enter masks it", move: () => {},
      grab: ([, y]) => { this.at = within(Math.round(y)); this.mask(); return false; },
      by: ([, dy], event) => {
        if (dy) this.at = within(this.at - dy);
        else if (event.key === "Enter" || event.key === " ") this.mask();
        else return false;
        this.marked = true;
        this.redraw();
        return true;
      } });
  }

  load(data) {
    if (data.id === this.id) return;
    this.id = data.id;
    const [Codes, most] = data.fine ? [Int16Array, 32767] : [Int8Array, 127];
    inflated(data.values).then((bytes) => this.guard(() => {
      if (this.id === data.id) this.take(data, Float64Array.from(new Codes(bytes.buffer), (code) =>
        (code / most) * data.top));
    }));
  }

  take(data, value) {
    this.value = value;
    this.scores = numbers(data.scores, Float32Array);
    this.was = Float64Array.from(numbers(data.was, Uint16Array), (code) => code / 65535);
    this.wasOut = numbers(data.wasOut, Float32Array);
    const seen = [...this.scores.keys()].filter((j) => data.allowed[j] === "1");
    const ranked = [...seen].sort((a, b) => this.was[b] - this.was[a]).slice(0, MOST);
    this.rows = seen.filter((j) => ranked.includes(j));
    this.hidden = seen.length - this.rows.length;
    this.at = Math.min(this.at, Math.max(0, this.rows.length - 1));
    this.shown = data;
    this.redraw();
  }

  // The masked keys of this row.
  masked() {
    const own = `${this.shown.query}.`;
    return this.values.cells.split(",").filter((cell) => cell.startsWith(own))
      .map((cell) => Number(cell.slice(own.length)));
  }

  mask() {
    if (!this.rows.length) return;
    const cell = `${this.shown.query}.${this.rows[this.at]}`;
    const cells = this.values.cells.split(",").filter(Boolean);
    const left = cells.filter((one) => one !== cell);
    this.set({ cells: (left.length < cells.length ? left : [...cells, cell]).join(",") });
    this.release();
  }

  draw() {
    if (!this.shown) return;
    const { tokens, query, n, allowed, title } = this.shown;
    const masked = new Set(this.masked());
    const t = this.values.temperature;
    const open = Array.from(this.scores, (_, j) => allowed[j] === "1" && !masked.has(j));
    const now = attentionWeights(this.scores, open, t);
    const out = attention(now, this.value, n);
    const name = (j) => (tokens[j].length > 10 ? tokens[j].slice(0, 9) + "…" : tokens[j]);
    const at = [...this.rows.keys()];
    const span = [at.length - 0.5, -0.5];
    const high = (at.length * ROW + AXIS) * this.weights.room.em;
    const [before, after] = [at.map((i) => this.was[this.rows[i]]), at.map((i) => now[this.rows[i]])];

    let plot = this.weights;
    plot.title = title;
    plot.high = high;
    plot.frame({ x: [0, roundUp(Math.max(0.02, ...before, ...after))], y: span, names: ["weight", ""],
      ticks: { y: at.map((i) => [i, (masked.has(this.rows[i]) ? "✕ " : "") + name(this.rows[i])]) } });
    plot.bars(at, before, { colour: COLOURS.GREY, thick: 0.38, shift: -0.2, hatched: true,
      name: "unchanged" });
    plot.bars(at, after, { colour: COLOURS.BLUE, thick: 0.38, shift: 0.2, name: "now" });
    if (this.marked && at.length) {
      plot.points([0], [this.at], { colour: COLOURS.ORANGE, shape: "diamond", size: 8 });
    }
    plot.done(at.map((i) => `${tokens[this.rows[i]]} ${masked.has(this.rows[i]) ? "masked"
      : after[i].toFixed(3)}`).join(", ") + ".");

    plot = this.terms;
    const terms = at.map((i) => Array.from({ length: n },
      (_, f) => now[this.rows[i]] * this.value[this.rows[i] * n + f]));
    const most = Math.max(1e-9, ...this.wasOut.map(Math.abs));
    plot.high = high;
    plot.frame({ x: [-0.5, n - 0.5], y: span, names: ["feature of the head", ""],
      ticks: { y: at.map((i) => [i, name(this.rows[i])]), x: features(n) } });
    plot.heat(terms, { low: -most, high: most, scale: DIVERGING, name: "weight × value" });
    plot.done("Red numbers add, blue ones subtract.");

    plot = this.out;
    const reach = roundUp(Math.max(most, ...out.map(Math.abs)));
    plot.frame({ x: [-0.5, n - 0.5], y: [-reach, reach], names: ["feature of the head", ""],
      ticks: { x: features(n) } });
    const all = [...out.keys()];
    plot.line(all, this.wasOut, { colour: COLOURS.GREY, dash: "4 4", name: "unchanged" });
    plot.line(all, out, { colour: COLOURS.BLUE, width: 2.5, name: "now" });
    plot.done(`Length ${Math.hypot(...out).toFixed(3)}, unchanged ${
      Math.hypot(...this.wasOut).toFixed(3)}.`);

    let entropy = 0;
    for (const w of now) if (w > 0) entropy -= w * Math.log(w);
    const more = this.hidden ? `${this.hidden} keys with less weight are not shown.` : "";
    const best = now.indexOf(Math.max(...now));
    tell(this.say)`“${tokens[query]}” looks most at <b>${tokens[best]}</b>, with weight
      <b>${now[best].toFixed(3)}</b>. The row has an entropy of <b>${entropy.toFixed(2)}</b> nats.
      <b>${masked.size || "No"}</b> ${masked.size === 1 ? "key is" : "keys are"} masked: click a key
      to mask it. ${more}`;
  }
}

// Ticks at the first, some middle and the last feature, counted from 1.
function features(n) {
  const step = n > 32 ? 16 : 8;
  return [0, ...Array.from({ length: Math.floor(n / step) }, (_, i) => (i + 1) * step - 1)]
    .map((f) => [f, String(f + 1)]);
}

export default mount(Row);
