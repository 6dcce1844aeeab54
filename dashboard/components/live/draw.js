// Figures in the browser: axes, lines, bars, heat and marks as SVG. A redraw changes only what
// differs (redraw.js); it never waits for the page's layout.
//
// const plot = new Plot(host, { name: "decay", title: "What is left", ratio: 0.6 });
// plot.frame({ x: [1, 200], y: [-3, 1], log: "y", names: ["T, steps", "size"] });
// plot.line(xs, ys, { colour: COLOURS.BLUE, width: 3, dash: "8 6" });
// plot.done("In words, for those who cannot see it.");
//
// Coordinates are those of the axes; on a logarithmic axis they are exponents of ten. Text has the
// page's colour and font (currentColor), the size of the style sheet; nothing is drawn outside the
// axes. Needs COLOURS, SEQUENTIAL and DIVERGING, which Python puts before this file.

const short = (v) => String(Math.round(v * 10) / 10);
// The outline of a box, as part of a path.
const box = (x, y, w, h) => `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}z`;
const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => String(n).replace(/\d/g, (d) => POWERS[d]).replace("-", "⁻");

class Plot {
  // name: of the figure in its container and its downloads. ratio: height by width, bounded by
  // `tall` pixels in a window of up to 800; set `high` for a height of its own. square: one scale
  // for both axes.
  constructor(host, { name, title, ratio = 0.62, tall = 420, square = false }) {
    Object.assign(this, { name, ratio, tall, square, parts: [], data: [] });
    this.root = document.createElement("figure");
    this.root.dataset.plot = name;
    this.root.innerHTML = `<figcaption></figcaption><p class="legend"></p>
      <div class="canvas"><svg role="img" xmlns="http://www.w3.org/2000/svg"><defs><clipPath
        id="${name}-inside"><rect/></clipPath></defs><g></g><g></g></svg></div>`;
    [this.caption, this.legend] = this.root.children;
    this.svg = this.root.querySelector("svg");
    this.inside = this.svg.querySelector("rect");
    [this.axes, this.marks] = this.svg.querySelectorAll("g");
    this.title = title;
    this.svg.setAttribute("aria-label", title || name); // until it is drawn
    host.append(this.root);
  }

  set title(text) {
    typeset(this.caption, text);
  }

  // The room it has, kept until live.js sees another size: asking makes the browser lay out the page.
  get room() {
    return this.known ??= {
      width: Math.max(200, this.svg.parentElement.clientWidth),
      phone: this.root.parentElement.clientWidth < 480, // where sliders stand above
      em: parseFloat(getComputedStyle(this.svg).fontSize) || 16,
    };
  }

  // Begins a drawing: what the axes show. log: "x", "y" or "xy". ticks: {x: [[at, name], …]}.
  frame({ x, y, log = "", names = ["", ""], ticks = {}, bare = false }) {
    const { width, phone, em } = this.room;
    Object.assign(this, { width, em, log });
    const wanted = Math.max(170, this.width * this.ratio * (phone ? 0.72 : 1));
    const most = this.tall * Math.max(1, innerHeight / 800); // more in a window that has more
    this.height = Math.min(this.limit ?? this.high ?? most, this.high ?? wanted);
    this.parts = [];
    this.data = [];
    this.count = 0; // of the parts that are axes
    const rows = ticks.y ?? steps(y, (this.height - 3 * em) / (2.4 * em), log.includes("y"));
    const longest = Math.max(0, ...rows.map(([, name]) => name.length));
    this.left = bare ? 6 : em * (names[1] ? 1.9 : 0.4) + 0.56 * em * longest;
    [this.top, this.right] = [6, 8];
    this.bottom = bare ? 6 : em * (names[0] ? 2.9 : 1.5);
    const [wide, high] = [this.width - this.left - this.right, this.height - this.top - this.bottom];
    if (this.square) {
      const [across, up] = [Math.abs(x[1] - x[0]), Math.abs(y[1] - y[0])];
      const unit = Math.min(wide / across, high / up);
      this.left += (wide - unit * across) / 2;
      this.right = this.width - this.left - unit * across;
      this.bottom = this.height - this.top - unit * up;
    }
    this.spans = { x, y };
    const [w, h] = [this.width - this.left - this.right, this.height - this.top - this.bottom];
    this.x = (v) => this.left + ((v - x[0]) / (x[1] - x[0])) * w;
    this.y = (v) => this.top + h - ((v - y[0]) / (y[1] - y[0])) * h;
    if (bare) return;
    const columns = ticks.x ?? steps(x, w / (3.6 * em), log.includes("x"));
    const floor = this.top + h;
    const across = rows.map(([at]) => `M${short(this.left)} ${short(this.y(at))}h${short(w)}`);
    const down = columns.map(([at]) => `M${short(this.x(at))} ${short(this.top)}V${short(floor)}`);
    this.add("path", { d: [...across, ...down].join(""), stroke: "currentColor",
      "stroke-opacity": 0.2 });
    for (const [at, name] of rows) this.text(this.left - 6, this.y(at), name, { anchor: "end" });
    for (const [at, name] of columns) {
      this.text(this.x(at), floor + 0.85 * em, name, { anchor: "middle" });
    }
    if (names[0]) this.text(this.left + w / 2, floor + 2.2 * em, names[0], { anchor: "middle" });
    if (names[1]) {
      this.text(0, 0, names[1], { anchor: "middle",
        move: `translate(${short(this.left - 0.56 * em * longest - 1.1 * em)} ` +
          `${short(this.top + h / 2)}) rotate(-90)` });
    }
    this.count = this.parts.length;
  }

