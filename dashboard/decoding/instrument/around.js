// The steps around the one that was sent whole, from their sketches (around.py): the words by name
// and the falls of the sorted logits from one rank to the next.

// What Python has sent, ready for `sketched`.
async function unpackAround(sent, count) {
  const bytes = await inflated(sent.body);
  const { taken, named, ranks, unit } = sent;
  const ids = new Uint16Array(bytes.buffer.slice(0, 2 * taken.length * (named + 1)));
  let at = ids.byteLength;
  const falls = taken.map(() => Float64Array.from(ranks, () => {
    let fall = 0;
    while (bytes[at] === 255) fall += bytes[at++];
    return unit * (fall + bytes[at++]);
  }));
  for (const fall of falls) for (let i = 1; i < fall.length; i++) fall[i] += fall[i - 1];
  return { ...sent, ids, falls, between: between(ranks, count) };
}

// For each rank from 0: the last of `ranks` that is not above it, and how far it is to the next, on
// a logarithmic scale.
function between(ranks, count) {
  const [from, part] = [new Uint16Array(count), new Float64Array(count)];
  let at = 0;
  for (let rank = 0; rank < count; rank++) {
    if (ranks[at + 1] <= rank) at++;
    const [low, high] = [Math.log(ranks[at] + 1), Math.log((ranks[at + 1] ?? ranks[at] + 1) + 1)];
    from[rank] = at;
    part[rank] = (Math.log(rank + 1) - low) / (high - low);
  }
  return { from, part };
}

// The sorted logits of one sketch, 0 for the largest.
function interpolated(falls, { from, part }) {
  const out = new Float64Array(from.length);
  for (let rank = 0; rank < out.length; rank++) {
    const at = from[rank];
    out[rank] = -falls[at];
    if (part[rank]) out[rank] -= part[rank] * (falls[at + 1] - falls[at]);
  }
  return out;
}

// Step `number`, counted from 1, as step.js draws one; undefined outside of what was sent.
function sketched(around, number) {
  const i = number - 1 - around.first;
  if (!(i in around.taken)) return undefined;
  const [taken, draw, forced] = around.taken[i];
  const { named, ids, words } = around;
  return {
    step: number, exact: false, taken, draw, forced,
    logits: interpolated(around.falls[i], around.between),
    words: Array.from(ids.subarray(i * named, (i + 1) * named), (id) => words[id]),
    takenWord: words[ids[around.taken.length * named + i]],
  };
}
