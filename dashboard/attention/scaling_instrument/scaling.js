// The instrument of √n: a row of weights with and without the division, its entropy and gradient.
//
// data: scores, q · k of the first 1 … n features for every key; widths and, at each, the mean
// entropy and gradient of many queries; asked: what is not divided waits for a prediction.
// values: n.

const DIVIDED = { key: "divided", name: "with √n", colour: COLOURS.BLUE, shape: "circle" };
const UNDIVIDED = { key: "undivided", name: "without", colour: COLOURS.ORANGE, shape: "diamond",
  dash: "8 5", hatched: true };

class Scaling extends Instrument {
  build() {
    this.root.classList.add("above");
    this.weights = this.plot({ name: "scaled-weights", title: "" });
    this.weights.root.style.flexBasis = "100%";
    this.entropies = this.plot({ name: "scaled-entropy", title: "Entropy", ratio: 0.9, tall: 185 });
    this.gradients = this.plot({ name: "scaled-gradient", title: "Gradient", ratio: 0.9, tall: 185 });
    for (const { root } of [this.entropies, this.gradients]) root.style.flexBasis = "max(200px, 45%)";
  }

  load(data) {
    this.scores = numbers(data.scores, Float32Array);
  }

  draw() {
    const { keys, asked } = this.data;
    const { n } = this.values;
    const scores = Array.from(this.scores.slice((n - 1) * keys, n * keys));
    const rows = [{ ...DIVIDED, p: softmax(scores.map((s) => s / Math.sqrt(n))) }];
    if (!asked) rows.push({ ...UNDIVIDED, p: softmax(scores) });
    const at = [...scores.keys()];
    const plot = this.weights;
    plot.title = `Weights of one query on ${keys} keys, n = ${n}`;
    plot.high = (1.15 * keys + 3.4) * plot.room.em; // on a phone too, a row is as high as its name
    plot.frame({ x: [0, 1], y: [keys - 0.5, -0.5], names: ["weight", ""],
      ticks: { y: at.map((j) => [j, String(j + 1)]) } });
    rows.forEach(({ p, colour, hatched, name }, i) => plot.bars(at, p,
      { colour, hatched, name, thick: 0.4, shift: i ? 0.2 : -0.2 }));
    plot.done(rows.map(({ name, p }) => `${name}: ${p.map((v) => v.toFixed(2)).join(", ")}`)
      .join("; ") + ".");

    const most = Math.log(keys);
    this.curves(this.entropies, "entropy", "nats", [0, roundUp(most)], rows, entropy);
    this.curves(this.gradients, "gradient", "‖∂p/∂s‖", [0, 0.4], rows, gradientNorm);
    const [one, other] = rows.map(({ p }) => [entropy(p).toFixed(2), gradientNorm(p).toFixed(3)]);
    if (asked) {
      tell(this.say)`With √n, this row has an entropy of <b>${one[0]}</b> nats, of at most
        <b>${most.toFixed(2)}</b>.`;
    } else {
      tell(this.say)`This row has an entropy of <b>${one[0]}</b> nats with √n and
        <b>${other[0]}</b> without; its gradient is <b>${one[1]}</b> and <b>${other[1]}</b>.`;
    }
  }

  // The means of many queries as lines, this query as marks.
  curves(plot, field, unit, y, rows, measure) {
    const { widths, curves } = this.data;
    const exponents = widths.map(Math.log10);
    plot.frame({ x: [0, exponents.at(-1)], y, log: "x", names: ["n", unit],
      ticks: { x: widths.filter((_, i) => i % 2 === 0).map((w) => [Math.log10(w), String(w)]) } });
    for (const { key, name, colour, dash, shape, p } of rows) {
      plot.line(exponents, curves[field][key], { colour, dash, width: 3, name });
      plot.points([Math.log10(this.values.n)], [measure(p)], { colour, shape, size: 8 });
    }
    plot.done(`Lines: means of many queries. Marks: this query, n = ${this.values.n}.`);
  }
}

export default mount(Scaling);
