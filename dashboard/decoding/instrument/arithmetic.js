// From logits to a word, named after core/decoding/filters.py and held equal to it
// (tests/browser/test_decoding_arithmetic.py). Logits are sorted, the most probable word first.

// softmax(l / t); t = 0 puts all on the first.
function distribution(logits, t = 1) {
  const out = new Float64Array(logits.length);
  if (t === 0) {
    out[0] = 1;
    return out;
  }
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp((logits[i] - logits[0]) / t);
  for (let i = 0; i < out.length; i++) out[i] /= sum;
  return out;
}

// How many words top-p keeps: word i stays while the mass before it is below p.
function nucleus(probabilities, p) {
  if (p >= 1) return probabilities.length;
  let [mass, kept] = [0, 0];
  while (kept < probabilities.length && mass < p) mass += probabilities[kept++];
  return Math.max(1, kept);
}

function topK(probabilities, k) {
  return Math.min(probabilities.length, k);
}

// What is left of a distribution when the first `kept` words may be drawn.
function renormalised(probabilities, kept) {
  const out = new Float64Array(probabilities.length);
  let sum = 0;
  for (let i = 0; i < kept; i++) sum += probabilities[i];
  for (let i = 0; i < kept; i++) out[i] = probabilities[i] / sum;
  return out;
}

// The rank, from 0, of the word into whose share of [0, 1) the number falls.
function tokenAt(probabilities, number) {
  let total = 0;
  for (const p of probabilities) total += p;
  let [reached, at] = [0, 0];
  for (; at < probabilities.length - 1; at++) {
    reached += probabilities[at];
    if (reached > number * total || !(probabilities[at + 1] > 0)) break;
  }
  return at;
}

// -Σ P log P, in nats.
function entropy(probabilities) {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log(p);
  return sum;
}
