// The instrument of rotary positions: the hands of three pairs, and the score by distance.
//
// data: x, the query and the key before they are turned; tokens; base; pairs, the three that are
// drawn; added, name → mean and deviation by distance where a table is added instead. values: query,
// the position of the query, and apart, how many tokens before it the key is.

class Rotary extends Instrument {
  build() {
    this.root.classList.add("above");
    this.clocks = [0, 1, 2].map((i) =>
      this.plot({ name: `hands-${i}`, title: "", ratio: 1, tall: 185, square: true }));
    for (const { root } of this.clocks) {
      root.style.flexBasis = "max(95px, 27%)";
      root.classList.add("small");
    }
    this.scores = this.plot({ name: "rotary-scores", title: "Score of query and key by distance",
      ratio: 0.5, tall: 255 });
    this.scores.root.style.flexBasis = "100%";
    this.drag(this.scores, { label: "Distance: arrow keys move it",
      move: ([k]) => this.setApart(Math.round(k)),
      by: ([dx, dy]) => (dx || dy) && this.setApart(this.values.apart + (dx || dy)) });
  }

  setApart(k) {
    this.set({ apart: Math.max(0, Math.min(Number(this.inputs.apart.max), k)) });
    return true;
  }

  draw() {
    const { x, base, pairs } = this.data;
    const { query, apart } = this.values;
    const omega = frequencies(x.length, base);
    const [q, k] = [query, query - apart].map((t) => rotated(x, t, base));
    const turn = [...Array(91).keys()].map((n) => (n * Math.PI) / 45);
    pairs.forEach((i, at) => {
      const clock = this.clocks[at];
      const between = (omega[i] * apart * 180) / Math.PI;
      clock.title = `Pair ${i}: ${between.toFixed(between < 10 ? 1 : 0)}°`;
      clock.frame({ x: [-1.15, 1.15], y: [-1.15, 1.15], bare: true });
      clock.line(turn.map(Math.sin), turn.map(Math.cos), { colour: COLOURS.GREY });
      const size = Math.hypot(x[2 * i], x[2 * i + 1]) || 1;
      for (const [hand, colour, shape] of [[k, COLOURS.BLUE, "circle"],
        [q, COLOURS.ORANGE, "diamond"]]) {
        const [s, c] = [hand[2 * i] / size, hand[2 * i + 1] / size];
        clock.line([0, s], [0, c], { colour, width: 5 });
        clock.points([s], [c], { colour, shape, size: 8 });
      }
      clock.done(`Query and key are ${between.toFixed(1)} degrees apart in pair ${i}.`);
    });
    this.drawScores(apart);
  }

  drawScores(apart) {
    const { x, tokens, base, added } = this.data;
    const plot = this.scores;
    plot.frame({ x: [0, tokens - 1], y: [0, 1.4], names: ["distance in tokens", "score"] });
    const k = [...Array(tokens).keys()];
    const looks = [[COLOURS.GREEN, "8 5"], [COLOURS.PURPLE, "3 4"]];
    Object.entries(added).forEach(([name, [mean, deviation]], i) => {
      const [colour, dash] = looks[i];
      const up = mean.map((v, at) => v + deviation[at]);
      const down = mean.map((v, at) => v - deviation[at]).reverse();
      const at = [...mean.keys()];
      plot.line([...at, ...at.toReversed()], [...up, ...down],
        { fill: colour, closed: true, width: 0, opacity: 0.2 });
      plot.line(at, mean, { colour, dash, width: 3, name });
    });
    const rotary = similarityByDistance(x, tokens, base);
    plot.line(k, rotary, { colour: COLOURS.BLUE, width: 3, name: "rotary" });
    plot.points([apart], [rotary[apart]], { colour: COLOURS.ORANGE, shape: "diamond", size: 9 });
    const { query } = this.values;
    tell(this.say)`Query (orange) at ${query}, key (blue) at ${query - apart}: the score is
      <b>${rotary[apart].toFixed(3)}</b> times the score at distance 0.`;
    plot.done("A band shows how much a score varies with the positions of the two; rotary has none.");
  }
}

export default mount(Rotary);