  // An element of the drawing.
  add(tag, attributes, text = "") {
    this.parts.push({ tag, attributes, text });
  }

  // Text at a place of the drawing in pixels.
  text(x, y, words, { anchor = "start", colour = "currentColor", bold = false, move = "" } = {}) {
    const place = move ? { transform: move } : { x: short(x), y: short(y) };
    this.add("text", { ...place, "text-anchor": anchor, dy: "0.35em", fill: colour,
      "font-weight": bold ? 600 : "" }, String(words));
  }

  // A line through points; a value that is not finite leaves a gap. name: for the legend and data.
  line(xs, ys, { colour = "currentColor", width = 2, dash = "", name = "", closed = false,
    fill = "none", opacity = "" } = {}) {
    let path = "";
    let pen = "M";
    for (let i = 0; i < xs.length; i++) {
      if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) { pen = "M"; continue; }
      path += `${pen}${short(this.x(xs[i]))} ${short(this.y(ys[i]))}`;
      pen = "L";
    }
    if (!path) return;
    this.add("path", { d: path + (closed ? "Z" : ""), fill, opacity, stroke: colour,
      "stroke-width": width, "stroke-dasharray": dash, "stroke-linejoin": "round",
      "clip-path": `url(#${this.name}-inside)` });
    if (name) this.data.push({ name, xs, ys, colour, dash, width });
  }

  // Points of one look. shape: "circle" or "diamond".
  points(xs, ys, { colour = COLOURS.BLUE, size = 5, shape = "circle", name = "" } = {}) {
    let path = "";
    for (let i = 0; i < xs.length; i++) {
      if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) continue;
      const [x, y] = [this.x(xs[i]), this.y(ys[i])];
      path += shape === "diamond"
        ? `M${short(x)} ${short(y - size)}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`
        : `M${short(x - size)} ${short(y)}a${size} ${size} 0 1 0 ${2 * size} 0` +
          `a${size} ${size} 0 1 0 ${-2 * size} 0z`;
    }
    this.add("path", { d: path, fill: colour, "clip-path": `url(#${this.name}-inside)` });
    if (name) this.data.push({ name, xs, ys, colour, shape });
  }

  // Horizontal bars from 0, row i at y = at[i]; thick: part of a row. hatched: only its outline.
  // colour: of all, or of each; legend: the one that stands for all.
  bars(at, values, { colour = COLOURS.BLUE, legend = [colour].flat()[0], thick = 0.8, shift = 0,
    hatched = false, name = "" } = {}) {
    const row = Math.abs(this.y(1) - this.y(0));
    const colours = [colour].flat();
    const paths = Object.fromEntries(colours.map((one) => [one, ""]));
    for (let i = 0; i < at.length; i++) {
      const [from, to] = [0, values[i]].map(this.x).sort((a, b) => a - b);
      paths[colours[i] ?? colour] +=
        box(from, this.y(at[i]) + (shift - thick / 2) * row, to - from, thick * row);
    }
    for (const [fill, d] of Object.entries(paths)) {
      this.add("path", { d, fill, ...(hatched && { "fill-opacity": 0.25, stroke: fill }) });
    }
    if (name) this.data.push({ name, xs: values, ys: at, colour: legend,
      shape: hatched ? "outline" : "bar" });
  }

  // Cells: values[row][column], row 0 on top, each one unit wide around whole numbers. Values from
  // low to high take the colours of `scale`, NaN stays empty.
  heat(values, { low, high, scale = SEQUENTIAL, name = "" }) {
    const paths = scale.map(() => "");
    const [w, h] = [this.x(1) - this.x(0), this.y(1) - this.y(0)];
    const last = scale.length - 1;
    values.forEach((row, i) => row.forEach((value, j) => {
      if (Number.isNaN(value)) return;
      const level = Math.round(((value - low) / (high - low)) * last);
      paths[Math.max(0, Math.min(last, level))] += box(this.x(j - 0.5), this.y(i - 0.5), w, h);
    }));
    paths.forEach((d, level) =>
      this.add("path", { d, fill: scale[level], "shape-rendering": "crispEdges" }));
    if (name) this.data.push({ name, rows: values });
  }

  // Cells as `heat`, for more than a few thousand: a picture behind the axes, painted when `values`
  // are others than before.
  pixels(values, { low, high, scale }) {
    this.data.push({ name: "value", rows: values });
    if (values === this.painted) return this.place(this.spans);
    this.painted = values;
    const colours = scale.map((hex) => {
      const n = parseInt(hex.slice(1), 16);
      return (255 << 24) | ((n & 255) << 16) | (n & 0xff00) | (n >> 16);
    });
    const picture = new ImageData(values[0].length, values.length);
    const cells = new Uint32Array(picture.data.buffer);
    const last = scale.length - 1;
    let at = 0;
    for (const row of values) {
      for (const value of row) {
        const level = Math.round(((value - low) / (high - low)) * last);
        cells[at++] = colours[Math.max(0, Math.min(last, level))];
      }
    }
    this.raster(picture);
  }

  // A picture (ImageData) behind the axes, over the spans x and y of them or all of them.
  raster(picture, { x = this.spans.x, y = this.spans.y } = {}) {
    this.place({ x, y });
    const { width, height } = picture;
    if (this.image.width !== width || this.image.height !== height) {
      Object.assign(this.image, { width, height });
    }
    this.image.getContext("2d").putImageData(picture, 0, 0);
  }

  place({ x, y }) {
    if (!this.image) {
      this.image = document.createElement("canvas");
      this.svg.before(this.image);
    }
    const [left, top] = [this.x(x[0]), this.y(y[1])];
    Object.assign(this.image.style, { left: `${left}px`, top: `${top}px`,
      width: `${this.x(x[1]) - left}px`, height: `${this.y(y[0]) - top}px` });
  }

  // Shows the drawing; words: its text alternative.
  done(words) {
    const [w, h] = [this.width - this.left - this.right, this.height - this.top - this.bottom];
    const [width, height] = [short(this.width), short(this.height)];
    const whole = { viewBox: `0 0 ${width} ${height}`, width, height,
      "aria-label": `${this.caption.line}. ${words.replace(/(?<!\w)-(?=\d)/g, "−")}` };
    const inside = { x: short(this.left), y: short(this.top), width: short(w), height: short(h) };
    put(this.svg, whole, this.whole);
    put(this.inside, inside, this.within);
    [this.whole, this.within] = [whole, inside];
    replace(this.axes, this.parts.slice(0, this.count));
    replace(this.marks, this.parts.slice(this.count));
    const named = this.data.filter((one) => one.xs);
    const legend = named.map((one) => `<span><svg width="28" height="12" aria-hidden="true">${
      sample(one)}</svg> <span></span></span>`).join(" ");
    if (legend !== this.keys) this.legend.innerHTML = this.keys = legend;
    named.forEach((one, i) => typeset(this.legend.children[i].lastChild, one.name));
  }

  // Where the pointer is, in coordinates of the axes.
  at(event) {
    const box = this.svg.getBoundingClientRect();
    const [w, h] = [this.width - this.left - this.right, this.height - this.top - this.bottom];
    const { x, y } = this.spans;
    const across = (event.clientX - box.left) * (this.width / box.width) - this.left;
    const down = (event.clientY - box.top) * (this.height / box.height) - this.top;
    return [x[0] + (across / w) * (x[1] - x[0]), y[0] + (1 - down / h) * (y[1] - y[0])];
  }

  // The figure as it is seen, complete in itself.
  svgText() {
    const copy = this.svg.cloneNode(true);
    const { color, fontFamily, fontSize } = getComputedStyle(this.svg);
    copy.setAttribute("style", `color:${color};font:${fontSize} ${fontFamily.replace(/"/g, "'")}`);
    if (this.image) {
      const { left, top, width, height } = this.image.style;
      copy.insertAdjacentHTML("afterbegin", `<image href="${this.image.toDataURL()}" ` +
        `x="${left}" y="${top}" width="${width}" height="${height}" preserveAspectRatio="none" ` +
        `style="image-rendering:pixelated"/>`);
    }
    return new XMLSerializer().serializeToString(copy);
  }

  // Lines, bars and cells as comma-separated values; of a logarithmic axis not the exponents.
  csv() {
    const cell = (v) => typeof v === "number" ? v // text that a spreadsheet would run is quoted
      : `"${String(v).replace(/^[=+\-@\t\r]/, "'$&").replace(/"/g, '""')}"`;
    const [x, y] = ["x", "y"].map((axis) => (this.log.includes(axis) ? power : (v) => v));
    return this.data.map((one) => one.rows
      ? [[one.name], ...one.rows].map((row) => row.map(cell).join(",")).join("\n")
      : [["x", one.name], ...Array.from(one.xs, (v, i) => [x(v), y(one.ys[i])])]
        .map((row) => row.map(cell).join(",")).join("\n")).join("\n\n") + "\n";
  }
}

