// The instrument of what the next token costs: its measured time by length, and a table for T tokens.
//
// data: sizes; variants, each with name, rows and read; where it was measured lengths, range and
// curves, those of the variants first. values: tokens, T.

const LOOKS = [[COLOURS.ORANGE, "circle", ""], [COLOURS.PURPLE, "diamond", ""],
  [COLOURS.BLUE, "circle", "9 5"], [COLOURS.GREEN, "diamond", "3 4"]];

class Costs extends Instrument {
  build() {
    this.root.classList.add("above");
    this.times = this.plot({ name: "times", title: "Time for the next token as the text grows",
      ratio: 0.9, tall: 250 });
    this.times.root.append(this.times.legend); // below, or curves that appear would move the axes
    this.times.root.style.flexBasis = "max(255px, 56%)";
    this.figures.append(this.say); // the table beside the curves
    this.say.style.flex = "1 1 18rem";
    this.table = document.createElement("table");
    this.sentence = document.createElement("p");
    this.say.append(this.table, this.sentence);
  }

  draw() {
    const { sizes, variants, lengths, curves } = this.data;
    const T = Math.min(this.values.tokens, sizes.context);
    const rows = [["the next token", `multiply-adds\nT = ${T}`],
      ...variants.map((one) => [one.name, `${decimals(operations(sizes, T, one) / 1e6, 2)} M`])];
    this.times.root.hidden = !curves;
    if (curves) {
      const near = lengths.reduce((a, b) => (Math.abs(b - T) < Math.abs(a - T) ? b : a));
      const measured = curves.map(({ ms }) => `${decimals(ms[lengths.indexOf(near)], 2)} ms`);
      rows.forEach((row, i) => row.push(i ? measured[i - 1] : `measured\nT = ${near}`));
      this.drawTimes(T);
      this.times.done(`Measured after ${near} tokens: ${
        curves.map(({ name }, i) => `${measured[i]} with ${name}`).join("; ")}.`);
    }
    fill(this.table, rows);
    this.sentence.hidden = Boolean(this.data.tall); // as captions on the stage
    const cache = operations(sizes, T, { rows: false, read: false });
    tell(this.sentence)`With a cache, the step for a token reads <b>${
      decimals(bytesRead(sizes, T) / 1e6, 1)} MB</b> for <b>${decimals(cache / 1e6, 1)} M</b>
      multiply-adds: every weight once, and <b>${decimals(cacheBytes(sizes, T) / 1e6, 2)} MB</b> of
      keys and values.`;
  }

  drawTimes(T) {
    const { sizes, lengths, range, curves } = this.data;
    const [low, high] = range.map(Math.log10);
    const y = [low - 0.2, high + 0.2];
    this.times.frame({ x: [0, 1.03 * sizes.context], y, log: "y",
      names: ["tokens in the text, T", "ms (logarithmic)"] });
    curves.forEach(({ name, ms }, i) => {
      const [colour, shape, dash] = LOOKS[i];
      const powers = ms.map(Math.log10);
      this.times.line(lengths, powers, { colour, dash, width: 3, name });
      this.times.points(lengths, powers, { colour, shape, size: 5.5 });
    });
    this.times.line([T, T], y, { colour: COLOURS.GREY, dash: "2 5" });
  }
}

const decimals = (value, digits) => value.toLocaleString("en-GB",
  { minimumFractionDigits: digits, maximumFractionDigits: digits });

// Shows rows of text in a table; the first row and the first column name the others.
function fill(table, rows) {
  if (table.rows.length !== rows.length || table.rows[0].cells.length !== rows[0].length) {
    const cell = (i, j) => i && j ? "<td></td>" : `<th scope="${i ? "row" : "col"}"></th>`;
    table.innerHTML = rows.map((row, i) =>
      `<tr>${row.map((_, j) => cell(i, j)).join("")}</tr>`).join("");
  }
  const cells = table.querySelectorAll("th, td");
  rows.flat().forEach((text, i) => typeset(cells[i], text));
}

export default mount(Costs);
