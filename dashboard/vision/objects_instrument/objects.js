// The instrument of attention against the size of the object: a point a picture, and every head.
//
// data: size (N), random (N) and values (L·H, N) as codes of two bytes, top the value of the largest
// code; share: whether they are shares of attention on the object, otherwise nats of entropy.
// values: layer and head, from 1; 0 is the mean over all.

const MOST_CODE = 65535;

class Objects extends Instrument {
  build() {
    this.root.classList.add("above");
    this.size = this.plot({ name: "size", title: "", ratio: 0.75, tall: 330 });
    this.share = this.plot({ name: "share", title: "", ratio: 0.75, tall: 330 });
    this.all = this.plot({ name: "by-head", title: "", tall: 330 });
    for (const plot of [this.size, this.share]) plot.root.style.flex = "2 1 330px";
    this.drag(this.all, { label: "Layer and head: arrow keys move them, Home is the mean of all",
      grab: (at) => this.choose(at), move: (at) => this.choose(at),
      by: ([dx, dy], event) => this.step(dx, dy, event.key) });
  }

  load(data) {
    if (data.id === this.id) return;
    this.id = data.id;
    const read = (text, most) => Float64Array.from(numbers(text, Uint16Array),
      (code) => (code / MOST_CODE) * most);
    this.sizes = read(data.size, 1);
    this.random = read(data.random, data.top);
    const [all, n] = [read(data.values, data.top), this.sizes.length];
    this.heads = Array.from({ length: data.layers }, (_, l) => Array.from({ length: data.heads },
      (_, h) => all.subarray((l * data.heads + h) * n, (l * data.heads + h + 1) * n)));
    this.scores = this.heads.map((row) => row.map((one) =>
      (data.share ? mean(one) : correlation(this.sizes, one))));
    this.size.root.hidden = data.share;
    this.share.root.hidden = !data.share;
  }

  // ---- the hand ----

  choose([x, y]) {
    const within = (v, most) => Math.max(1, Math.min(most, Math.round(v) + 1));
    this.set({ layer: within(y, this.data.layers), head: within(x, this.data.heads) });
    return true;
  }

  step(dx, dy, key) {
    if (key === "Home") this.set({ layer: 0, head: 0 });
    else if (dx || dy) this.choose([this.values.head - 1 + dx, this.values.layer - 1 - dy]);
    return key === "Home" || Boolean(dx || dy);
  }

  format(key, value, spec) {
    return value === 0 ? "mean" : super.format(key, value, spec);
  }

  // ---- the figures ----

  draw() {
    const { layer, head } = this.values;
    const layers = layer ? [this.heads[layer - 1]] : this.heads;
    const now = meanOf(layers.flatMap((row) => (head ? [row[head - 1]] : row)));
    const where = (layer ? `layer ${layer}` : "all layers") + (head ? `, head ${head}` : "");
    if (this.data.share) this.drawShare(now, where);
    else this.drawSize(now, where);
    if (!this.all.root.classList.contains("off")) this.drawAll();
  }

  scatter(plot, now, top, names) {
    const most = roundUp(Math.max(...this.sizes));
    plot.frame({ x: [0, most], y: [0, top], names });
    plot.points(this.sizes, this.random, { colour: COLOURS.GREY, shape: "diamond", size: 3,
      name: "random weights" });
    plot.points(this.sizes, now, { colour: COLOURS.BLUE, size: 3.5, name: "this model" });
    return most;
  }

  drawSize(now, where) {
    const plot = this.size;
    const { top, patches } = this.data;
    const r = correlation(this.sizes, now);
    plot.title = `Does it spread with the object? r = ${this.signed(r)} (${where})`;
    const most = this.scatter(plot, now, 1.08 * top,
      ["object's share of the picture", "entropy, nats"]);
    plot.line([0, most], [top, top], { dash: "2 5", name: `uniform attention, ln ${patches}` });
    if (Math.max(...this.sizes) > Math.min(...this.sizes)) {
      const [slope, start] = polyfit(this.sizes, now);
      const ends = [Math.min(...this.sizes), Math.max(...this.sizes)];
      plot.line(ends, ends.map((x) => start + slope * x),
        { colour: COLOURS.ORANGE, width: 4, name: "line of best fit" });
    }
    plot.done(`${this.sizes.length} pictures. With random weights r = ${
      this.signed(correlation(this.sizes, this.random))}.`);
    tell(this.say)`Correlation <b>r = ${this.signed(r)}</b> for ${where}; with random weights
      ${this.signed(correlation(this.sizes, this.random))}.`;
  }

  drawShare(now, where) {
    const plot = this.share;
    plot.title = `Attention on the object against its size (${where})`;
    const most = this.scatter(plot, now, 1,
      ["object's share of the picture", "share of attention"]);
    plot.line([0, most], [0, most], { colour: COLOURS.ORANGE, width: 4, dash: "10 6",
      name: "uniform attention" });
    plot.done(`${this.sizes.length} pictures.`);
    tell(this.say)`The object covers <b>${this.percent(mean(this.sizes))}</b> of a picture on average
      and gets <b>${this.percent(mean(now))}</b> of the attention of ${where}; with random weights
      ${this.percent(mean(this.random))}.`;
  }

  drawAll() {
    const plot = this.all;
    const { layers, heads, share } = this.data;
    plot.title = share ? "Mean share on the object, every head" : "Correlation r, every head";
    const names = (what, n) => Array.from({ length: n }, (_, i) => [i, `${what}${i + 1}`]);
    plot.frame({ x: [-0.5, heads - 0.5], y: [layers - 0.5, -0.5], names: ["head", ""],
      ticks: { x: names("", heads), y: names("layer ", layers) } });
    const strongest = Math.max(0.01, ...this.scores.flat().map(Math.abs));
    plot.heat(this.scores, { low: -1.5 * strongest, high: 1.5 * strongest, scale: DIVERGING,
      name: share ? "mean share" : "r" });
    const room = plot.x(1) - plot.x(0) > 2.6 * plot.em;
    this.scores.forEach((row, l) => row.forEach((score, h) => room && plot.text(plot.x(h),
      plot.y(l), share ? this.percent(score) : this.signed(score),
      { anchor: "middle", colour: "#10161d" })));
    const { layer, head } = this.values;
    const span = (at, most) => (at ? [at - 1.5, at - 0.5] : [-0.5, most - 0.5]);
    const [[x0, x1], [y0, y1]] = [span(head, heads), span(layer, layers)];
    plot.line([x0, x1, x1, x0], [y0, y0, y1, y1], { width: 3, closed: true });
    plot.done(this.scores.map((row, l) => `layer ${l + 1}: ${
      row.map((score) => score.toFixed(2)).join(", ")}`).join("; ") + ".");
  }

  signed(r) {
    const text = fixed(r, 2);
    return text[0] === "−" ? text : `+${text}`;
  }

  percent(part) {
    return `${(100 * part).toFixed(0)}%`;
  }
}

export default mount(Objects);
