// The instrument of the power law: predicted and measured loss against the width and the data.
//
// data: law; points, [width, dialogues, loss] of every training of the grid; larger, such a point
// that the law has not seen, or null while that waits for a prediction.
// values: law-width and law-data, powers of two of the width and of 1,500 dialogues.

const FIRST = 1500; // dialogues
const widthOf = (values) => Math.round(2 ** values["law-width"]);
const dataOf = (values) => Math.round(FIRST * 2 ** values["law-data"]);
const tens = Math.log10;

class PowerLaw extends Instrument {
  build() {
    this.root.classList.add("above");
    this.byWidth = this.plot({ name: "by-width", title: "", ratio: 1.1, tall: 330 });
    this.byData = this.plot({ name: "by-data", title: "", ratio: 1.1, tall: 330 });
    for (const { root } of this.plots) root.style.flexBasis = "max(200px, 40%)";
  }

  format(key, value, spec) {
    if (key === "law-width") return String(widthOf({ [key]: value }));
    if (key === "law-data") return dataOf({ [key]: value }).toLocaleString("en");
    return super.format(key, value, spec);
  }

  draw() {
    const { law, points, larger } = this.data;
    const [width, dialogues] = [widthOf(this.values), dataOf(this.values)];
    const all = larger ? [...points, larger] : points;
    const excess = all.map(([, , loss]) => tens(loss - law.floor));
    const lowest = Math.min(...excess, tens(lossOf(law, 64, 24000) - law.floor));
    const y = [lowest - 0.08, Math.max(...excess) + 0.08];
    this.byWidth.title = `By width, D = ${dialogues.toLocaleString("en")}`;
    this.byData.title = `By data, w = ${width}`;
    this.curve(this.byWidth, y, [4, 8, 16, 32, 64], (w) => lossOf(law, w, dialogues), "width w",
      all.filter(([, d]) => d === dialogues).map(([w, , loss]) => [w, loss]), width);
    this.curve(this.byData, y, [1500, 3000, 6000, 12000, 24000], (d) => lossOf(law, width, d),
      "dialogues D", all.filter(([w]) => w === width).map(([, d, loss]) => [d, loss]), dialogues);
    const own = all.find(([w, d]) => w === width && d === dialogues);
    const predicted = lossOf(law, width, dialogues);
    tell(this.say)`w = ${width}, D = ${dialogues.toLocaleString("en")}: the law says <b>${
      predicted.toFixed(3)}</b> nats a token, ${own
      ? `a trained model has ${own[2].toFixed(3)}`
      : "no such model is shown"}. No model gets below <b>${law.floor.toFixed(3)}</b>.`;
  }

  // The law as a line, measured losses as diamonds, a ring where the sliders are.
  curve(plot, y, marks, loss, name, measured, at) {
    const { floor } = this.data.law;
    const ends = [tens(marks[0]) - 0.06, tens(marks.at(-1)) + 0.06];
    plot.frame({ x: ends, y, log: "xy", names: [name, "loss − L∞, nats"],
      ticks: { x: marks.map((m) => [tens(m), m < 1000 ? String(m) : `${m / 1000}k`]),
        y: [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3].filter((v) => tens(v) >= y[0] && tens(v) <= y[1])
          .map((v) => [tens(v), String(v)]) } });
    const xs = Array.from({ length: 60 }, (_, i) => ends[0] + ((ends[1] - ends[0]) * i) / 59);
    plot.line(xs, xs.map((x) => tens(loss(10 ** x) - floor)),
      { colour: COLOURS.BLUE, width: 3, name: "law" });
    plot.points(measured.map(([m]) => tens(m)), measured.map(([, l]) => tens(l - floor)),
      { colour: COLOURS.ORANGE, shape: "diamond", size: 8, name: "measured" });
    plot.points([tens(at)], [tens(loss(at) - floor)], { colour: COLOURS.BLUE, size: 8 });
    plot.done(`At ${at} the law says ${loss(at).toFixed(3)} nats.`);
  }
}

export default mount(PowerLaw);
