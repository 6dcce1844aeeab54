// The instrument of a Vision Transformer's maps: where a token looks, in every layer and head.
//
// data: maps (a byte a weight, code = 255 √w, deflated), picture, side in patches, pixels of the
// picture's side, said, true, rollout. values: layer and head (0: the mean) or, for rollout,
// `through`; patch, the token that looks: 0 is the class token, the patches follow row by row.

const CLASS = 1.3; // height of the class token's cell above the picture, in patches

class Maps extends Instrument {
  build() {
    this.root.classList.add("above");
    const square = { square: true, ratio: 1.16 };
    this.photo = this.plot({ name: "patches", title: "", ...square });
    this.where = this.plot({ name: "overlay", title: "", ...square });
    this.all = this.plot({ name: "heads", title: "", square: true, tall: 330 });
    this.classes = this.plot({ name: "classes", title: "", ratio: 0.62, tall: 330 });
    for (const plot of this.plots) plot.root.style.flexBasis = "max(255px, 38%)"; // two in a row
    for (const plot of [this.photo, this.where]) {
      this.drag(plot, { label: "Patch that looks: the arrow keys move it, Home chooses the class token",
        grab: (at) => this.look(at), move: (at) => this.look(at),
        by: (step, event) => this.step(step, event.key) });
      this.hover(plot);
    }
    this.drag(this.all, { label: "Layer and head: the arrow keys choose them",
      grab: (at) => this.choose(at), move: (at) => this.choose(at),
      by: (step) => this.stepHead(step) });
  }

  load(data) {
    if (data.id === this.id) return;
    this.id = data.id;
    this.maps = null;
    this.pixels = numbers(data.picture, Uint8Array);
    this.picture = photoOf(this.pixels, data.pixels);
    inflated(data.maps).then((codes) => this.guard(() => {
      if (this.id !== data.id) return;
      const tokens = data.side ** 2 + 1;
      const weights = Float64Array.from(codes, (code) => (code / 255) ** 2);
      const one = (n) => weights.subarray(n * tokens ** 2, (n + 1) * tokens ** 2);
      this.maps = Array.from({ length: data.layers }, (_, l) =>
        Array.from({ length: data.heads }, (_, h) => one(l * data.heads + h)));
      this.flows = null;
      this.redraw(true);
    }));
  }

  // ---- the hand ----

  token([x, y]) {
    const { side } = this.data;
    if (y < 0) return 0;
    const cell = (v) => Math.max(0, Math.min(side - 1, Math.floor(v)));
    return 1 + cell(y) * side + cell(x);
  }

  look(at) {
    this.over = undefined;
    this.set({ patch: this.token(at) });
    return true;
  }

  // A pointer over a patch shows what that patch looks at; a press keeps it.
  hover(plot) {
    const over = (token) => {
      if (token === this.over) return;
      this.over = token;
      this.redraw(true);
    };
    plot.svg.addEventListener("pointermove", (event) => this.guard(() => {
      if (event.pointerType === "mouse" && !event.buttons) over(this.token(plot.at(event)));
    }));
    plot.svg.addEventListener("pointerleave", () => over(undefined));
  }

  step([dx, dy], key) {
    if (!dx && !dy && key !== "Home") return false;
    const { side } = this.data;
    const query = this.values.patch;
    this.over = undefined;
    if (key === "Home") this.set({ patch: 0 });
    else if (query === 0) this.set({ patch: 1 });
    else this.look([((query - 1) % side) + dx, Math.floor((query - 1) / side) - dy]);
    return true;
  }

  stepHead([dx, dy]) {
    const { layers, heads, rollout } = this.data;
    const { layer, head, through } = this.values;
    const within = (v, low, most) => Math.max(low, Math.min(most, v));
    if (dx || dy) {
      this.set(rollout ? { through: within(through + dx, 1, layers) }
        : { layer: within(layer - dy, 0, layers), head: within(head + dx, 0, heads) });
    }
    return Boolean(dx || dy);
  }

  choose([x, y]) {
    const { layers, heads, rollout } = this.data;
    const within = (v, most) => Math.max(1, Math.min(most, Math.round(v) + 1));
    this.set(rollout ? { through: within(x, layers) }
      : { layer: within(y, layers), head: within(x, heads) });
    return true;
  }

  format(key, value, spec) {
    return value === 0 ? "mean" : super.format(key, value, spec);
  }

  // ---- the figures ----

  draw() {
    if (!this.maps) return;
    const query = this.over ?? this.values.patch;
    const { rollout, side } = this.data;
    let chosen;
    if (rollout) {
      this.flows ??= rollouts(this.maps);
      chosen = [this.flows[this.values.through - 1]];
    } else {
      const { layer, head } = this.values;
      const layers = layer ? [this.maps[layer - 1]] : this.maps;
      chosen = layers.flatMap((heads) => (head ? [heads[head - 1]] : heads));
    }
    const tokens = side ** 2 + 1;
    const weights = courseHeatmap(chosen, query);
    const own = chosen.reduce((sum, map) => sum + map[query * tokens], 0) / chosen.length;
    this.drawPhoto(query);
    this.drawWhere(query, weights, own);
    if (!this.all.root.classList.contains("off")) this.drawAll(query);
    if (!this.classes.root.classList.contains("off")) this.drawClasses();
    if (this.data.tall) return this.say.replaceChildren(); // the lecturer's keys would cover it
    const best = weights.reduce((top, weight, i) => (weight > weights[top] ? i : top), 0);
    const name = this.nameOf(query);
    tell(this.say)`${name[0].toUpperCase() + name.slice(1)} gives
      <b>${this.percent(weights[best])}</b> of its ${rollout ? "flow" : "attention"} to the
      brightest patch (row ${Math.floor(best / side) + 1}, column ${(best % side) + 1}); uniform
      attention would give it ${this.percent(1 / tokens)}.`;
  }

