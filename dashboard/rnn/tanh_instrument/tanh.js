// The instrument of backpropagation through time: the gradient by step, and φ′ of every unit.
//
// data: W, W_h of spectral radius 1 (d, d); inputs, W_x x_t of length 1 (rows of d); asked: what tanh
// does waits for a prediction; gradient: autograd's norms, for the values it was computed with.
// values: tanh_rho, tanh_x, the size of the inputs, and tanh_T.

class Tanh extends Instrument {
  build() {
    this.root.classList.add("above");
    this.norms = this.plot({ name: "through-time", title: "", ratio: 0.5, tall: 235 });
    this.slopes = this.plot({ name: "slopes", title: "φ′ of each unit at each step: dark is 0, saturated",
      ratio: 0.3, tall: 160 });
    for (const { root } of [this.norms, this.slopes]) root.style.flexBasis = "100%";
  }

  load(data) {
    this.W = numbers(data.W);
    this.u = numbers(data.inputs);
  }

  draw() {
    const { d, asked } = this.data;
    const { tanh_rho: rho, tanh_x: size, tanh_T: T } = this.values;
    const W = this.W.map((w) => rho * w);
    const h = states(W, this.u.map((u) => size * u), d, T);
    const slopes = h.map((row) => row.map((v) => 1 - v * v));
    const flat = norms(W, h.map((row) => row.map(() => 1)), d);
    const bent = norms(W, slopes, d);
    const t = [...Array(T).keys()].map((i) => i + 1);
    const log = (values) => Array.from(values, Math.log10);
    const shown = [...log(flat), ...(asked ? [] : log(bent))].filter(Number.isFinite);
    const plot = this.norms;
    plot.title = `Gradient of h_{${T}} with respect to h_t: ‖∂h_T/∂h_t‖`;
    plot.frame({ x: [1, T], y: [Math.min(-2, Math.floor(Math.min(...shown))),
      Math.max(2, Math.ceil(Math.max(...shown)))], log: "y", names: ["step t", "norm"] });
    plot.line(t, log(flat), { colour: COLOURS.BLUE, width: 3, dash: "8 5", name: "without tanh" });
    if (!asked) {
      plot.line(t, log(bent), { colour: COLOURS.ORANGE, width: 3, name: "with tanh" });
      const { gradient } = this.data;
      if (gradient && gradient.rho === rho && gradient.size === size && gradient.T === T) {
        plot.points(t, log(gradient.norms), { colour: COLOURS.GREEN, shape: "diamond", size: 6,
          name: "autograd" });
      }
    }
    plot.done(`At t = 1: ${scientific(flat[0])} without tanh`
      + (asked ? "." : `, ${scientific(bent[0])} with it.`));
    this.slopes.root.hidden = asked;
    if (asked) {
      tell(this.say)`Without tanh: ‖∂h<sub>T</sub>/∂h₁‖ = <b>${scientific(flat[0])}</b>.`;
      return;
    }
    const heat = this.slopes;
    heat.frame({ x: [0.5, T + 0.5], y: [d - 0.5, -0.5], names: ["step t", "unit"],
      ticks: { y: [[0, "1"], [d - 1, String(d)]] } });
    const rows = [...Array(d).keys()].map((i) => [NaN, ...slopes.map((row) => row[i])]);
    heat.heat(rows, { low: 0, high: 1, name: "1 − h²" });
    const mean = slopes.flatMap((row) => [...row]).reduce((a, b) => a + b) / (d * T);
    heat.done(`On average φ′ is ${mean.toFixed(2)}.`);
    tell(this.say)`‖∂h<sub>T</sub>/∂h₁‖ = <b>${scientific(bent[0])}</b> with tanh, <b>${
      scientific(flat[0])}</b> without. On average φ′ = 1 − h² is <b>${mean.toFixed(2)}</b>.`;
  }
}

export default mount(Tanh);
