// A model with many blocks: the selected one is drawn as usual, the others as narrow columns or rows
// A narrow block has the map of every head. A click on it selects it, and a second one opens it.

const DEEP = 8; // blocks that are all drawn wide

class Deep extends Model {
  get isDeep() {
    return this.data.layers > DEEP;
  }

  // Where each block begins, how long it is, and whether it is narrow. With the embedding selected,
  // the first block is wide.
  places(first, space, wide) {
    const { layers } = this.data;
    const chosen = this.at.block % layers;
    const slim = this.isDeep ? (space - wide) / (layers - 1) : space / layers;
    let at = first;
    return Array.from({ length: layers }, (_, l) => {
      const open = this.isDeep && l === chosen;
      const place = { at, long: open ? wide : slim, slim: this.isDeep && !open };
      at += place.long;
      return place;
    });
  }

  // The frame of a narrow block and the maps of its heads, each `size` pixels wide.
  narrow(l, x, y, w, h, size, place) {
    const frame = this.group("stage block narrow", l + 1, () => this.open({ block: l, depth: 0 }));
    draw(frame, "rect", { x, y, width: w, height: h, rx: 3 * this.unit, "data-block": l });
    for (let head = 0; head < this.data.heads; head++) {
      const group = this.group("head", l + 1, () => this.open({ block: l, part: head, depth: 0 }));
      group.setAttribute("data-head", `${l},${head}`);
      attentionMap(this, group, l, head, ...place(head), size);
    }
  }

  // A block among others from left to right: its heads from top to bottom, its MLP below them.
  column(l, x, y, w, h) {
    const { heads } = this.data;
    const { unit: u } = this;
    const foot = 26 * u;
    const pitch = Math.min(w - 3, (h - foot) / heads);
    this.narrow(l, x + 1, y, w - 2, h, Math.max(1, pitch - 3),
      (head) => [x + (w - pitch + 3) / 2, y + 3 + head * pitch]);
    const mlp = this.group("mlp", l + 1, () => this.open({ block: l, depth: 0 }));
    draw(mlp, "rect", { x: x + 3, y: y + h - 20 * u, width: w - 6, height: 16 * u, rx: 2 * u });
    if ((l + 1) % 5 && l) return;
    draw(this.svg, "text", { x: x + w / 2, y: y - 7 * u, "text-anchor": "middle",
      class: "quiet" }, l + 1);
  }

  // A block among others from top to bottom, on a phone: its number, its heads, what it would say.
  row(l, x, y, w, h) {
    const { unit: u } = this;
    const { heads } = this.data;
    const [from, wide] = [x + 26 * u, w * 0.55];
    const pitch = Math.min(h - 3, wide / heads);
    this.narrow(l, x, y + 1, w, h - 2, Math.max(1, pitch - 3),
      (head) => [from + head * pitch, y + (h - pitch + 3) / 2]);
    const line = y + h / 2 + 5 * u;
    draw(this.svg, "text", { x: x + 22 * u, y: line, "text-anchor": "end", class: "quiet" }, l + 1);
    const [word] = this.answer(l + 1)[0];
    const left = from + heads * pitch + 6 * u;
    draw(this.svg, "text", { x: left, y: line, class: "quiet" },
      shorten(word, Math.floor((x + w - left) / (9 * u))));
  }
}