  nameOf(query) {
    const { side } = this.data;
    return query === 0 ? "the class token"
      : `the patch in row ${Math.floor((query - 1) / side) + 1}, column ${((query - 1) % side) + 1}`;
  }

  percent(share) {
    return `${(100 * share).toFixed(1)}%`;
  }

  frameOf(plot) {
    const { side } = this.data;
    plot.frame({ x: [0, side], y: [side, -CLASS], bare: true });
  }

  mark(plot, query) {
    const { side } = this.data;
    if (query === 0) return frameAround(plot, 0, -CLASS + 0.1, side, -0.1);
    const [x, y] = [(query - 1) % side, Math.floor((query - 1) / side)];
    frameAround(plot, x, y, x + 1, y + 1);
  }

  drawPhoto(query) {
    const plot = this.photo;
    const { side } = this.data;
    plot.title = `The picture in ${side * side} patches`;
    this.frameOf(plot);
    plot.raster(this.picture, { y: [side, 0] });
    let lines = "";
    for (let i = 0; i <= side; i++) {
      lines += `M${short(plot.x(i))} ${short(plot.y(0))}V${short(plot.y(side))}` +
        `M${short(plot.x(0))} ${short(plot.y(i))}H${short(plot.x(side))}`;
    }
    plot.add("path", { d: lines, stroke: "#10161d", "stroke-width": 2 });
    this.classCell(plot, "none", "currentColor", "class token");
    this.mark(plot, query);
    plot.done(`${this.nameOf(query)} is marked.`);
  }

  classCell(plot, fill, ink, words) {
    const { side } = this.data;
    const [top, bottom] = [plot.y(-CLASS + 0.1), plot.y(-0.1)];
    plot.add("path", { d: box(plot.x(0), top, plot.x(side) - plot.x(0), bottom - top), fill,
      stroke: "currentColor", "stroke-opacity": 0.5 });
    plot.text(plot.x(side / 2), (top + bottom) / 2, words, { anchor: "middle", colour: ink });
  }

  drawWhere(query, weights, own) {
    const plot = this.where;
    const { side, pixels, rollout } = this.data;
    const { layer, head, through } = this.values;
    const what = rollout ? `rollout, layers 1 to ${through}`
      : (layer ? `layer ${layer}` : "all layers") + (head ? `, head ${head}` : "");
    plot.title = `${query ? "This patch" : "The class token"}: ${what}`;
    this.frameOf(plot);
    plot.raster(overlay(this.pixels, pixels, weights, side), { y: [side, 0] });
    const share = own / Math.max(own, ...weights);
    this.classCell(plot, `rgb(${colourOf(share).join(" ")} / ${0.1 + 0.8 * share})`,
      share > 0.8 ? "#10161d" : "currentColor", `class token ${this.percent(own)}`);
    if (query) this.mark(plot, query);
    plot.data.push({ name: "weight", rows: Array.from({ length: side }, (_, r) =>
      Array.from(weights.subarray(r * side, (r + 1) * side))) });
    plot.done(`The brightest patch gets ${this.percent(Math.max(...weights))}.`);
  }

  drawAll(query) {
    const plot = this.all;
    const { layers, heads, side, rollout } = this.data;
    const rows = rollout ? [this.flows.map((flow) => classRow(flow, query))]
      : this.maps.map((row) => row.map((map) => classRow(map, query)));
    const [down, across] = [rows.length, rows[0].length];
    plot.title = rollout ? "Rollout through the first layers"
      : `All ${layers * heads} heads`;
    plot.ratio = down / across * 0.9 + 0.12;
    const roomy = plot.room.width > 62 * (across + 1); // for "head 1" and so on
    const name = (what) => (_, i) => [i, roomy ? `${what} ${i + 1}` : `${what[0]}${i + 1}`];
    plot.frame({ x: [-0.5, across - 0.5], y: [down - 0.5, -0.5], ticks: {
      x: Array.from({ length: across }, rollout ? (_, i) => [i, i ? `1 to ${i + 1}` : "1"]
        : name("head")),
      y: rollout ? [] : Array.from({ length: down }, name("layer")) } });
    plot.raster(sheet(rows, side));
    const { layer, head, through } = this.values;
    if (rollout) frameAround(plot, through - 1.5, -0.5, through - 0.5, 0.5);
    else if (layer || head) {
      const span = (at, most) => (at ? [at - 1.5, at - 0.5] : [-0.5, most - 0.5]);
      const [[x0, x1], [y0, y1]] = [span(head, heads), span(layer, layers)];
      frameAround(plot, x0, y0, x1, y1);
    }
    plot.done("The colours of each map are scaled to its largest weight.");
  }

  drawClasses() {
    const plot = this.classes;
    const { said, true: truth } = this.data;
    plot.title = "Probability of each class";
    const names = said.map(([name], i) => [i, name.length > 12 ? name.slice(0, 11) + "…" : name]);
    const most = Math.max(...said.map(([, p]) => p));
    plot.frame({ x: [0, 1.9 * most], y: [said.length - 0.5, -0.5],
      ticks: { y: names, x: [] } });
    plot.bars([...said.keys()], said.map(([, p]) => p), {
      colour: said.map(([name]) => (name === truth ? COLOURS.ORANGE : COLOURS.BLUE)) });
    said.forEach(([name, p], i) => plot.text(plot.x(p) + 6, plot.y(i),
      this.percent(p) + (name === truth ? " (true)" : "")));
    plot.data.push({ name: "probability", rows: said });
    plot.done(said.slice(0, 4).map(([name, p]) => `${name} ${this.percent(p)}`).join(", ") + ".");
  }
}

export default mount(Maps);
