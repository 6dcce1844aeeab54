// The whole Transformer, drawn: tokens or patches, blocks on the residual stream, the answer
// The chosen token's stream is as thick as its length ‖z‖.

class Drawing extends Deep {
  form() {
    const { block, part, at_token, stage } = this.at;
    return [this.data.id, block, part, at_token, this.depth, stage, this.reveal];
  }

  draw(svg, width, unit) {
    Object.assign(this, { svg, width, unit, upright: width < 640 * unit });
    if (this.depth === 1) return drawSteps(this);
    if (this.depth === 2) return drawNumbers(this);
    return this.upright ? this.drawUpright() : this.drawAcross();
  }

  drawAcross() {
    const { data, unit: u, width } = this;
    const { layers } = data;
    const [left, embed, right] = [(data.causal ? 104 : 132) * u, 86 * u, 158 * u];
    const gap = 8 * u;
    const first = left + embed + 18 * u;
    const places = this.places(first, width - right - 12 * u - first, 196 * u);
    const [top, bottom] = [22 * u, 230 * u];
    const middle = bottom + 30 * u;
    this.stream(first - 6 * u, middle, (l, part) => places[l].at + places[l].long * part,
      width - right, 15 * u);
    this.input(0, top, left - 14 * u, middle + 16 * u - top, left);
    this.embed(left, top, embed, middle + 16 * u - top);
    for (let l = 0; l < layers; l++) {
      const { at: x, long: step, slim } = places[l];
      if (slim) {
        this.column(l, x, top, step, bottom - top);
        continue;
      }
      this.block(l, x + gap / 2, top, step - gap, bottom - top);
      for (const [at, down] of [[0.14, false], [0.4, true], [0.62, false], [0.88, true]]) {
        this.arrow(x + step * at, bottom + (down ? 1 : 15) * u, down ? 14 * u : -14 * u, l + 1);
      }
    }
    this.answers(width - right + 8 * u, top, right - 10 * u, middle + 16 * u - top);
    const whose = data.causal ? "chosen token" : this.at.at_token ? "chosen patch" : "class token";
    draw(this.svg, "text", { x: first, y: middle + 33 * u, class: "quiet" },
      `residual stream of the ${whose}: as thick as its length${this.isRead ? "" : ", not read"}`);
    return middle + 39 * u;
  }

  drawUpright() {
    const { data, unit: u, width } = this;
    const tokens = data.causal ? 30 * u * Math.ceil(data.tokens.length / 4) : 96 * u;
    const [stream, high, top] = [46 * u, 128 * u, 34 * u + tokens];
    this.input(0, 22 * u, data.causal ? width : 120 * u, 96 * u, 0);
    this.embed(stream + 14 * u, top, width - stream - 14 * u, 38 * u);
    const first = top + 46 * u;
    const all = this.isDeep ? high + (data.layers - 1) * 22 * u : data.layers * high;
    const places = this.places(first, all, high);
    const end = first + all;
    this.stream(first, stream / 2, (l, part) => places[l].at + places[l].long * part, end + 10 * u,
      17 * u);
    for (let l = 0; l < data.layers; l++) {
      const { at, slim, long } = places[l];
      if (slim) this.row(l, stream + 14 * u, at, width - stream - 16 * u, long);
      else this.block(l, stream + 14 * u, at + 20 * u, width - stream - 16 * u, high - 26 * u);
    }
    this.answers(stream + 14 * u, end + 8 * u, width - stream - 14 * u, 190 * u);
    return end + 206 * u;
  }

  faded(stage) {
    return this.reveal !== null && stage > this.reveal ? "0.18" : "1";
  }

  group(kind, stage, press) {
    const group = draw(this.svg, "g", { class: kind, opacity: this.faded(stage) });
    if (press) group.onclick = press;
    return group;
  }

  // Whether the answer is read from the chosen token's stream.
  get isRead() {
    const { causal, picture } = this.data;
    return causal || this.at.at_token === 0 || picture.pooled;
  }

  // The stream: norms[0] after the embedding, then after the heads and after the MLP of each block.
  stream(from, middle, place, to, most) {
    const { data, upright } = this;
    const { largest } = this;
    const mine = data.norms.map((row) => row[this.at.at_token]);
    const half = mine.map((norm) => (most * norm) / largest);
    const at = [from];
    for (let l = 0; l < data.layers; l++) at.push(place(l, 0.45), place(l, 0.95));
    at.push(this.isRead ? to : place(data.layers - 1, 1));
    half.push(half[half.length - 1]);
    const known = this.reveal === null ? at.length : 2 * Math.min(this.reveal, data.layers + 1) + 1;
    const p = (a, c) => (upright ? `${c} ${a}` : `${a} ${c}`);
    const side = (sign) => at.slice(0, known).map((a, i) => p(a, middle + sign * half[i]));
    const group = this.group("stream", 0);
    draw(group, "path", { "data-norms": mine.join(" "), "data-widths": half.slice(0, -1)
      .map((h) => 2 * h).join(" "), "data-largest": largest, "data-most": 2 * most,
    d: `M${side(-1).join(" L")} L${side(1).reverse().join(" L")} Z` });
  }

