// A GPT that generates with a key-value cache: each new token adds one key and one value a layer
// The filled cells are what is kept; the orange ones are computed in this step, for the token that is
// read. Its attention to the kept keys decides the next word.

class Drawing {
  constructor(frame) {
    this.frame = frame;
    this.name = "The key-value cache, filling.";
  }

  load(data) {
    if (!data.echo || !this.at) this.at = { ...data.at };
    this.data = data;
    this.layers = data.layers;
    this.looks = floats(data.looks); // (L, T, T), the mean over heads
    this.keys = floats(data.keys); // ‖k‖ (L, T), and the same of the values
    this.values = floats(data.values);
    if (!this.step) {
      this.step = this.frame.slider("Tokens read", 1, data.tokens.length, 1, this.at.read, String,
        (read) => this.move({ read }));
      this.frame.player(() => {
        this.move({ read: this.at.read === data.tokens.length ? 1 : this.at.read + 1 });
        return this.at.read < this.data.tokens.length;
      });
    }
    this.step.input.max = data.tokens.length;
    this.move({});
  }

  move({ read = this.at.read, layer = this.at.layer }) {
    this.at.read = Math.max(1, Math.min(this.data.tokens.length, read));
    this.at.layer = Math.max(0, Math.min(this.layers - 1, layer));
    this.step.set(this.at.read);
  }

  key(name) {
    const { read, layer } = this.at;
    const to = { ArrowLeft: { read: read - 1 }, ArrowRight: { read: read + 1 },
      ArrowUp: { layer: layer - 1 }, ArrowDown: { layer: layer + 1 }, Home: { read: 1 },
      End: { read: this.data.tokens.length } }[name];
    if (to) this.move(to);
    return Boolean(to);
  }

  // ---- words ----

  bytes(read) { // floats of 4 bytes: a key and a value of every head and layer
    return 8 * this.layers * this.data.width * read;
  }

  sentence() {
    const { read } = this.at;
    const { tokens, next, prompt } = this.data;
    const t = read - 1;
    const [word, chance] = next[t];
    const computed = this.layers * 2;
    return `Reading the ${read <= prompt ? "prompt's" : "generated"} token “${tokens[t]}” computes ` +
      `${computed} vectors (orange); ${computed * t} are kept from before (blue), ` +
      `${(this.bytes(read) / 1024).toFixed(0)} KiB together${this.data.shared > 1 ? `, ${this.data.shared} times less than with keys and values for every head` : ""}. ` +
      `Next: “${word}” (${percentage(chance)}). Without the cache, ${computed * read} would be computed.`;
  }

  lines() {
    const { tokens, next } = this.data;
    return tokens.slice(0, this.at.read).map((name, t) =>
      `${t + 1}: reads “${name}”, keeps ${2 * this.layers * (t + 1)} keys and values, predicts ` +
      `“${next[t][0]}” (${percentage(next[t][1])})`);
  }

  form() {
    return [this.data.id, this.at.read, this.at.layer];
  }

  // ---- drawing ----

  draw(svg, width, unit) {
    Object.assign(this, { svg, unit });
    const { tokens } = this.data;
    const u = unit;
    const upright = width < 640 * u;
    const names = 84 * u;
    const shown = Math.min(tokens.length, Math.floor((width - names) / (upright ? 34 * u : 46 * u)));
    const first = Math.max(0, Math.min(this.at.read - Math.ceil(shown * 0.8), tokens.length - shown));
    const pitch = (width - names) / shown;
    const column = (t) => names + (t - first + 0.5) * pitch;
    const row = Math.max(8 * u, Math.min(30 * u, (140 * u) / this.layers)); // many blocks: higher
    const [top, lines] = [80 * u, 70 * u];
    this.cells(first, shown, column, pitch, top, row);
    const base = top + this.layers * row;
    this.words(first, shown, column, pitch, base + 16 * u);
    this.arcs(first, column, top - 8 * u, lines - 18 * u);
    this.answer(column(this.at.read - 1), base, width);
    draw(svg, "text", { x: names - 10 * u, y: 42 * u, "text-anchor": "end", class: "quiet" },
      "attends to");
    return base + 108 * u;
  }

