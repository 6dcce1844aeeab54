// The instrument of the loss: the curve −ln p, and the loss of every word of a text with their mean.
//
// data: words, p (what the model gave to each), unit ("word" or "token"), known (whether the mean is
// shown). values: loss-at, the word, counted from 1, and loss-p, the power of ten of the probability
// it is given here.

const MOST = 9; // nats that the axes show

class Loss extends Instrument {
  build() {
    this.root.classList.add("above");
    this.curve = this.plot({ name: "loss-curve", ratio: 1.35, tall: 370 });
    this.text = this.plot({ name: "loss-words", ratio: 1.35, tall: 370 });
    for (const plot of this.plots) plot.root.style.flexBasis = "max(200px, 40%)";
  }

  format(key, value, spec) {
    return key === "loss-p" ? short2(10 ** value) : super.format(key, value, spec);
  }

  draw() {
    const { words, p, unit, known } = this.data;
    this.curve.title = `Loss of one ${unit}`;
    this.text.title = `Loss of each ${unit}`;
    const at = Math.min(this.values["loss-at"], words.length) - 1;
    const given = 10 ** this.values["loss-p"];
    const changed = p.map((own, t) => (t === at ? given : own));
    this.drawCurve(given);
    this.drawText(words, p, changed, at, known);
    const nats = -Math.log(given);
    if (!known) {
      tell(this.say)`“${words[at]}” with p = ${short2(given)}: <b>−ln p = ${nats.toFixed(2)} nats
        = ${bits(nats).toFixed(2)} bits</b>. The model gave it p = ${short2(p[at])}.`;
      return;
    }
    const mean = meanLoss(changed);
    tell(this.say)`“${words[at]}” with p = ${short2(given)}: <b>−ln p = ${nats.toFixed(2)} nats =
      ${bits(nats).toFixed(2)} bits</b>. The model gave it p = ${short2(p[at])}. All
      ${words.length} ${unit}s: mean ${mean.toFixed(2)} nats = ${bits(mean).toFixed(2)} bits,
      <b>perplexity ${Math.exp(mean).toFixed(1)}</b> (by the model:
      ${perplexity(p).toFixed(1)}).`;
  }

  drawCurve(given) {
    const plot = this.curve;
    plot.frame({ x: [0, 1], y: [0, MOST], names: ["probability p", "−ln p, nats"] });
    const ps = Array.from({ length: 200 }, (_, i) => 10 ** (-4 + (4 * i) / 199));
    plot.line(ps, ps.map((p) => -Math.log(p)), { colour: COLOURS.BLUE, width: 3 });
    plot.points([given], [-Math.log(given)],
      { colour: COLOURS.ORANGE, shape: "diamond", size: 9 });
    plot.done(`At p = ${short2(given)} the loss is ${(-Math.log(given)).toFixed(2)} nats.`);
  }

  drawText(words, own, changed, at, known) {
    const plot = this.text;
    const rows = [...words.keys()];
    plot.frame({ x: [0, MOST], y: [words.length - 0.4, -0.6], names: ["−ln p, nats", ""],
      ticks: { y: rows.map((t) => [t, words[t]]) } });
    const nats = (list) => list.map((p) => Math.min(MOST, -Math.log(p)));
    plot.bars(rows, nats(changed),
      { colour: rows.map((t) => (t === at ? COLOURS.ORANGE : COLOURS.BLUE)) });
    const [before] = nats([own[at]]);
    plot.line([before, before], [at - 0.5, at + 0.5], { width: 4 });
    if (known) {
      const mean = meanLoss(changed);
      plot.line([mean, mean], [words.length - 0.4, -0.6], { width: 3, dash: "7 5" });
    }
    plot.done(known ? "The dashed line is the mean." : "The mean appears after your answer.");
  }
}

const short2 = (p) => String(Number(p.toPrecision(2)));

export default mount(Loss);
