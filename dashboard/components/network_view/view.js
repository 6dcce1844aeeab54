// The frame around a drawing: controls, play and step, buttons that save, the same as text
// And what is reported to the page. The drawing itself is `Drawing`, in a file before this one.

export default function ({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".net");
  root.fail = (what) => setStateValue("failed", what);
  guard(root, () => {
    root.frame ??= new Frame(root);
    root.frame.report = (at) => setStateValue("at", at);
    root.frame.load(data);
  });
}

const EVERY = 900; // milliseconds between two steps while playing

class Frame {
  constructor(root) {
    this.root = root;
    for (const name of ["bar", "drawing", "foot", "read", "files", "text", "say"]) {
      this[name] = root.querySelector("." + name);
    }
    this.details = root.querySelector("details");
    this.details.ontoggle = () => this.tell();
    for (const ending of ["svg", "png"]) {
      const button = make(this.files, "button", { type: "button", class: "quiet" },
        ending.toUpperCase());
      button.title = `Save this drawing as ${ending.toUpperCase()}`;
      button.onclick = () => save(this.drawing, "unrolled-network", ending);
    }
    this.drawing.onkeydown = (event) => this.key(event);
    new ResizeObserver(() => this.data && this.show()).observe(root);
  }

  load(data) {
    const known = this.data && this.data.id === data.id;
    if (known && this.data.turn === data.turn) return;
    this.data = data;
    this.root.classList.toggle("presented", Boolean(data.tall));
    this.picture ??= new Drawing(this);
    this.picture.load(data, known);
    this.show();
  }

  // Draws now; `settled` says that the hand has let go, so that the page may follow.
  show(settled = false) {
    guard(this.root, () => this.redraw(settled));
  }

  redraw(settled) {
    const width = this.drawing.parentElement.clientWidth;
    if (!width) return;
    const { tall = Infinity } = this.data;
    const full = parseFloat(getComputedStyle(document.documentElement).fontSize) / 18;
    const place = [width, full, tall].join();
    if (this.place !== place) [this.place, this.unit] = [place, full];
    let height = this.draw(width, this.unit);
    while (height > tall && this.unit > 0.7) { // on a lecturer's screen, which does not scroll
      this.unit *= Math.min(tall / height, 0.98);
      height = this.draw(width, this.unit);
    }
    const box = `0 0 ${width} ${height}`;
    if (this.box !== box) { // or every letter would be laid out again
      this.box = box;
      this.drawing.setAttribute("viewBox", box);
      this.drawing.style.height = height + "px";
      this.drawing.style.fontSize = 16 * this.unit + "px";
    }
    this.read.textContent = this.picture.sentence();
    this.drawing.setAttribute("aria-label", `${this.picture.name} ${this.picture.sentence()}`);
    if (this.details.open) this.tell();
    if (settled) {
      this.say.textContent = this.picture.sentence();
      this.report({ ...this.picture.at });
    }
  }

  // Returns the height. unit: 1 where the page's letters are 18 pixels high.
  draw(width, unit) {
    newCanvas(this.drawing, [width, unit, ...this.picture.form()].join());
    return this.picture.draw(this.drawing, width, unit);
  }

  tell() {
    this.text.replaceChildren();
    if (this.details.open) {
      for (const line of this.picture.lines()) make(this.text, "li", {}, line);
    }
  }

  key(event) {
    if (!this.picture.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.show(true);
  }

  // ---- controls ----

  slider(label, low, high, step, value, write, change) {
    const box = make(this.bar, "label", { class: "slider" });
    const name = make(box, "span", {}, label);
    const number = make(box, "output");
    const input = make(box, "input", { type: "range", min: low, max: high, step });
    name.id = "n" + Math.random().toString(36).slice(2);
    input.setAttribute("aria-label", label);
    const set = (to) => { input.value = to; number.textContent = write(Number(to)); };
    set(value);
    input.oninput = () => {
      set(input.value);
      change(Number(input.value));
      this.wanted ??= requestAnimationFrame(() => { this.wanted = null; this.show(); });
    };
    input.onchange = () => this.show(true);
    return { set, input };
  }

  select(label, options, value, change) {
    const box = make(this.bar, "label", { class: "select" });
    make(box, "span", {}, label);
    const input = make(box, "select");
    options.forEach(([key, name]) => make(input, "option", { value: key }, name));
    input.value = value;
    input.onchange = () => { change(input.value); this.show(true); };
    return input;
  }

  button(label, press) {
    const button = make(this.bar, "button", { type: "button" }, label);
    button.onclick = () => { press(); this.show(true); };
    return button;
  }

  // Play and Step: `next` makes one step and returns whether another can follow.
  player(next) {
    const stop = () => {
      clearInterval(this.timer);
      this.timer = null;
      play.textContent = "Play";
      this.drawing.classList.remove("playing");
    };
    const play = make(this.bar, "button", { type: "button", class: "play" }, "Play");
    play.onclick = () => {
      if (this.timer) return stop();
      play.textContent = "Pause";
      this.drawing.classList.add("playing");
      const tick = () => {
        const more = next(true);
        if (!more) stop();
        this.show(!more);
      };
      this.timer = setInterval(tick, EVERY);
      tick();
    };
    this.button("Step", () => { stop(); next(false); });
  }
}
