// Backpropagation through time, named after core/linear_rnn/through_time/backward.py and held equal
// to it (tests/browser/test_tanh_arithmetic.py). A matrix (d, d) is an array, row by row.

// h_1 … h_T of h_t = tanh(W_h h_(t-1) + W_x x_t), h_0 = 0; inputs: T rows W_x x_t one after another.
function states(W, inputs, d, T) {
  let h = new Float64Array(d);
  const rows = [];
  for (let t = 0; t < T; t++) {
    const before = h;
    h = Float64Array.from(before, (_, i) => {
      let sum = inputs[t * d + i];
      for (let j = 0; j < d; j++) sum += W[i * d + j] * before[j];
      return Math.tanh(sum);
    });
    rows.push(h);
  }
  return rows;
}

// ‖∂h_T/∂h_t‖ for t = 1 … T: the norms of the products of diag(φ′(a_k)) W_h.
// slopes: T rows φ′(a_k).
function norms(W, slopes, d) {
  const T = slopes.length;
  let J = new Float64Array(d * d);
  for (let i = 0; i < d; i++) J[i * d + i] = 1;
  const found = new Float64Array(T);
  found[T - 1] = Math.hypot(...J);
  for (let k = T - 1; k > 0; k--) {
    const next = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      for (let m = 0; m < d; m++) {
        const a = J[i * d + m] * slopes[k][m];
        for (let j = 0; j < d; j++) next[i * d + j] += a * W[m * d + j];
      }
    }
    J = next;
    let sum = 0;
    for (const value of J) sum += value * value;
    found[k - 1] = Math.sqrt(sum);
  }
  return found;
}
