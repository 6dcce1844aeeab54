// The instrument of a Vision Transformer's positions.
//
// data: codes (a signed byte for each pair of positions, code = 127 · cosine), side. values: row
// and column, from 1.

class Positions extends Instrument {
  build() {
    this.root.classList.add("above");
    this.map = this.plot({ name: "position", title: "", square: true, ratio: 1, tall: 330 });
    const place = ([x, y]) => {
      const { side } = this.data;
      const within = (v) => Math.max(1, Math.min(side, Math.round(v)));
      this.set({ row: within(y), column: within(x) });
      return true;
    };
    this.drag(this.map, { label: "Position: the arrow keys move it", grab: place, move: place,
      by: ([dx, dy]) => (dx || dy) && place([this.values.column + dx, this.values.row - dy]) });
  }

  load(data) {
    if (data.id === this.id) return;
    this.id = data.id;
    const codes = numbers(data.codes, Int8Array);
    const places = data.side ** 2;
    this.rows = Array.from({ length: places }, (_, at) =>
      Array.from(codes.subarray(at * places, (at + 1) * places), (code) => code / 127));
  }

  draw() {
    const plot = this.map;
    const { side } = this.data;
    const { row, column } = this.values;
    const alike = this.rows[(row - 1) * side + column - 1];
    const map = Array.from({ length: side }, (_, r) => alike.slice(r * side, (r + 1) * side));
    plot.title = `4. Which positions are similar to row ${row}, column ${column}?`;
    const every = Array.from({ length: side }, (_, i) => [i + 1, `${i + 1}`]);
    plot.frame({ x: [0.5, side + 0.5], y: [side + 0.5, 0.5], names: ["column", "row"],
      ticks: side > 12 ? {} : { x: every, y: every } });
    plot.pixels(map, { low: -1, high: 1, scale: DIVERGING });
    plot.line([column - 0.5, column + 0.5, column + 0.5, column - 0.5],
      [row - 0.5, row - 0.5, row + 0.5, row + 0.5], { width: 3, closed: true });
    const others = alike.map((cosine, at) => [cosine, at])
      .filter(([, at]) => at !== (row - 1) * side + column - 1).sort(([a], [b]) => b - a);
    const [cosine, at] = others[0] ?? [0, 0];
    tell(this.say)`The most similar one is row ${Math.floor(at / side) + 1}, column ${
      (at % side) + 1}: cosine <b>${fixed(cosine, 2)}</b>.`;
    plot.done(this.say.textContent);
  }
}

export default mount(Positions);
