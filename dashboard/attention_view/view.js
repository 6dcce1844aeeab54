// All attention maps of one input. Everything is here: moving the pointer or the arrow keys asks
// no server. A click (or Enter) selects and is reported back as {layer, head, query, key}.
//
// data: four bytes (length of the header, little endian), the header (JSON), then the maps,
// deflated: a byte a weight, code = 255·√weight, layer by layer, head by head, row by row; of a
// causal map only the keys up to the query. Layer L and head H stand for the mean over them.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".view");
  root.view ??= new View(root);
  root.view.report = (chosen) => setStateValue("chosen", chosen);
  root.view.load(data instanceof Uint8Array ? data : new Uint8Array(data));
}

class View {
  constructor(root) {
    for (const name of ["all", "one", "frame", "picture", "title", "read", "words", "text", "say",
      "mode"]) this[name] = root.querySelector("." + name);
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
    if (!again || JSON.stringify(this.head.chosen) !== JSON.stringify(head.chosen)) {
      this.pinned = { ...head.chosen };
      this.at = { ...head.chosen };
    }
    if (!again) {
      const deflated = new Blob([data.subarray(4 + length)]).stream();
      const inflated = deflated.pipeThrough(new DecompressionStream("deflate"));
      const codes = new Uint8Array(await new Response(inflated).arrayBuffer());
      this.maps = unpack(codes, head);
      this.averages = new Map();
    }
    this.head = head;
    this.colours = Uint32Array.from(head.colours, ([r, g, b]) =>
      (255 << 24) | (b << 16) | (g << 8) | r);
    this.mode.hidden = head.tokens.length > 40;
    this.lines &&= !this.mode.hidden;
    if (head.picture) {
      this.photo = new Image();
      this.photo.onload = () => this.drawRow();
      this.photo.src = head.picture;
    }
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

  // ---- drawing ----

  // A map as a T×T picture; the largest weight below the first row is the brightest colour, and
  // what a causal mask hides stays empty.
  paint(codes) {
    const tokens = this.head.tokens.length;
    const canvas = new OffscreenCanvas(tokens, tokens);
    const image = new ImageData(tokens, tokens);
    const pixels = new Uint32Array(image.data.buffer);
    let top = 1;
    for (let i = tokens > 1 ? tokens : 0; i < codes.length; i++) top = Math.max(top, codes[i]);
    const scale = (this.colours.length - 1) / top;
    for (let i = 0; i < codes.length; i++) {
      if (this.head.causal && i % tokens > Math.floor(i / tokens)) continue; // masked: see-through
      pixels[i] = this.colours[Math.min(this.colours.length - 1, Math.round(codes[i] * scale))];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  drawAll() {
    const { layers, heads } = this.head;
    const pen = sized(this.all, (width) => {
      this.left = 52;
      this.top = 24;
      this.step = (width - this.left) / (heads + 1);
      return this.top + this.step * (layers + 1);
    });
    pen.fillStyle = getComputedStyle(this.all).color;
    pen.font = "14px sans-serif";
    pen.textBaseline = "middle";
    for (let h = 0; h <= heads; h++) {
      pen.textAlign = "center";
      const wide = this.step > 52;
      const name = h === heads ? "mean" : (wide ? "head " : "h") + (h + 1);
      pen.fillText(name, this.left + (h + 0.5) * this.step, this.top / 2);
    }
    pen.imageSmoothingEnabled = false;
    for (let l = 0; l <= layers; l++) {
      pen.textAlign = "right";
      pen.fillText(l === layers ? "mean" : "layer " + (l + 1), this.left - 6,
        this.top + (l + 0.5) * this.step);
      for (let h = 0; h <= heads; h++) {
        pen.drawImage(this.paint(this.map(l, h)), this.left + h * this.step + 2,
          this.top + l * this.step + 2, this.step - 4, this.step - 4);
      }
    }
    this.draw();
  }

  draw() {
    const { layer, head, query, key } = this.at;
    const { layers, heads, tokens } = this.head;
    Object.assign(this.frame.style, {
      left: this.all.offsetLeft + this.left + head * this.step + "px",
      top: this.all.offsetTop + this.top + layer * this.step + "px",
      width: this.step - 6 + "px", height: this.step - 6 + "px",
    });
    this.title.textContent = (layer === layers ? "Mean over all layers" : `Layer ${layer + 1}`) +
      (head === heads ? ", mean over all heads" : `, head ${head + 1}`);
    const seen = key <= query || !this.head.causal;
    const value = this.weight(layer, head, query, key);
    this.read.textContent =
      `query “${tokens[query]}” (${query}) → key “${tokens[key]}” (${key}): ` +
      (seen ? `weight ${value < 0.0005 ? "< 0.001" : "≈ " + value.toFixed(3)}`
        : "masked, exactly 0");
    if (this.lines) this.drawLines();
    else this.drawMap();
    this.drawRow();
    if (this.details.open) this.drawText();
  }

  drawMap() {
    const { layer, head, query, key } = this.at;
    const { tokens, axis } = this.head;
    const n = tokens.length;
    const named = n <= 32;
    const pen = sized(this.one, (width) => {
      this.x0 = named ? Math.min(110, width / 4) : 28;
      this.y0 = named ? 84 : 24;
      this.cell = Math.min(width - this.x0, 520) / n;
      return this.y0 + this.cell * n;
    });
    const colour = getComputedStyle(this.one).color;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.paint(this.map(layer, head)), this.x0, this.y0, this.cell * n,
      this.cell * n);
    pen.fillStyle = colour;
    pen.font = "14px sans-serif";
    pen.textBaseline = "middle";
    pen.fillText(`key ${axis} →`, this.x0, 10);
    pen.save();
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "right";
    pen.fillText(`← query ${axis}`, -this.y0, 10);
    pen.restore();
    if (named) {
      const size = Math.max(9, Math.min(14, this.cell * 0.9));
      tokens.forEach((token, i) => {
        const middle = (i + 0.5) * this.cell;
        pen.font = `${i === query ? "bold " : ""}${size}px sans-serif`;
        pen.textAlign = "right";
        pen.fillText(cut(token, 10), this.x0 - 5, this.y0 + middle);
        pen.save();
        pen.translate(this.x0 + middle, this.y0 - 5);
        pen.rotate(-Math.PI / 3);
        pen.textAlign = "left";
        pen.font = `${i === key ? "bold " : ""}${size}px sans-serif`;
        pen.fillText(cut(token, 9), 0, 0);
        pen.restore();
      });
    }
    // The chosen row, and the chosen cell in it: white on black is seen on every colour.
    for (const [width, ink] of [[4, "#000"], [2, "#fff"]]) {
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.strokeRect(this.x0, this.y0 + query * this.cell, this.cell * n, this.cell);
      pen.strokeRect(this.x0 + key * this.cell, this.y0 + query * this.cell, this.cell, this.cell);
    }
  }

  drawLines() {
    const { layer, head, query } = this.at;
    const { tokens, axis } = this.head;
    const row = 22;
    let width = 0;
    const pen = sized(this.one, (w) => { width = w; return 28 + tokens.length * row; });
    const [from, to] = [width * 0.3, width * 0.7];
    const colour = getComputedStyle(this.one).color;
    pen.font = "14px sans-serif";
    pen.textBaseline = "middle";
    pen.fillStyle = colour;
    [["right", from, `query ${axis}`], ["left", to, `key ${axis}`]].forEach(([side, x, name]) => {
      pen.textAlign = side;
      pen.fillText(name, x, 10);
      tokens.forEach((token, i) => pen.fillText(cut(token, 16), x, 28 + (i + 0.5) * row));
    });
    tokens.forEach((_, i) => tokens.forEach((_, j) => {
      const weight = this.weight(layer, head, i, j);
      if (weight < 0.02) return;
      pen.globalAlpha = i === query ? Math.max(weight, 0.25) : weight * 0.35;
      pen.lineWidth = 1 + 6 * weight;
      pen.strokeStyle = i === query ? "#b44c22" : "#3093e4";
      pen.beginPath();
      pen.moveTo(from + 6, 28 + (i + 0.5) * row);
      pen.lineTo(to - 6, 28 + (j + 0.5) * row);
      pen.stroke();
    }));
    pen.globalAlpha = 1;
    pen.strokeStyle = "#b44c22";
    pen.lineWidth = 2;
    pen.strokeRect(2, 28 + query * row, from, row);
  }

  // What the chosen query looks at: shaded words, or a shaded picture.
  drawRow() {
    const { layer, head, query } = this.at;
    const n = this.head.tokens.length;
    const codes = this.map(layer, head).subarray(query * n, (query + 1) * n);
    const top = Math.max(1, ...codes);
    [...this.words.children].forEach((word, i) => {
      const share = Math.round((codes[i] / top) * 70);
      word.style.background = `color-mix(in srgb, #3093e4 ${share}%, transparent)`;
      word.classList.toggle("query", i === query);
    });
    if (!this.head.picture || !this.photo.complete) return;
    const side = Math.round(Math.sqrt(n - 1));
    const pen = sized(this.picture, (width) => width);
    const cell = this.picture.clientWidth / side;
    pen.imageSmoothingEnabled = false;
    pen.filter = "grayscale(1)";
    pen.drawImage(this.photo, 0, 0, cell * side, cell * side);
    pen.filter = "none";
    const best = Math.max(1, ...codes.subarray(1));
    for (let i = 1; i < n; i++) {
      const c = this.head.colours[Math.round((codes[i] / best) * (this.head.colours.length - 1))];
      pen.fillStyle = `rgb(${c.join(" ")} / 0.6)`;
      pen.fillRect(((i - 1) % side) * cell, Math.floor((i - 1) / side) * cell, cell, cell);
    }
    if (query > 0) {
      pen.strokeStyle = "#fff";
      pen.lineWidth = 3;
      pen.strokeRect(((query - 1) % side) * cell, Math.floor((query - 1) / side) * cell, cell, cell);
    }
    this.picture.setAttribute("aria-label",
      `The picture, shaded by what ${this.head.tokens[query]} looks at`);
  }

  drawText() {
    const { layer, head } = this.at;
    const { tokens } = this.head;
    this.text.replaceChildren(...tokens.map((token, i) => {
      const row = tokens.map((name, j) => [this.weight(layer, head, i, j), name]);
      const best = row.sort((a, b) => b[0] - a[0]).slice(0, 3).filter(([w]) => w > 0);
      const item = document.createElement("li");
      item.textContent = `${token} looks at ` +
        best.map(([w, name]) => `${name} (${(100 * w).toFixed(0)} %)`).join(", ");
      return item;
    }));
  }

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
    const inAll = (event) => ({
      layer: Math.floor((event.offsetY - this.top) / this.step),
      head: Math.floor((event.offsetX - this.left) / this.step),
    });
    const inOne = (event) => this.lines
      ? { query: Math.floor((event.offsetY - 28) / 22) }
      : { query: Math.floor((event.offsetY - this.y0) / this.cell),
        key: Math.floor((event.offsetX - this.x0) / this.cell) };
    for (const [canvas, place] of [[this.all, inAll], [this.one, inOne]]) {
      canvas.onpointermove = (event) => this.move(place(event));
      canvas.onclick = (event) => { this.move(place(event)); this.select(); };
      canvas.onpointerleave = () => this.pinned && this.move(this.pinned);
    }
    const keys = (canvas, up, across) => {
      canvas.onkeydown = (event) => {
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
    keys(this.all, "layer", "head");
    keys(this.one, "query", "key");
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

// Makes the canvas as wide as it stands and as high as asked, sharp on any screen.
function sized(canvas, heightFor) {
  const width = canvas.clientWidth;
  const height = heightFor(width);
  const ratio = window.devicePixelRatio || 1;
  canvas.style.height = height + "px";
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
}

function cut(token, length) {
  return token.length > length ? token.slice(0, length - 1) + "…" : token;
}
