// A Transformer that has read a text or a picture: what is selected in it, its controls, its words
// A block or the embedding opens into its steps (block.js), a step into its numbers (numbers.js).

class Model {
  constructor(frame) {
    this.frame = frame;
    this.name = "The Transformer, drawn.";
    this.images = new Map();
    this.reveal = null; // while it plays: how far the signal has come
  }

  load(data) {
    if (!data.echo || !this.at) this.at = { ...data.at }; // an echo may come after the next move
    this.data = data;
    this.images.clear();
    this.matrices = new Map();
    this.maps = Uint8Array.from(atob(data.maps), (letter) => letter.charCodeAt(0));
    this.controls();
  }

  // ---- what is selected ----

  get depth() { // a block that has not arrived yet is not opened yet
    return this.data.opened === this.at.block ? this.at.depth : 0;
  }

  get embedding() {
    return this.at.block === this.data.layers;
  }

  get token() {
    return this.data.tokens[this.at.at_token];
  }

  // What a stream of full thickness stands for: the longest of all tokens. In a real model the first
  // token is so long that the others would be too thin to see, so each is compared with itself.
  get largest() {
    const { norms, layers } = this.data;
    return Math.max(...(layers > DEEP ? norms.map((row) => row[this.at.at_token]) : norms.flat()));
  }

  get steps() {
    return stepsOf(this.data, this.embedding, this.at.part);
  }

  move(to) {
    const { layers, heads, tokens } = this.data;
    const most = { block: layers, part: heads - 1, at_token: tokens.length - 1, depth: 2 };
    for (const [name, value] of Object.entries(to)) {
      this.at[name] = Math.max(0, Math.min(most[name] ?? this.steps.length - 1, value));
    }
    this.at.stage = Math.min(this.at.stage, this.steps.length - 1);
    this.controls();
  }

  open(to) {
    this.reveal = null;
    this.move(to);
    this.frame.show(true);
  }

  key(name) {
    const { block, part, at_token, stage, depth } = this.at;
    const { layers } = this.data;
    const order = [layers, ...Array(layers).keys()]; // the embedding comes first
    const beside = (by) => order[Math.max(0, Math.min(layers, order.indexOf(block) + by))];
    const sideways = (by) => (depth ? { stage: stage + by } : { block: beside(by) });
    const upward = (by) => (depth === 2 ? { at_token: at_token + by } : { part: part + by });
    const to = {
      ArrowLeft: sideways(-1), ArrowRight: sideways(1), ArrowUp: upward(-1), ArrowDown: upward(1),
      PageUp: { at_token: at_token - 1 }, PageDown: { at_token: at_token + 1 },
      Enter: { depth: depth + 1 }, Escape: { depth: depth - 1 },
    }[name];
    if (to) this.reveal = null;
    if (to) this.move(to);
    return Boolean(to);
  }

  // ---- the bar ----

  controls() {
    const { frame, data } = this;
    if (!this.chooser) {
      this.crumbs = make(frame.bar, "nav", { class: "crumbs", "aria-label": "Zoom" });
      this.chooser = frame.select("Token", [], 0, (i) => this.move({ at_token: Number(i) }));
      frame.player((playing) => this.next(playing));
      this.link = make(frame.foot, "a", { class: "lesson" });
    }
    const names = data.tokens.map((name, i) => `${data.numbers[i]}: ${name}`);
    if (this.named !== names.join("\n")) {
      this.named = names.join("\n");
      this.chooser.replaceChildren();
      names.forEach((name, i) => make(this.chooser, "option", { value: i }, name));
    }
    this.chooser.value = this.at.at_token;
    const { block, part, depth, stage } = this.at;
    const places = ["Whole model", this.embedding ? "Embedding"
      : `Block ${block + 1}, head ${part + 1}`, `Numbers: ${this.steps[stage]?.label}`];
    this.crumbs.replaceChildren();
    places.slice(0, depth ? 3 : 2).forEach((name, i) => {
      const button = make(this.crumbs, "button", { type: "button", "aria-pressed": i === depth },
        name);
      button.onclick = () => this.open({ depth: i });
    });
    this.link.hidden = this.embedding || !data.link;
    const query = new URLSearchParams({ ...data.link, layer: block + 1, head: part + 1,
      query: `${data.numbers[this.at.at_token]}: ${this.token}` });
    this.link.href = `attention?${query}`;
    this.link.textContent = `Block ${block + 1}, head ${part + 1}, step by step`;
    this.link.target = data.here ? "" : "_blank"; // the page with the drawing stays as it is
    this.link.onclick = (event) => {
      if (!data.here || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      frame.report({ ...this.at, leave: 1 });
    };
  }

  next() {
    const last = this.depth ? this.steps.length - 1 : this.data.layers + 1;
    const at = this.reveal === null ? 0 : this.reveal + 1;
    this.reveal = at > last ? null : at;
    if (this.depth && this.reveal !== null) this.move({ stage: this.reveal });
    return this.reveal !== null && this.reveal < last;
  }

  // ---- words ----

  answer(block) {
    const rows = this.data.lens[block];
    return rows[this.data.causal ? this.at.at_token : 0];
  }

  sentence() {
    const { data } = this;
    const { layers, causal, norms } = data;
    if (this.depth) return stepSentence(this);
    const [best, chance] = this.answer(layers)[0];
    const mine = norms.map((row) => row[this.at.at_token]);
    const says = causal ? `After “${this.token}” the model predicts “${best}” (${percentage(chance)}; it knows ` +
      `${data.vocabulary.toLocaleString("en")} ${data.unit}).`
      : `The model predicts ${best} (${percentage(chance)}) from the class token` +
        `${data.picture.pooled ? " and the patches" : ""}.`;
    const some = data.tokens.length < data.total
      ? ` ${data.tokens.length} of ${data.total} tokens are shown.` : "";
    return `${says} The length of the residual stream at “${this.token}” goes from ${digits(mine[0])} to ` +
      `${digits(mine[mine.length - 1])}.${some}`;
  }

  lines() {
    const { data } = this;
    if (this.depth) return stepLines(this);
    const mine = data.norms.map((row) => row[this.at.at_token]);
    const blocks = Array.from({ length: data.layers }, (_, l) =>
      `Block ${l + 1}: ${data.heads} heads and ${data.llama ? "a SwiGLU" : "an MLP"}; the residual stream at “${this.token}” has length ` +
      `${digits(mine[2 * l + 1])} after the heads and ${digits(mine[2 * l + 2])} after the MLP; ` +
      `if the model ended here it would predict: ${this.answer(l + 1).slice(0, 3).map(saying).join(", ")}`);
    return [`Embedding: ${data.total} tokens × ${data.dim} features, length ${digits(mine[0])}`,
      ...blocks, `It predicts: ${this.answer(data.layers).map(saying).join(", ")}`];
  }
}

function saying([word, chance]) {
  return `“${word}” ${percentage(chance)}`;
}
