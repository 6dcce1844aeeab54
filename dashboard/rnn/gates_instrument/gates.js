// The instrument of an LSTM's gates: forget gate, input gate, cell and answer at every step.
//
// data: lstm, its weights; noise, two numbers a step; asked: the gates wait for a prediction.
// values: gate_symbol (from 1), gate_delay, and gate_added, to the forget gate's bias.

class Gates extends Instrument {
  build() {
    this.root.classList.add("above");
    const add = (name, title) => this.plot({ name, title, ratio: 0.8, tall: 190 });
    this.answer = add("gate-answer", "Probability of the symbol");
    this.cell = add("gate-cell", "Cell c: red +, blue −");
    this.forget = add("gate-forget", "Forget gate f: yellow keeps");
    this.input = add("gate-input", "Input gate i: yellow writes");
    for (const { root } of this.plots) root.style.flexBasis = "max(220px, 45%)";
  }

  draw() {
    const { lstm, noise, asked } = this.data;
    const { gate_symbol: symbol, gate_delay: delay, gate_added: added } = this.values;
    const found = run(lstm, sequence(symbol - 1, delay, noise), added);
    const T = delay + 1;
    const t = [...Array(T).keys()].map((n) => n + 1);
    const right = found.p.map((p) => p[symbol - 1]);
    this.answer.frame({ x: [1, T], y: [0, 1], names: ["step t", ""] });
    this.answer.line(t, t.map(() => 1 / 8), { colour: COLOURS.GREY, dash: "3 4", name: "guess" });
    this.answer.line(t, right, { colour: COLOURS.BLUE, width: 3, name: `symbol ${symbol}` });
    this.answer.done(`After ${delay} steps of noise it is ${right.at(-1).toFixed(2)}.`);
    this.heat(this.cell, found.c, { low: -2, high: 2, scale: DIVERGING });
    for (const [plot, rows] of [[this.forget, found.f], [this.input, found.i]]) {
      plot.root.hidden = asked;
      if (!asked) this.heat(plot, rows, { low: 0, high: 1 });
    }
    const last = found.p.at(-1);
    const named = last.indexOf(Math.max(...last)) + 1;
    if (asked) {
      tell(this.say)`After <b>${delay}</b> steps of noise the LSTM names symbol <b>${named}</b>.`;
      return;
    }
    const kept = found.f[0].map((_, u) => found.f.slice(1).reduce((all, f) => all * f[u], 1));
    const most = Math.max(...kept);
    tell(this.say)`The LSTM names symbol <b>${named}</b>. In this sequence unit
      <b>${kept.indexOf(most) + 1}</b> keeps most of its cell, <b>${
      (100 * most).toPrecision(2)}%</b>; its f is <b>${
      (most ** (1 / delay)).toFixed(3)}</b> on average.`;
  }

  // rows: one for each step; drawn with a row for each unit.
  heat(plot, rows, look) {
    const d = rows[0].length;
    plot.frame({ x: [0.5, rows.length + 0.5], y: [d - 0.5, -0.5], names: ["step t", "unit"],
      ticks: { y: [[0, "1"], [d - 1, String(d)]] } });
    plot.heat(rows[0].map((_, u) => [NaN, ...rows.map((row) => row[u])]), { ...look, name: plot.name });
    plot.done(`${d} units, ${rows.length} steps.`);
  }
}

export default mount(Gates);
