// How view.js draws: all maps small, one map large or as lines, and what one query looks at.

const [HEAD, ROW] = [28, 24]; // pixels: above the lines view, and a token in it
const DEEP = 12; // layers: more stand side by side where that makes the maps larger
const NARROW = 500; // pixels: a phone, on which deep models may be as high as they need

class Drawing {
  // The code that gets the brightest colour: all but one cell in 200 are at most that large. Left
  // out are what a causal mask hides and its first row, which has no choice.
  brightest(codes) {
    const tokens = this.head.tokens.length;
    const counts = new Uint32Array(256);
    let left = 0;
    for (let i = tokens > 1 ? tokens : 0; i < codes.length; i++) {
      if (this.head.causal && i % tokens > i / tokens) continue;
      counts[codes[i]]++;
      left++;
    }
    left = Math.floor(left / 200);
    let top = 255;
    while (top > 1 && counts[top] <= left) left -= counts[top--];
    return top;
  }

  // A map as a T×T picture; what a causal mask hides stays empty.
  paint(codes) {
    const tokens = this.head.tokens.length;
    const canvas = new OffscreenCanvas(tokens, tokens);
    const image = new ImageData(tokens, tokens);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = (this.colours.length - 1) / this.brightest(codes);
    for (let i = 0; i < codes.length; i++) {
      if (this.head.causal && i % tokens > Math.floor(i / tokens)) continue; // masked: see-through
      pixels[i] = this.colours[Math.min(this.colours.length - 1, Math.round(codes[i] * scale))];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  // Pixels a canvas may be high: a lecturer's screen does not scroll.
  most() {
    return this.head.tall || Infinity;
  }

  drawAll() {
    const { layers, heads } = this.head;
    const pen = sized(this.all, (width) => {
      this.left = 60;
      this.top = 26;
      const most = layers > DEEP && width < NARROW ? Infinity : this.most();
      const fitting = (across, down) =>
        Math.min((width - this.left) / (across + 1), (most - this.top) / (down + 1));
      const [upright, lying] = [fitting(heads, layers), fitting(layers, heads)];
      this.lying = layers > DEEP && lying > upright;
      this.step = this.lying ? lying : upright;
      return this.top + this.step * ((this.lying ? heads : layers) + 1);
    });
    this.write(pen, this.all);
    this.nameAll(pen);
    pen.imageSmoothingEnabled = false;
    const gap = this.step > 24 ? 2 : 1;
    for (let l = 0; l <= layers; l++) {
      for (let h = 0; h <= heads; h++) {
        const [column, row] = this.lying ? [l, h] : [h, l];
        pen.drawImage(this.paint(this.map(l, h)), this.left + column * this.step + gap,
          this.top + row * this.step + gap, this.step - 2 * gap, this.step - 2 * gap);
      }
    }
    this.draw();
  }

  // The names of rows and columns: of columns as many as there is room for.
  nameAll(pen) {
    const { layers, heads } = this.head;
    const sides = [["head", heads], ["layer", layers]];
    const [[across, columns], [down, rows]] = this.lying ? sides.reverse() : sides;
    const wide = this.step > 56;
    const every = Math.ceil(30 / this.step);
    pen.textAlign = "center";
    for (let i = 0; i <= columns; i++) {
      const crowded = every > 1 && (columns - i) * this.step < 50; // there stands "mean"
      if (i < columns && (i % every || crowded)) continue;
      const name = i === columns ? "mean" : (wide ? across + " " : across[0]) + (i + 1);
      if (i === columns && every > 1) pen.textAlign = "right";
      pen.fillText(name, this.left + (i + (pen.textAlign === "right" ? 1 : 0.5)) * this.step,
        this.top / 2);
    }
    pen.textAlign = "right";
    for (let i = 0; i <= rows; i++) {
      if (i < rows && i % Math.ceil(15 / this.step)) continue;
      pen.fillText(i === rows ? "mean" : `${down} ${i + 1}`, this.left - 6,
        this.top + (i + 0.5) * this.step);
    }
  }

  draw() {
    const { layer, head, query, key } = this.at;
    const { layers, heads, tokens } = this.head;
    Object.assign(this.frame.style, {
      left: this.all.offsetLeft + this.left + (this.lying ? layer : head) * this.step + "px",
      top: this.all.offsetTop + this.top + (this.lying ? head : layer) * this.step + "px",
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

  // Text on a canvas: the page's own colour and type.
  write(pen, canvas, size = 16, bold = false) {
    const { color, fontFamily } = getComputedStyle(canvas);
    pen.fillStyle = color;
    pen.font = `${bold ? "bold " : ""}${size}px ${fontFamily}`;
    pen.textBaseline = "middle";
  }

  drawMap() {
    const { layer, head, query, key } = this.at;
    const { tokens, axis } = this.head;
    const n = tokens.length;
    const named = n <= 32;
    const codes = this.map(layer, head);
    const pen = sized(this.one, (width) => {
      this.x0 = named ? Math.min(116, width / 3.6) : 28;
      this.y0 = named ? 96 : 26;
      this.cell = Math.min(width - this.x0 - (named ? 32 : 4), 520, this.most() - this.y0 - 46) / n;
      return this.y0 + this.cell * n + 46;
    });
    const side = this.cell * n;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.paint(codes), this.x0, this.y0, side, side);
    this.write(pen, this.one);
    pen.fillText(`key ${axis} →`, this.x0, 10);
    pen.save();
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "right";
    pen.fillText(`← query ${axis}`, -this.y0, 10);
    pen.restore();
    if (named) {
      // Where names have no room, every second or third stands, and always the chosen one.
      const every = Math.ceil(18 / this.cell);
      const stands = (i, at) => i === at || (i % every === 0 && Math.abs(i - at) >= every);
      tokens.forEach((token, i) => {
        const middle = (i + 0.5) * this.cell;
        this.write(pen, this.one, 16, i === query);
        pen.textAlign = "right";
        if (stands(i, query)) pen.fillText(cut(token, 10), this.x0 - 6, this.y0 + middle);
        pen.save();
        pen.translate(this.x0 + middle, this.y0 - 6);
        pen.rotate(-Math.PI / 3);
        pen.textAlign = "left";
        this.write(pen, this.one, 16, i === key);
        if (stands(i, key)) pen.fillText(cut(token, 9), 0, 0);
        pen.restore();
      });
    }
    // The chosen row, and thicker the chosen cell in it: white on black is seen on every colour.
    // Where cells are thin, marks at the edges stand for the row, so that it is not covered.
    const fine = this.cell < 8;
    if (fine) {
      this.write(pen, this.one, 11);
      pen.textAlign = "right";
      pen.fillText("▶", this.x0 - 1, this.y0 + (query + 0.5) * this.cell);
      pen.textAlign = "center";
      pen.fillText("▼", this.x0 + (key + 0.5) * this.cell, this.y0 - 5);
    }
    for (const [outer, x, width] of fine ? [[5, key, 1]] : [[4, 0, n], [7, key, 1]]) {
      for (const [line, ink] of [[outer, "#000"], [outer - 3, "#fff"]]) {
        pen.lineWidth = line;
        pen.strokeStyle = ink;
        pen.strokeRect(this.x0 + x * this.cell, this.y0 + query * this.cell, width * this.cell,
          this.cell);
      }
    }
    this.drawScale(pen, this.brightest(codes), this.y0 + side + 12);
  }

  // Which colour is which weight. Colours follow codes, so that halfway stands a quarter.
  drawScale(pen, top, y) {
    const { length } = this.colours;
    const wide = Math.min(240, this.one.clientWidth - this.x0 - 70);
    this.head.colours.forEach((c, i) => {
      pen.fillStyle = `rgb(${c.join(" ")})`;
      pen.fillRect(this.x0 + (i * wide) / length, y, wide / length + 1, 10);
    });
    this.write(pen, this.one);
    const most = (top / 255) ** 2;
    for (const [part, side] of [[0, "left"], [0.5, "center"], [1, "right"]]) {
      pen.textAlign = side;
      const weight = (most * part ** 2).toPrecision(part ? 2 : 1);
      pen.fillText(part < 1 ? weight : "≥ " + weight, this.x0 + part * wide, y + 22);
    }
    pen.textAlign = "left";
    pen.fillText("weight", this.x0 + wide + 10, y + 6);
  }

  drawLines() {
    const { layer, head, query } = this.at;
    const { tokens, axis } = this.head;
    let width = 0;
    const pen = sized(this.one, (w) => { width = w; return HEAD + tokens.length * ROW; });
    const [from, to] = [width * 0.3, width * 0.7];
    this.write(pen, this.one);
    [["right", from, `query ${axis}`], ["left", to, `key ${axis}`]].forEach(([side, x, name]) => {
      pen.textAlign = side;
      pen.fillText(name, x, 10);
      tokens.forEach((token, i) => pen.fillText(cut(token, 16), x, HEAD + (i + 0.5) * ROW));
    });
    tokens.forEach((_, i) => tokens.forEach((_, j) => {
      const weight = this.weight(layer, head, i, j);
      if (weight < 0.02) return;
      pen.globalAlpha = i === query ? Math.max(weight, 0.25) : weight * 0.35;
      pen.lineWidth = 1 + 6 * weight;
      pen.strokeStyle = i === query ? "#b44c22" : "#3093e4";
      pen.beginPath();
      pen.moveTo(from + 6, HEAD + (i + 0.5) * ROW);
      pen.lineTo(to - 6, HEAD + (j + 0.5) * ROW);
      pen.stroke();
    }));
    pen.globalAlpha = 1;
    pen.strokeStyle = "#b44c22";
    pen.lineWidth = 2;
    pen.strokeRect(2, HEAD + query * ROW, from, ROW);
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
    pen.filter = "grayscale(1) brightness(0.7)";
    pen.drawImage(this.photo, 0, 0, cell * side, cell * side);
    pen.filter = "none";
    const best = Math.max(1, ...codes.subarray(1));
    for (let i = 1; i < n; i++) {
      const share = codes[i] / best;
      const c = this.head.colours[Math.round(share * (this.head.colours.length - 1))];
      pen.fillStyle = `rgb(${c.join(" ")} / ${0.1 + 0.8 * share ** 2})`;
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
        best.map(([w, name]) => `${name} (${(100 * w).toFixed(0)}%)`).join(", ");
      return item;
    }));
  }
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
