// The linear RNN, unrolled: a path from every input to the output
// h_0 … h_T and y_T. Every input has a band of its own, which is as thick
// at h_j as ‖W_h^{j-i} W_x x_i‖, the part of it that is left there; what reaches y_T is the term
// W_h^{T-i} W_x x_i of the sum. On a narrow screen time runs down instead of to the right.

const [BAND, WIDEST] = [92, 22]; // pixels: all bands together, and one at most

class Drawing {
  constructor(frame) {
    this.frame = frame;
    this.name = "The recurrent network, unrolled.";
  }

  load(data) {
    this.at = { ...data.at };
    this.matrices = new Map(data.matrices.map((m) => [m.name, { ...m, W: floats(m.W, 64) }]));
    const flat = floats(data.U, 64);
    this.U = Array.from({ length: data.longest }, (_, i) =>
      flat.subarray(i * data.d, (i + 1) * data.d));
    this.d = data.d;
    if (!this.steps) this.controls(data);
    this.choice.value = this.at.matrix;
    this.steps.set(this.at.T);
    this.radius.set(this.at.rho);
    this.radius.input.disabled = !this.matrix.radius;
  }

  controls({ longest, radii }) {
    const { frame } = this;
    this.choice = frame.select("Matrix Wₕ", [...this.matrices.values()].map((m) => [m.name, m.title]),
      this.at.matrix, (name) => {
        this.at.matrix = name;
        this.at.rho = this.matrix.radius || this.at.rho;
        this.radius.set(this.at.rho);
        this.radius.input.disabled = !this.matrix.radius;
      });
    this.steps = frame.slider("Steps T", 1, longest, 1, this.at.T, String,
      (T) => this.move({ T }));
    this.radius = frame.slider("Spectral radius ρ", ...radii, 0.01, this.at.rho,
      (rho) => (this.matrix.radius ? rho.toFixed(2) : "0"), (rho) => this.move({ rho }));
    frame.player((playing) => {
      if (playing && this.at.T === longest) this.move({ T: 1 });
      else this.move({ T: (this.at.T % longest) + 1 });
      this.steps.set(this.at.T);
      return this.at.T < longest;
    });
  }

  get matrix() {
    return this.matrices.get(this.at.matrix);
  }

  move(to) {
    Object.assign(this.at, to);
    this.at.i = Math.min(Math.max(this.at.i, 1), this.at.T);
  }

