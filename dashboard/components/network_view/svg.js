// What every drawing of a network is made of: SVG elements, letters with indices, files to save.
// Colours are those of dashboard/palette.py; text and lines follow the theme (style.css).

const [BLUE, ORANGE, GREEN, GREY] = ["#3093e4", "#b44c22", "#058b5e", "#717f8b"];
const NS = "http://www.w3.org/2000/svg";

// An SVG element with attributes, inside `parent`. What is written is text, never markup.
// While a drawing of the same form is drawn again, the elements of the last time are taken, in their
// order, and only what differs is set: laying out text anew takes most of a redraw.
function draw(parent, name, attributes = {}, words = "") {
  const known = canvas.again && canvas.elements[canvas.next];
  const element = known || document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) {
    const text = String(value);
    if (!known || element.getAttribute(key) !== text) element.setAttribute(key, text);
  }
  if (words !== "" && element.textContent !== String(words)) element.textContent = words;
  if (!known) {
    parent.append(element);
    canvas.elements.push(element);
  }
  canvas.next++;
  return element;
}

// What `draw` draws on: the elements of one drawing, in the order in which they were made.
let canvas = { elements: [], next: 0, again: false };

function newCanvas(svg, form) {
  const again = svg.form === form;
  if (!again) svg.replaceChildren();
  canvas = { elements: again ? svg.elements : [], next: 0, again };
  svg.form = form;
  svg.elements = canvas.elements;
}

// An HTML element.
function make(parent, name, attributes = {}, words = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (words !== "") element.textContent = words;
  parent.append(element);
  return element;
}

// A line of letters with lowered and raised indices: "W_h^{T-1} x_1".
function formula(parent, x, y, line, attributes = {}) {
  const text = draw(parent, "text", { x, y, class: "formula", ...attributes });
  for (const [letters, look] of shifted(line)) draw(text, "tspan", look, letters);
  return text;
}

// A number with three significant digits.
function digits(value) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–";
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size >= 1e5 || size < 1e-3
    ? value.toExponential(1) : value.toPrecision(3);
  return text.replace("-", "−").replace("e+", "e");
}

// A probability in percent.
function percentage(chance) {
  return chance >= 0.0995 ? `${Math.round(100 * chance)}%` : `${(100 * chance).toPrecision(2)}%`;
}

// A name of at most `length` letters.
function shorten(name, length) {
  return name.length > length ? name.slice(0, Math.max(1, length - 1)) + "…" : name;
}

// Floats sent as base64: kind 64 or 32.
function floats(text, kind = 32) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return kind === 64 ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}

// What style.css says of a drawing, which a saved one must bring along.
const STYLED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray",
  "stroke-linecap", "font-family", "font-size", "font-weight", "font-style",
  "font-variant-numeric", "text-anchor", "dominant-baseline", "image-rendering"];

// The drawing with every colour and letter written into it, on the page's background.
function standalone(svg) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg, copy].map((top) => [top, ...top.querySelectorAll("*")]);
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of STYLED) {
      if (style.getPropertyValue(name)) to[i].style.setProperty(name, style.getPropertyValue(name));
    }
    to[i].style.animation = "none";
  });
  const { width, height } = svg.viewBox.baseVal;
  const ground = document.createElementNS(NS, "rect");
  ground.setAttribute("width", width);
  ground.setAttribute("height", height);
  ground.style.fill = getComputedStyle(svg).backgroundColor;
  copy.prepend(ground);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return new XMLSerializer().serializeToString(copy);
}

async function save(svg, name, ending) {
  const vector = new Blob([standalone(svg)], { type: "image/svg+xml" });
  const address = URL.createObjectURL(vector);
  let blob = vector;
  if (ending === "png") {
    const image = new Image();
    image.src = address;
    await image.decode();
    const pixels = new OffscreenCanvas(2 * image.width, 2 * image.height);
    pixels.getContext("2d").drawImage(image, 0, 0, pixels.width, pixels.height);
    blob = await pixels.convertToBlob();
  }
  URL.revokeObjectURL(address);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
