// All attention maps of one input. Everything is here: moving the pointer or the arrow keys asks
// no server. A click (or Enter) selects and is reported back as {layer, head, query, key}.
//
// data: four bytes (length of the header, little endian), the header (JSON), then the maps,
// deflated: a byte a weight, code = 255·√weight, layer by layer, head by head, row by row; of a
// causal map only the keys up to the query. Layer L and head H stand for the mean over them.
// The drawing is done in drawing.js, which stands before this file.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".view");
  root.view ??= new View(root);
  root.view.report = (cell) => setStateValue("cell", cell);
  root.view.fail = (what) => setStateValue("failed", what);
  root.view.load(data instanceof Uint8Array ? data : new Uint8Array(data))
    .catch((error) => guard(root.view, () => { throw error; }));
}

class View extends Drawing {
  constructor(root) {
    super();
    for (const name of ["all", "one", "frame", "picture", "title", "read", "words", "text", "say",
      "mode"]) this[name] = root.querySelector("." + name);
    this.root = root;
    this.details = root.querySelector("details");
    this.at = { layer: 0, head: 0, query: 0, key: 0 };
    this.lines = false;
    this.listen();
    new ResizeObserver(() => this.maps && this.drawAll()).observe(root);
  }

  // ---- data ----

  async load(data) {
    const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
    const again = this.head && this.head.id === head.id;
    if (!again || JSON.stringify(this.head.cell) !== JSON.stringify(head.cell)) {
      this.pinned = { ...head.cell };
      this.at = { ...head.cell };
    }
    if (!again) {
      const deflated = new Blob([data.subarray(4 + length)]).stream();
      const inflated = deflated.pipeThrough(new DecompressionStream("deflate"));
      const codes = new Uint8Array(await new Response(inflated).arrayBuffer());
      this.maps = unpack(codes, head);
      this.averages = new Map();
    }
    this.head = head;
    this.all.closest(".view").classList.toggle("deep", head.layers > DEEP);
    this.colours = Uint32Array.from(head.colours, ([r, g, b]) =>
      (255 << 24) | (b << 16) | (g << 8) | r);
    this.mode.hidden = head.tokens.length > 40;
    this.lines &&= !this.mode.hidden;
    if (head.picture) {
      this.photo = new Image();
      this.photo.onload = () => this.drawRow();
      this.photo.src = head.picture;
    }
    this.root.classList.toggle("presented", head.presented);
    this.picture.hidden = !head.picture;
    this.words.hidden = Boolean(head.picture);
    this.words.replaceChildren(...(head.picture ? [] : head.tokens.map((token, i) => {
      const word = document.createElement("span");
      word.textContent = token; // never read as markup
      word.onpointerenter = () => this.move({ query: i });
      return word;
    })));
    this.drawAll();
  }

  // The codes of one map; a mean is taken over the weights, not over their codes.
  map(layer, head) {
    const { layers, heads } = this.head;
    if (layer < layers && head < heads) return this.maps[layer * heads + head];
    const name = layer + "," + head;
    if (!this.averages.has(name)) {
      const members = this.maps.filter((_, i) =>
        (layer === layers || Math.floor(i / heads) === layer) &&
        (head === heads || i % heads === head));
      this.averages.set(name, average(members));
    }
    return this.averages.get(name);
  }

  weight(layer, head, query, key) {
    return (this.map(layer, head)[query * this.head.tokens.length + key] / 255) ** 2;
  }

  // ---- drawing, in drawing.js; an error ends this view alone, and Python draws the maps ----

  drawAll() { guard(this, () => super.drawAll()); }
  draw() { guard(this, () => super.draw()); }

  // ---- moving ----

  move(to) {
    if (!this.head) return;
    const next = { ...this.at, ...to };
    const { layers, heads, tokens } = this.head;
    const within = (value, most) => Math.max(0, Math.min(most, value));
    this.at = { layer: within(next.layer, layers), head: within(next.head, heads),
      query: within(next.query, tokens.length - 1), key: within(next.key, tokens.length - 1) };
    this.draw();
  }

  select() {
    this.pinned = { ...this.at };
    this.say.textContent = `${this.title.textContent}. ${this.read.textContent}`;
    this.report(this.pinned);
  }

  listen() {
    const inAll = (event) => {
      const [row, column] = [Math.floor((event.offsetY - this.top) / this.step),
        Math.floor((event.offsetX - this.left) / this.step)];
      return this.lying ? { layer: column, head: row } : { layer: row, head: column };
    };
    const inOne = (event) => this.lines
      ? { query: Math.floor((event.offsetY - HEAD) / ROW) }
      : { query: Math.floor((event.offsetY - this.y0) / this.cell),
        key: Math.floor((event.offsetX - this.x0) / this.cell) };
    for (const [canvas, place] of [[this.all, inAll], [this.one, inOne]]) {
      canvas.onpointermove = (event) => this.move(place(event));
      canvas.onclick = (event) => { this.move(place(event)); this.select(); };
      canvas.onpointerleave = () => this.pinned && this.move(this.pinned);
    }
    const keys = (canvas, named) => {
      canvas.onkeydown = (event) => {
        const [up, across] = named();
        const step = { ArrowUp: [up, -1], ArrowDown: [up, 1], ArrowLeft: [across, -1],
          ArrowRight: [across, 1] }[event.key];
        if (step) {
          this.move({ [step[0]]: this.at[step[0]] + step[1] });
          this.say.textContent = `${this.title.textContent}. ${this.read.textContent}`;
        } else if (event.key === "Enter") this.select();
        else return;
        event.preventDefault();
      };
    };
    keys(this.all, () => (this.lying ? ["head", "layer"] : ["layer", "head"]));
    keys(this.one, () => ["query", "key"]);
    this.mode.onclick = () => {
      this.lines = !this.lines;
      this.mode.setAttribute("aria-pressed", this.lines);
      this.draw();
    };
    this.details.ontoggle = () => this.details.open && this.drawText();
  }
}

function unpack(codes, { layers, heads, tokens, causal }) {
  const n = tokens.length;
  let from = 0;
  return Array.from({ length: layers * heads }, () => {
    if (!causal) return codes.subarray(from, (from += n * n));
    const map = new Uint8Array(n * n);
    for (let i = 0; i < n; i++) map.set(codes.subarray(from, (from += i + 1)), i * n);
    return map;
  });
}

function average(members) {
  const mean = new Uint8Array(members[0].length);
  for (let i = 0; i < mean.length; i++) {
    let sum = 0;
    for (const map of members) sum += map[i] * map[i];
    mean[i] = Math.round(Math.sqrt(sum / members.length));
  }
  return mean;
}
