// The instrument of the positions lesson: the table, how similar two positions are, one frequency.
//
// data: tokens; and of a learned table its codes (a byte a number, deflated), width, largest value
// and its similarity by distance. values: dim, t, i.

class Positions extends Instrument {
  build() {
    this.table = this.plot({ name: "table-map", title: "", ratio: 0.75, tall: 300 });
    this.alike = this.plot({ name: "similarity", title: "Similarity of two rows by distance",
      ratio: 0.75, tall: 300 });
    this.frequency = this.plot({ name: "frequency", title: "", ratio: 0.6, tall: 240 });
    this.clock = this.plot({ name: "clock", title: "", ratio: 0.6, tall: 240, square: true });
    for (const plot of this.plots) plot.root.style.flexBasis = "max(255px, 38%)"; // two in a row
    for (const plot of [this.table, this.frequency]) {
      this.drag(plot, { label: "Position: the arrow keys move it",
        move: ([x, y]) => this.setT(Math.round(plot === this.table ? y : x)),
        by: ([dx, dy]) => (dx || dy) && this.setT(this.values.t + (dx || -dy)) });
    }
  }

  load(data) {
    if (data.id === this.id) return;
    this.id = data.id;
    this.learned = null;
    this.waiting = Boolean(data.codes);
    if (!data.codes) return;
    inflated(data.codes).then((bytes) => this.guard(() => {
      if (this.id !== data.id) return;
      const signed = new Int8Array(bytes.buffer);
      this.learned = [...Array(signed.length / data.width).keys()].map((t) => Float64Array.from(
        signed.subarray(t * data.width, (t + 1) * data.width), (v) => (v / 127) * data.top));
      this.waiting = false;
      this.redraw();
    }));
  }

  setT(t) {
    this.set({ t: Math.max(0, Math.min(this.data.tokens - 1, t)) });
    return true;
  }

  draw() {
    if (this.waiting) return;
    const { tokens } = this.data;
    const { dim } = this.values;
    if (dim !== this.dim) this.formula = sinusoidal(tokens, this.dim = dim);
    const pairs = dim / 2;
    Object.assign(this.inputs.i, { max: pairs - 1 });
    this.values.i = Math.min(this.values.i, pairs - 1);
    const table = this.learned ?? this.formula;
    const t = Math.min(this.values.t, table.length - 1);
    this.drawTable(table, t);
    this.drawAlike(table, t);
    this.drawFrequency(Math.min(this.values.t, tokens - 1));
  }

  drawTable(table, t) {
    const plot = this.table;
    const [rows, columns] = [table.length, table[0].length];
    plot.title = `${this.learned ? "Learned table" : "Formula"}: ${rows} rows × ${columns} columns`;
    plot.frame({ x: [-0.5, columns - 0.5], y: [rows - 0.5, -0.5], names: ["column", "position"] });
    const top = this.learned ? this.data.top : 1;
    plot.pixels(table, { low: -top, high: top, scale: DIVERGING });
    plot.line([-0.5, columns - 0.5], [t, t], { colour: COLOURS.ORANGE, width: 3 });
    plot.done(`Row ${t} is marked. Blue entries are below zero, red ones above.`);
  }

  drawAlike(table, t) {
    const plot = this.alike;
    const { tokens, mean, deviation } = this.data;
    plot.frame({ x: [0, tokens - 1], y: [-0.5, 1], names: ["distance in tokens", "cosine"] });
    const k = [...Array(tokens).keys()];
    if (this.learned) {
      const up = mean.map((v, i) => v + deviation[i]);
      const down = mean.map((v, i) => v - deviation[i]).reverse();
      const at = [...mean.keys()];
      plot.line([...at, ...at.toReversed()], [...up, ...down],
        { fill: COLOURS.ORANGE, closed: true, width: 0, opacity: 0.2 });
      plot.line(at, mean, { colour: COLOURS.ORANGE, dash: "8 5", width: 3, name: "learned, mean" });
    }
    const own = similarityTo(table, t).slice(t);
    plot.points([...own.keys()], own, { colour: COLOURS.GREEN, size: 4, name: `from position ${t}` });
    plot.line(k, similarityByDistance(tokens, this.values.dim),
      { colour: COLOURS.BLUE, width: 2, name: "formula" });
    plot.done("With the formula, the similarity depends only on the distance, not on t.");
  }

  drawFrequency(t) {
    const { dim, i } = this.values;
    const plot = this.frequency;
    const k = [...Array(this.data.tokens).keys()];
    const [sine, cosine] = [0, 1].map((odd) => this.formula.map((row) => row[2 * i + odd]));
    plot.title = `Columns ${2 * i} and ${2 * i + 1}: one turn in ` +
      `${wavelength(dim, i).toLocaleString("en-GB", { maximumFractionDigits: 1 })} tokens`;
    plot.frame({ x: [0, k.length - 1], y: [-1.1, 1.1], names: ["position", "value"] });
    plot.line(k, sine, { colour: COLOURS.BLUE, name: "sine" });
    plot.line(k, cosine, { colour: COLOURS.GREEN, dash: "8 5", name: "cosine" });
    plot.line([t, t], [-1.1, 1.1], { colour: COLOURS.ORANGE, width: 2 });
    plot.points([t, t], [sine[t], cosine[t]],
      { colour: COLOURS.ORANGE, shape: "diamond", size: 8 });
    plot.done(`At position ${t}: sine ${sine[t].toFixed(2)}, cosine ${cosine[t].toFixed(2)}.`);
    const clock = this.clock;
    clock.title = `The hand at position ${t}`;
    clock.frame({ x: [-1.15, 1.15], y: [-1.15, 1.15], bare: true });
    const turn = [...Array(91).keys()].map((n) => (n * Math.PI) / 45);
    clock.line(turn.map(Math.sin), turn.map(Math.cos), { colour: COLOURS.GREY });
    clock.line([0, sine[t]], [0, cosine[t]], { colour: COLOURS.ORANGE, width: 5 });
    clock.points([sine[t]], [cosine[t]], { colour: COLOURS.ORANGE, size: 8 });
    clock.done("A pair of columns is like the hand of a clock that turns at its own speed.");
  }
}

export default mount(Positions);