  cells(first, shown, column, pitch, top, row) {
    const { unit: u, keys, values } = this;
    const T = this.data.tokens.length;
    const most = [Math.max(...keys), Math.max(...values)];
    const gap = Math.min(1, row / (16 * u)); // between two rows
    for (let l = 0; l < this.layers; l++) {
      const y = top + l * row;
      const chosen = l === this.at.layer;
      const choose = () => { this.move({ layer: l }); this.frame.show(true); };
      const beside = Math.abs(l - this.at.layer) * row < 18 * u; // of narrow rows, some are named
      if (chosen || row > 16 * u || (!beside && (l === 0 || (l + 1) % 5 === 0))) {
        const name = draw(this.svg, "text", { x: 74 * u, y: y + row / 2 + 5 * u, "text-anchor": "end",
          class: chosen ? "strong lit" : "quiet" }, `block ${l + 1}`);
        name.onclick = choose;
      }
      for (let t = first; t < first + shown; t++) {
        const left = column(t) - pitch / 2 + 2;
        const full = t < this.at.read;
        const now = t === this.at.read - 1;
        [keys, values].forEach((norms, kind) => {
          const wide = (pitch - 5) / 2;
          const share = norms[l * T + t] / most[kind];
          const cell = draw(this.svg, "rect", { class: full ? "kept" : "empty", "data-token": t, "data-layer": l,
            "data-kind": kind ? "v" : "k", "data-norm": full ? norms[l * T + t] : "",
            x: left + kind * wide, y: y + 2 * gap, width: wide, height: row - 5 * gap, rx: 3 * u * gap,
            fill: now ? ORANGE : BLUE, "fill-opacity": full ? 0.25 + 0.7 * share : 0 });
          cell.onclick = choose;
          if (wide > 14 * u && (l === 0)) {
            draw(this.svg, "text", { x: left + (kind + 0.5) * wide, y: top - 4 * u, class: "quiet",
              "text-anchor": "middle" }, kind ? "v" : "k");
          }
        });
      }
    }
  }

  words(first, shown, column, pitch, y) {
    const { unit: u, data } = this;
    for (let t = first; t < first + shown; t++) {
      const now = t === this.at.read - 1;
      const slanted = pitch < 90 * u;
      const text = draw(this.svg, "text", {
        x: column(t), y, class: now ? "strong lit" : t < this.at.read ? "" : "quiet",
        "text-anchor": slanted ? "end" : "middle", opacity: t < this.at.read ? 1 : 0.35,
        transform: slanted ? `rotate(-35 ${column(t)} ${y})` : "", "data-word": t,
        "font-style": t < data.prompt ? "italic" : "normal" }, shorten(data.tokens[t], 9));
      text.onclick = () => { this.move({ read: t + 1 }); this.frame.show(true); };
    }
  }

  // What the token that is read looks at in the chosen block: arcs as thick as the weights.
  arcs(first, column, y, high) {
    const { unit: u } = this;
    const T = this.data.tokens.length;
    const t = this.at.read - 1;
    for (let j = first; j <= t; j++) {
      const weight = this.looks[(this.at.layer * T + t) * T + j];
      const [from, to] = [column(t), column(j)];
      const lift = j === t ? 20 * u : high * (0.35 + 0.65 * Math.min(1, (t - j) / 8));
      const bend = j === t ? 14 * u : 0;
      draw(this.svg, "path", { class: "look", "data-token": j, "data-weight": weight, fill: "none",
        stroke: ORANGE, "stroke-width": Math.max(0.6, 22 * u * weight), "stroke-linecap": "round",
        "stroke-opacity": 0.35 + 0.6 * weight,
        d: `M${from - bend} ${y - 14 * u} C${from - bend} ${y - 14 * u - lift} ${to + bend} ` +
          `${y - 14 * u - lift} ${to + bend} ${y - 14 * u}` });
    }
  }

  answer(x, y, width) {
    const { unit: u, data } = this;
    const [word, chance] = data.next[this.at.read - 1];
    const made = this.at.read >= data.prompt && this.at.read < data.tokens.length;
    const wide = 300 * u;
    const left = Math.max(4, Math.min(width - wide - 4, x - wide / 2));
    const group = draw(this.svg, "g", { class: "stage answers" });
    draw(group, "rect", { x: left, y: y + 66 * u, width: wide, height: 38 * u, rx: 8 * u });
    draw(group, "rect", { class: "bar", x: left + 5 * u, y: y + 71 * u, height: 28 * u, fill: ORANGE,
      width: (wide - 10 * u) * chance, "data-chance": chance });
    draw(group, "text", { x: left + 14 * u, y: y + 91 * u, class: "strong" },
      `next: ${shorten(word, 16)}`);
    draw(group, "text", { x: left + wide - 12 * u, y: y + 91 * u, "text-anchor": "end" },
      made ? `${percentage(chance)}, is read next` : percentage(chance));
  }
}