  key(name) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[name];
    const to = by ? this.at.i + by : { Home: 1, End: this.at.T, Escape: 1 }[name];
    if (to) this.move({ i: to });
    return Boolean(to);
  }

  // ---- words ----

  term(i = this.at.i) {
    const power = this.at.T - i;
    return power === 0 ? `W_x x_{${i}}` : `W_h${power === 1 ? "" : `^{${power}}`} W_x x_{${i}}`;
  }

  arriving(i = this.at.i) {
    return this.vectors[i - 1][this.at.T - i].norm;
  }

  sentence() {
    const { T, i } = this.at;
    return `The path of x${sub(i)} is highlighted. It starts with the length ‖Wₓ x${sub(i)}‖ = 1, and ` +
      `${digits(this.arriving())} of this length reaches y${sub(T)}, after ${T - i} ` +
      `multiplication${T - i === 1 ? "" : "s"} by Wₕ.`;
  }

  lines() {
    return this.vectors.map((_, k) =>
      `x_${k + 1}: ‖${this.term(k + 1).replace(/[{}]/g, "")}‖ = ${digits(this.arriving(k + 1))}`);
  }

  // ---- drawing ----

  // What decides which elements there are; with the same, a redraw only moves them.
  form() {
    return [this.at.T, this.at.i];
  }

  draw(svg, width, unit) {
    const { T } = this.at;
    this.vectors = paths(this.matrix.W, this.U, T, this.matrix.radius ? this.at.rho : 1);
    const ends = T + 2; // h_0, h_1 … h_T, y_T
    const upright = width < Math.min(640, 54 * ends) * unit; // time runs down
    const pitch = upright ? 62 * unit : Math.min(110 * unit, width / ends);
    const node = Math.min(46 * unit, pitch * 0.62);
    const start = upright ? 44 * unit : (width - pitch * ends) / 2;
    // c: across time, from the states to the inputs and to the vector below them.
    const band = (upright ? 84 : BAND) * unit;
    const [states, inputs] = upright ? [band / 2 + 8, band + 66 * unit]
      : [60 * unit + band / 2, band + 126 * unit];
    const right = (width + Math.min(width, 440 * unit)) / 2;
    const place = upright ? (a, c) => [right - c, a] : (a, c) => [a, c];
    const along = (j) => start + (j + 0.5) * pitch; // the middle of h_j; y_T is T + 1
    Object.assign(this, { svg, unit, upright, pitch, node, band, states, inputs, place, along });

    // Pixels a unit of length is thick: the widest band and all bands together stay inside.
    const norms = this.vectors.flatMap((path) => path.map((s) => s.norm));
    let together = 0;
    for (let j = 0; j < T; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += this.vectors[k][j - k].norm;
      together = Math.max(together, sum);
    }
    this.scale = Math.min((WIDEST * unit) / Math.max(1, ...norms),
      (band - 8 * unit) / Math.max(together, 1e-300));
    svg.dataset.scale = this.scale;
    svg.dataset.longest = T;

    const order = this.vectors.map((_, k) => k + 1).filter((i) => i !== this.at.i);
    for (const i of [...order, this.at.i]) this.path(i);
    this.arrows();
    this.nodes();
    const end = this.vector();
    this.headline(width);
    return upright ? along(T + 1) + 40 * unit : end;
  }

  headline(width) {
    const { T, i } = this.at;
    const { unit } = this;
    const before = i > 1 ? "… + " : "";
    const after = i < T ? " + …" : "";
    const line = draw(this.svg, "g", { class: "headline" });
    const text = formula(line, this.upright ? 0 : width / 2, 20 * unit,
      `y_{${T}} = φ_y(W_y(${before}${this.term()}${after}))`,
      { "text-anchor": this.upright ? "start" : "middle" });
    text.classList.add("big");
  }

  // Where the band of x_i lies across h_j: [from, to], stacked with x_1 first.
  span(i, j) {
    const widths = this.vectors.slice(0, j).map((path, k) => path[j - k - 1].norm * this.scale);
    const sum = widths.reduce((a, b) => a + b, 0);
    const from = this.states - sum / 2 + widths.slice(0, i - 1).reduce((a, b) => a + b, 0);
    return [from, from + widths[i - 1]];
  }

  // One input's way: up W_x into h_i, then W_h step by step, then W_y into y_T.
  path(i) {
    const { T } = this.at;
    const { place, along, node } = this;
    const chosen = i === this.at.i;
    const largest = Math.max(...this.vectors.map((_, k) => this.arriving(k + 1)), 1e-300);
    const share = Math.sqrt(this.arriving(i) / largest);
    const group = draw(this.svg, "g", {
      class: "path", "data-input": i, "data-norm": this.arriving(i),
      fill: chosen ? ORANGE : BLUE, stroke: chosen ? ORANGE : BLUE, "stroke-width": 0.75,
      "fill-opacity": chosen ? 0.95 : 0.18 + 0.6 * share,
      "stroke-opacity": chosen ? 0.95 : 0.3 + 0.5 * share,
    });
    const band = (j, from, to, kind) => {
      const [[a0, a1], [c0, c1], [c2, c3]] = [[along(j), along(j + 1)], from, to];
      const [left, right] = [a0 + node / 2, a1 - node / 2];
      const middle = (left + right) / 2;
      const p = (a, c) => place(a, c).map((x) => x.toFixed(3)).join(" ");
      draw(group, "path", {
        class: kind, "data-step": j, "data-from": c1 - c0, "data-to": c3 - c2,
        d: `M${p(left, c0)} C${p(middle, c0)} ${p(middle, c2)} ${p(right, c2)} L${p(right, c3)} ` +
          `C${p(middle, c3)} ${p(middle, c1)} ${p(left, c1)} Z`,
      });
    };
    const w = (this.vectors[i - 1][0].norm * this.scale) / 2;
    const [near, far] = [this.states + this.band / 2 + 9, this.inputs - 18 * this.unit];
    const point = Math.max(w + 3, 6 * this.unit); // half as wide as the arrow's head
    const corners = [[-w, far], [w, far], [w, near + 9], [point, near + 9], [0, near],
      [-point, near + 9], [-w, near + 9]].map(([a, c]) =>
      place(along(i) + a, c).join(" "));
    draw(group, "path", { class: "W_x", d: `M${corners.join(" L")} Z` });
    for (let j = i; j < T; j++) band(j, this.span(i, j), this.span(i, j + 1), "W_h");
    band(T, this.span(i, T), this.span(i, T), "W_y");
    group.onclick = () => { this.move({ i }); this.frame.show(true); };
    if (chosen) this.pulse(i, far);
  }

  // While it plays, dashes run along the chosen path.
  pulse(i, far) {
    const p = (a, c) => this.place(a, c).join(" ");
    const middle = (j) => (this.span(i, j)[0] + this.span(i, j)[1]) / 2;
    const way = [p(this.along(i), far), p(this.along(i), middle(i))];
    for (let j = i + 1; j <= this.at.T; j++) way.push(p(this.along(j), middle(j)));
    way.push(p(this.along(this.at.T + 1), middle(this.at.T)));
    draw(this.svg, "path", { class: "pulse", d: `M${way.join(" L")}` });
  }

  arrows() {
    const { T } = this.at;
    const { place, along, states, unit, node } = this;
    const [x1, y1] = place(along(0) + node / 2, states);
    const [x2, y2] = place(along(1) - node / 2, states);
    draw(this.svg, "line", { class: "axis", x1, y1, x2, y2 });
    const label = (a, c, line, anchor) => {
      const [x, y] = place(a, c);
      formula(this.svg, x, y, line, { "text-anchor": anchor, class: "formula quiet" });
    };
    const edge = states - this.band / 2 - 14 * unit;
    for (let j = 0; j <= T; j++) {
      const name = j === T ? "W_y" : "W_h";
      if (this.upright && j === 1 && T > 1) continue; // W_x stands there
      if (this.upright) label(along(j + 0.5) + 5, states + this.band / 2 + 4, name, "end");
      else label(along(j + 0.5), edge, name, "middle");
    }
    for (let i = 1; i <= T; i++) {
      if (this.upright && i > 1) continue;
      if (this.upright) label(along(1) + 27 * unit, this.inputs - 36 * unit, "W_x", "middle");
      else if (this.pitch > 52 * unit) {
        label(along(i) + 14 * unit, (states + this.band / 2 + this.inputs) / 2 - 2, "W_x", "start");
      }
    }
  }

  box(a, c, long, wide, line, kind, i) {
    const [x, y] = this.place(a, c);
    const [w, h] = this.upright ? [wide, long] : [long, wide];
    const group = draw(this.svg, "g", { class: `node ${kind}`, "data-node": line });
    draw(group, "rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 8 * this.unit });
    formula(group, x, y + 5 * this.unit, line, { "text-anchor": "middle" });
    if (i) group.onclick = () => { this.move({ i }); this.frame.show(true); };
  }

  nodes() {
    const { T, i } = this.at;
    const { along, states, inputs, node, band, unit } = this;
    for (let j = 0; j <= T; j++) {
      const kind = j === 0 ? "nothing" : j >= i ? "state lit" : "state";
      this.box(along(j), states, node, band + 14, `h_{${j}}`, kind, Math.max(j, 0));
    }
    for (let j = 1; j <= T + 1; j++) {
      const [tip, s] = [along(j) - node / 2 - 1, 6 * unit];
      const corners = [[tip - s, states - s], [tip - s, states + s], [tip, states]];
      draw(this.svg, "path", { class: "tip",
        d: `M${corners.map(([x, y]) => this.place(x, y).join(" ")).join(" L")} Z` });
    }
    this.box(along(T + 1), states, node, band + 14, `y_{${T}}`, "out lit", T);
    for (let j = 1; j <= T; j++) {
      this.box(along(j), inputs, node, 36 * unit, `x_{${j}}`, j === i ? "input lit" : "input", j);
      const [x, y] = this.place(along(j), inputs + (this.upright ? 50 : 38) * unit);
      const size = this.arriving(j);
      const short = this.pitch < 76 * unit && size < 10 && size >= 0.01
        ? size.toFixed(2) : digits(size);
      draw(this.svg, "text", { x, y: y + (this.upright ? 6 : 0), class: j === i ? "norm lit" : "norm",
        "text-anchor": "middle", "data-input": j }, short);
    }
    if (!this.upright) {
      const x = along(0);
      draw(this.svg, "text", { x, y: inputs + 38 * unit, class: "quiet", "text-anchor": "middle" },
        this.pitch > 76 * unit ? "reaches y" + sub(T) : "→ y" + sub(T));
    }
  }

  // The chosen input's vector at every state it passes, an entry a cell: blue below zero.
  vector() {
    const { T, i } = this.at;
    const { along, unit, node, d } = this;
    const size = this.upright ? 9 * unit : 10.5 * unit;
    const top = this.inputs + (this.upright ? 78 : 48) * unit;
    const wide = this.upright ? 26 * unit : Math.min(node, 40 * unit);
    const largest = Math.max(...this.vectors[i - 1].flatMap((s) => [...s.vector].map(Math.abs)),
      1e-300);
    for (let j = i; j <= T; j++) {
      const { vector } = this.vectors[i - 1][j - i];
      vector.forEach((value, r) => {
        const [x0, y0] = this.place(along(j) - wide / 2, top + r * size);
        const [x1, y1] = this.place(along(j) + wide / 2, top + (r + 1) * size);
        const cell = draw(this.svg, "rect", {
          class: "cell", x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0),
          height: Math.abs(y1 - y0), fill: value < 0 ? BLUE : ORANGE,
          "fill-opacity": Math.sqrt(Math.abs(value) / largest), "data-value": value,
        });
        draw(cell, "title", {}, `entry ${r + 1}: ${digits(value)}`);
      });
    }
    if (this.upright) return 0;
    const x = along(i) - wide / 2 - 8 * unit;
    if (x > 76 * unit) {
      draw(this.svg, "text", { x, y: top + (d * size) / 2, class: "quiet", "text-anchor": "end" },
        "its entries");
    }
    return top + d * size + 3 * unit;
  }
}
