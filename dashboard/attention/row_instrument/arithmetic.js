// One row of attention, named after core/attention.py and held equal to it
// (tests/browser/test_row_arithmetic.py).

// softmax(scores / t) over the allowed keys; the others get exactly 0, as all do where none is.
function attentionWeights(scores, allowed, t = 1) {
  const out = new Float64Array(scores.length);
  let best = -Infinity;
  for (let j = 0; j < out.length; j++) if (allowed[j]) best = Math.max(best, scores[j]);
  let sum = 0;
  for (let j = 0; j < out.length; j++) {
    if (allowed[j]) sum += out[j] = Math.exp((scores[j] - best) / t);
  }
  if (sum > 0) for (let j = 0; j < out.length; j++) out[j] /= sum;
  return out;
}

// Σ_j weights_j v_j, the row of A V; values: T rows of n numbers one after the other.
function attention(weights, values, n) {
  const out = new Float64Array(n);
  for (let j = 0; j < weights.length; j++) {
    if (weights[j] === 0) continue;
    for (let f = 0; f < n; f++) out[f] += weights[j] * values[j * n + f];
  }
  return out;
}
