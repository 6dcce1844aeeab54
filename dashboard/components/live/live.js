// What all instruments share: native sliders, one redraw a frame, and a message on release.
//
// An instrument is a class with three methods: build() makes its Plots, load(data) takes what Python
// has sent, draw() draws from this.data and this.values, and says its numbers in this.say.
//   class Decay extends Instrument { build() {…} load(data) {…} draw() {…} }
//   export default mount(Decay);
// Moving a slider (or setting a value by this.set) asks no server. When the hand rests or the focus
// leaves, the values are sent as {key: value}; Python sends an order back only where it has values
// of its own.

const REST = 150; // ms without a change until the values are sent: arrow keys repeat

function mount(Kind) {
  return ({ data, parentElement, setStateValue }) => {
    const root = parentElement.querySelector(".live");
    root.instrument ??= new Kind(root);
    root.instrument.send = setStateValue;
    const place = (window.unrolledLive ??= {})[data.name] ??= { drawn: [] }; // see feed.js
    // While Streamlit replaces an element, the old and the new one are there together.
    const others = place.drawn.filter((one) => one !== root.instrument);
    place.drawn = [...others, root.instrument].slice(-3);
    if (place.data) root.instrument.receive(place.data);
  };
}

class Instrument {
  constructor(root) {
    this.root = root;
    [this.dials, this.figures, this.say, this.problem] = [".dials", ".figures", ".say", ".problem"]
      .map((name) => root.querySelector(name));
    this.values = {};
    this.plots = [];
    this.inputs = {};
    this.guard(() => {
      this.build();
      this.plots.forEach((plot) => this.addSave(plot));
      const places = [this.figures, ...this.plots.map((plot) => plot.root)];
      const sizes = new ResizeObserver(() => {
        const wide = places.map((place) => place.clientWidth).join();
        if (wide === this.wide) return; // only the heights have changed
        this.wide = wide;
        this.measure();
        this.redraw();
      });
      places.forEach((place) => sizes.observe(place));
    });
    // Before anything else is pressed: what that asks of the server comes after these values.
    root.addEventListener("focusout", () => { if (this.resting) this.sendValues(); });
  }

  build() {}
  load() {}

  plot(options) {
    const plot = new Plot(this.figures, options);
    this.plots.push(plot);
    return plot;
  }

  // What is drawn next asks how much room there is.
  measure() {
    for (const plot of this.plots) plot.known = null;
  }

  guard(work) { guard(this, work); }

  fail(what) {
    this.problem.hidden = false;
    this.failure = what; // sent with the next message
  }

  receive(data) {
    this.guard(() => {
      const { n, values } = data.order;
      if (n !== this.order) Object.assign(this.values, values);
      this.order = n;
      this.data = data;
      this.addDials(data.dials);
      const named = this.plots.filter((plot) => data.only.includes(plot.name));
      for (const plot of this.plots) {
        plot.root.classList.toggle("off", named.length > 0 && !named.includes(plot));
        plot.root.classList.toggle("held", data.held.includes(plot.name));
        plot.limit = data.tall ?? undefined; // a lecturer's screen does not scroll
      }
      this.root.classList.toggle("presented", Boolean(data.tall));
      this.say.style.visibility = data.held.length ? "hidden" : "";
      this.load(data);
      this.show();
      this.measure();
      this.redraw();
    });
    if (this.failure) this.send("failed", this.failure);
    this.failure = "";
  }

  // ---- sliders ----

  addDials(dials) {
    const wanted = JSON.stringify(dials);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.specs = Object.fromEntries(dials.map((dial) => [dial.key, dial]));
    for (const dial of dials) {
      const input = this.inputs[dial.key] ?? this.addDial(dial);
      const { low, high, step } = dial;
      Object.assign(input, { min: low, max: high, step, disabled: Boolean(dial.off) });
      typeset(input.closest("label").firstElementChild, dial.label);
      input.setAttribute("aria-label", dial.label);
    }
    for (const [key, input] of Object.entries(this.inputs)) {
      input.closest("label").hidden = !(key in this.specs);
    }
  }

