// The instrument of shared keys and values: query heads above those they read, and the cache by T.
//
// data: sizes (L, H, n, d, context), known. values: groups, the heads of keys and values that are
// asked for, and tokens, T.

class Groups extends Instrument {
  build() {
    this.root.classList.add("above");
    this.heads = this.plot({ name: "groups-heads", title: "", ratio: 0.3, tall: 105 });
    this.memory = this.plot({ name: "groups-cache", title: "Memory of the KV cache by length",
      ratio: 0.5, tall: 220 });
    for (const plot of this.plots) plot.root.style.flexBasis = "100%";
  }

  format(key, value, spec) {
    const { H } = this.data.sizes;
    return key === "groups" ? `${wholeGroups(value, H)} of ${H}` : super.format(key, value, spec);
  }

  draw() {
    const { L, H, n, d, context } = this.data.sizes;
    const G = wholeGroups(this.values.groups, H);
    const T = Math.min(this.values.tokens, context);
    this.drawHeads(H, G);
    this.drawMemory(L, H, G, n, context, T);
    const bytes = keyValueBytes(L, G, n, T);
    const full = keyValueBytes(L, H, n, T);
    if (!this.data.known) {
      tell(this.say)`2 · ${L} · ${G} · ${n} · ${count(T)} · 4 = <b>${count(bytes)} bytes</b>; with
        ${H} heads it would be ${count(full)}.`;
      return;
    }
    const weights = attentionWeights(d, n, H, G) / attentionWeights(d, n, H, H);
    tell(this.say)`2 · ${L} · ${G} · ${n} · ${count(T)} · 4 = <b>${count(bytes)} bytes</b>. Of what
      ${H} heads need, this is <b>${percent(G / H)}</b> of the cache, <b>${percent(weights)}</b> of the
      weights of attention, and <b>100%</b> of the multiply-adds of q·k and αv.`;
  }

  drawHeads(H, G) {
    const plot = this.heads;
    plot.title = `${H} query heads (above) read ${G} ${G === 1 ? "head" : "heads"} of keys and values`;
    plot.frame({ x: [-0.6, H - 0.4], y: [-0.4, 1.4], bare: true });
    const each = H / G;
    const place = (g) => g * each + (each - 1) / 2;
    for (let h = 0; h < H; h++) {
      plot.line([h, place(Math.floor(h / each))], [1, 0], { colour: COLOURS.GREY, width: 2 });
    }
    plot.points([...Array(H).keys()], Array(H).fill(1), { colour: COLOURS.BLUE, size: 9 });
    plot.points([...Array(G).keys()].map(place), Array(G).fill(0),
      { colour: COLOURS.ORANGE, shape: "diamond", size: 11 });
    plot.done(`Each head of keys and values is read by ${each} query heads.`);
  }

  drawMemory(L, H, G, n, context, T) {
    const plot = this.memory;
    const mb = (groups, tokens) => keyValueBytes(L, groups, n, tokens) / 1e6;
    plot.frame({ x: [0, context], y: [0, mb(H, context)], names: ["tokens in the text, T", "MB"] });
    const looks = [[H, COLOURS.GREY, "", "every query head its own"], [1, COLOURS.BLUE, "3 4",
      "one for all"], [G, COLOURS.ORANGE, "9 5", `${G} of ${H}`]];
    for (const [groups, colour, dash, name] of looks) {
      plot.line([0, context], [0, mb(groups, context)], { colour, dash, width: 3, name });
    }
    plot.points([T], [mb(G, T)], { colour: COLOURS.ORANGE, shape: "diamond", size: 9 });
    plot.done(`At ${T} tokens the cache takes ${mb(G, T).toPrecision(3)} MB.`);
  }
}

const count = (value) => value.toLocaleString("en-GB");
const percent = (share) => `${Math.round(100 * share)}%`;

export default mount(Groups);