// A number with so many decimal places, with a true minus and no sign on what rounds to 0.
function fixed(value, digits) {
  const text = value.toFixed(digits);
  return text.replace("-", Number(text) ? "−" : "");
}

// 0.00123 as 1.2·10⁻³; a value that is no number or 0 as it is.
function scientific(value) {
  const [factor, power] = value.toExponential(1).split("e");
  return power === undefined || !value ? String(value)
    : `${factor.replace("-", "−")}·10${raised(Number(power))}`;
}

// 10^v, as text where it is too large or too small for a number.
function power(v) {
  if (!Number.isFinite(v)) return 10 ** v;
  const whole = Math.floor(v);
  const text = `${(10 ** (v - whole)).toPrecision(12)}e${whole}`;
  return Number(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

// What stands for a series in the legend: its own mark, in its colour.
function sample({ shape, colour, dash, width }) {
  if (!shape) {
    return `<path d="M0 6h28" stroke="${colour}" stroke-width="${Math.min(4, width)}" ` +
      `stroke-dasharray="${dash}"/>`;
  }
  const d = { circle: "M9 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", diamond: "M14 0l6 6l-6 6l-6 -6z",
    bar: "M8 0h12v12h-12z", outline: "M8.5 0.5h11v11h-11z" }[shape];
  const look = shape === "outline" ? ` fill-opacity="0.25" stroke="${colour}"` : "";
  return `<path data-shape="${shape}" d="${d}" fill="${colour}"${look}/>`;
}

// The least round number above a value, so that an axis stays while its values move a little.
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((n) => n * unit >= value * (1 - 1e-9)) ?? 10);
}

// About `count` round places of an axis with their names; of exponents, powers of ten.
function steps(span, count, log) {
  const [low, high] = [Math.min(...span), Math.max(...span)];
  const rough = (high - low) / Math.max(1, count);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = log ? Math.max(1, Math.ceil(rough))
    : unit * [1, 2, 5, 10].find((n) => n * unit >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) {
    const at = n * step;
    const name = log ? (at === 0 ? "1" : at === 1 ? "10" : `10${raised(at)}`)
      : fixed(at, digits);
    found.push([at, name]);
  }
  return found;
}