  arrow(x, y, by, stage) {
    const s = 4 * this.unit;
    const end = y + by;
    const group = this.group("flow", stage);
    draw(group, "line", { x1: x, y1: y, x2: x, y2: end - Math.sign(by) * s });
    draw(group, "path", { d: `M${x - s} ${end - Math.sign(by) * s} h${2 * s} L${x} ${end} Z` });
  }

  // The text as tokens, or the picture cut into its patches; `to` is where the embedding begins.
  input(x, y, w, h, to) {
    const { data, unit: u } = this;
    draw(this.svg, "text", { x, y: y - 8 * u, class: "quiet" },
      data.picture ? "picture, cut" : "tokens");
    if (data.picture) return this.patches(x, y, w, to);
    const n = data.tokens.length;
    const columns = this.upright ? Math.min(n, 4) : 1;
    const wide = w / columns;
    const high = Math.min(30 * u, h / Math.ceil(n / columns));
    data.tokens.forEach((name, i) => {
      const [left, top] = [x + (i % columns) * wide, y + Math.floor(i / columns) * high];
      const lit = i === this.at.at_token;
      const chip = this.group(lit ? "chip lit" : "chip", 0, () => this.open({ at_token: i }));
      draw(chip, "rect", { x: left + 1, y: top + 1, width: wide - 4, height: high - 3, rx: 5 * u });
      draw(chip, "text", { x: left + wide / 2, y: top + high / 2 + 4.5 * u,
        "text-anchor": "middle", "font-size": high < 22 * u ? 14 * u : 16 * u },
      shorten(name, Math.floor(wide / (9 * u))));
      if (lit && !this.upright) {
        draw(chip, "line", { class: "way", x1: x + w, x2: to, y1: top + high / 2,
          y2: top + high / 2 });
      }
    });
  }

  patches(x, y, w, to) {
    const { data, unit: u } = this;
    const { side, png, front } = data.picture;
    const high = 30 * u;
    const size = Math.min(w, this.upright ? 90 * u : w);
    const start = this.upright ? x + 100 * u : x;
    const top = this.upright ? y : y + high + 8 * u;
    const lit = this.at.at_token === 0;
    const chip = this.group(lit ? "chip lit" : "chip", 0, () => this.open({ at_token: 0 }));
    draw(chip, "rect", { x: x + 1, y: y + 1, width: Math.min(w, 92 * u), height: high - 2, rx: 5 * u });
    draw(chip, "text", { x: x + Math.min(w, 92 * u) / 2, y: y + high / 2 + 5 * u,
      "text-anchor": "middle" }, "class");
    const group = this.group("patches", 0);
    const cell = size / side;
    draw(group, "image", { href: `data:image/png;base64,${png}`, x: start, y: top, width: size,
      height: size, class: "pixels" });
    for (let i = 0; i <= side; i++) {
      draw(group, "path", { class: "cut", d: `M${start + i * cell} ${top} v${size} ` +
        `M${start} ${top + i * cell} h${size}` });
    }
    data.numbers.forEach((number, i) => {
      if (number === 0) return;
      const [row, column] = [Math.floor((number - front) / side), (number - front) % side];
      const mine = i === this.at.at_token;
      const frame = draw(group, "rect", { class: mine ? "patch lit" : "patch", "data-patch": number,
        x: start + column * cell, y: top + row * cell, width: cell, height: cell });
      frame.onclick = () => this.open({ at_token: i });
      if (mine && !this.upright) {
        const at = top + (row + 0.5) * cell;
        draw(group, "line", { class: "way", x1: start + (column + 1) * cell, x2: to, y1: at, y2: at });
      }
    });
    if (lit && !this.upright) {
      draw(chip, "line", { class: "way", x1: x + 92 * u, x2: to, y1: y + high / 2, y2: y + high / 2 });
    }
    if (this.upright) return;
    draw(group, "text", { x: start, y: top + size + 20 * u, class: "quiet" },
      `${side * side} patches`);
    draw(group, "text", { x: start, y: top + size + 40 * u, class: "quiet" },
      front === 1 ? "+ 1 class token" : `+ ${front} tokens`);
  }