  addDial({ key, help }) {
    const row = document.createElement("label");
    row.innerHTML = `<span></span><b aria-hidden="true"></b><input type="range">`;
    const input = row.lastElementChild;
    row.title = help ?? "";
    input.name = key;
    this.dials.append(row);
    input.oninput = (event) => this.set({ [key]: input.valueAsNumber }, event);
    input.onchange = () => this.release();
    return this.inputs[key] = input;
  }

  show() {
    for (const [key, input] of Object.entries(this.inputs)) {
      const spec = this.specs[key];
      if (!spec) continue;
      if (input.valueAsNumber !== this.values[key]) input.value = this.values[key];
      const words = this.format(key, this.values[key], spec);
      if (words === input.words) continue;
      input.previousElementSibling.textContent = input.words = words;
      input.setAttribute("aria-valuetext", words);
    }
  }

  // The value beside a slider.
  format(key, value, { step, unit = "" }) {
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    return value.toFixed(digits) + unit;
  }

  // New values, from the hand: drawn in the next frame, and sent once it rests.
  set(values) {
    Object.assign(this.values, values);
    this.redraw();
  }

  release() {
    this.redraw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.sendValues(), REST);
  }

  sendValues() {
    clearTimeout(this.resting);
    this.resting = 0;
    if (!this.held) this.send("values", { n: this.order, ...this.values });
  }

  redraw() {
    if (!this.data || this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.guard(() => { this.show(); this.draw(); });
      this.root.dispatchEvent(new CustomEvent("drawn", { bubbles: true, composed: true }));
      if (this.failure) this.send("failed", this.failure);
      this.failure = "";
    });
  }

  // ---- the hand on a figure ----

  // A mark that is dragged, or moved by arrow keys; move([x, y]) gets places on the axes, by(key)
  // a step as [dx, dy]. A press moves it already; grab([x, y]) does something else there, and says
  // whether anything is taken hold of. local: a value that the server need not know.
  drag(plot, { label, move, grab = (place) => (move(place), true), by, local = false }) {
    const area = plot.svg;
    area.setAttribute("tabindex", "0");
    area.classList.add("hand");
    area.setAttribute("role", "application");
    area.setAttribute("aria-roledescription", label);
    area.onpointerdown = (event) => this.guard(() => {
      if (!grab(plot.at(event))) return;
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
      area.focus({ preventScroll: true });
      this.held = area;
    });
    area.onpointermove = (event) => this.guard(() => {
      if (this.held === area) move(plot.at(event));
    });
    area.onpointerup = area.onpointercancel = () => {
      const moved = this.held === area;
      this.held = null;
      if (moved && !local) this.release();
    };
    area.onkeydown = (event) => this.guard(() => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (!by(step[event.key] ?? [0, 0], event)) return;
      event.preventDefault();
      if (!local) this.release();
    });
  }

  // ---- downloads ----

  addSave(plot) {
    const menu = document.createElement("details");
    menu.className = "save";
    menu.innerHTML = "<summary>Save</summary>";
    const add = (name, title, blob) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: name, title });
      button.onclick = async () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await blob());
        link.download = `unrolled-${plot.name}.${name === "Data" ? "csv" : name.toLowerCase()}`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
        menu.open = false;
      };
      menu.append(button);
    };
    add("PNG", "Save this figure as a PNG", () => picture(plot));
    add("SVG", "Save this figure as an SVG",
      () => new Blob([plot.svgText()], { type: "image/svg+xml" }));
    add("Data", "Save the numbers of this figure", () => new Blob([plot.csv()], { type: "text/csv" }));
    plot.root.prepend(menu);
  }
}

// A figure as PNG, twice as fine, on the page's background.
async function picture(plot) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(plot.svgText());
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * plot.width, 2 * plot.height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(plot.root).getPropertyValue("--st-background-color") || "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// Bytes that Python deflated and packed as base64.
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Numbers that Python packed as base64, in float64, float32 or, as codes, in two bytes.
function numbers(text, Kind = Float64Array) {
  return new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}