  embed(x, y, w, h) {
    const { data, unit: u } = this;
    const group = this.group("stage embed" + (this.embedding ? " lit" : ""), 0,
      () => this.open({ block: data.layers, depth: 1, stage: 0 }));
    draw(group, "rect", { x, y, width: w, height: h, rx: 8 * u });
    const [cx, cy] = [x + w / 2, y + h / 2];
    const text = data.llama ? "E" : "E + P";
    const name = data.picture ? (data.picture.flat ? "W_p x + p" : "conv + p") : text;
    const [dx, dy] = this.upright ? [w / 4, 5 * u] : [0, -4 * u];
    formula(group, cx - dx, cy + dy, name, { "text-anchor": "middle" });
    draw(group, "text", { x: cx + dx, y: cy + (this.upright ? 5 : 22) * u, class: "quiet",
      "text-anchor": "middle" }, `${data.total}×${data.dim}`);
  }

  block(l, x, y, w, h) {
    const { data, unit: u } = this;
    const { heads } = data;
    const here = l === this.at.block;
    const frame = this.group("stage block" + (here ? " lit" : ""), l + 1);
    draw(frame, "text", { x: x + (this.upright ? 0 : w / 2), y: y - 7 * u,
      "text-anchor": this.upright ? "start" : "middle", class: "quiet" }, `block ${l + 1}`);
    const box = draw(frame, "rect", { x, y, width: w, height: h, rx: 10 * u, "data-block": l });
    box.onclick = () => this.open({ block: l, depth: 1, stage: 0 });
    const columns = this.upright ? Math.min(heads, 4) : Math.ceil(Math.sqrt(heads));
    const rows = Math.ceil(heads / columns);
    const foot = this.upright ? 0 : 84 * u;
    const space = this.upright ? w * 0.62 : w;
    const size = Math.min((space - 10 * u) / columns, (h - foot - 8 * u) / rows);
    const start = this.upright ? x + 5 * u : x + (w - columns * size) / 2;
    const top = this.upright ? y + (h - rows * size) / 2 : y + 6 * u;
    for (let head = 0; head < heads; head++) {
      const [left, over] = [start + (head % columns) * size,
        top + Math.floor(head / columns) * size];
      const lit = here && head === this.at.part;
      const group = this.group(lit ? "head lit" : "head", l + 1,
        () => this.open({ block: l, part: head, depth: 1, stage: 0 }));
      group.setAttribute("data-head", `${l},${head}`);
      attentionMap(this, group, l, head, left + 3 * u, over + 3 * u, size - 6 * u);
    }
    const [mx, my, mw, mh] = this.upright ? [x + w * 0.66, y + 10 * u, w * 0.3, 30 * u]
      : [x + 8 * u, y + h - 78 * u, w - 16 * u, 28 * u];
    const mlp = this.group("mlp", l + 1, () => this.open({ block: l, depth: 1,
      stage: stepsOf(data, false).findIndex((s) => ["u", "mlp"].includes(s.name)) }));
    draw(mlp, "rect", { x: mx, y: my, width: mw, height: mh, rx: 6 * u });
    draw(mlp, "text", { x: mx + mw / 2, y: my + 19 * u, "text-anchor": "middle" },
    data.llama ? "SwiGLU" : "MLP");
    const [word, chance] = this.answer(l + 1)[0];
    const said = this.group("lens", l + 1);
    draw(said, "text", { x: mx + mw / 2, y: my + 49 * u, "text-anchor": "middle",
      class: "strong" }, shorten(word, Math.floor(mw / (9.5 * u))));
    draw(said, "text", { x: mx + mw / 2, y: my + 69 * u, "text-anchor": "middle",
      class: "quiet" }, percentage(chance));
  }

  answers(x, y, w, h) {
    const { data, unit: u } = this;
    const group = this.group("stage answers", data.layers + 1);
    draw(group, "rect", { x, y, width: w, height: h, rx: 8 * u });
    draw(group, "text", { x: x + 10 * u, y: y + 22 * u, class: "quiet" },
      data.causal ? "next word" : "classifier");
    const rows = this.answer(data.layers);
    const high = Math.min((h - 36 * u) / rows.length, 40 * u);
    rows.forEach(([word, chance], i) => {
      const top = y + 32 * u + i * high;
      draw(group, "rect", { class: "bar", x: x + 6 * u, y: top, height: high - 5 * u,
        width: Math.max(1, (w - 12 * u) * (chance / rows[0][1])), fill: i ? BLUE : ORANGE,
        "data-chance": chance });
      draw(group, "text", { x: x + 12 * u, y: top + high / 2 + 3 * u, class: i ? "" : "strong" },
        shorten(word, Math.floor((w - 70 * u) / (9 * u))));
      draw(group, "text", { x: x + w - 10 * u, y: top + high / 2 + 3 * u, "text-anchor": "end" },
        percentage(chance));
    });
  }
}
