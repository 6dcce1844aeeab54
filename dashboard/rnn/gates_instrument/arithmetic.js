// An LSTM step by step, named after core/linear_rnn/through_time/gates.py and held equal to it
// (tests/browser/test_gates_arithmetic.py). A matrix is an array of rows.

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const dot = (row, x) => row.reduce((sum, w, j) => sum + w * x[j], 0);

// x_1 … x_T: the symbol (from 0) as one-hot of 8, then noise, two numbers a step.
function sequence(symbol, delay, noise) {
  const zeros = () => new Array(10).fill(0);
  const first = zeros();
  first[symbol] = 1;
  return [first, ...noise.slice(0, delay).map((pair) => [...zeros().slice(2), ...pair])];
}

// {i, f, o, c, p}: a row for each step. lstm: {W, U, b, R, r}; added: to every forget gate's bias.
function run(lstm, x, added) {
  const d = lstm.U[0].length;
  let [h, c] = [new Array(d).fill(0), new Array(d).fill(0)];
  const found = { i: [], f: [], o: [], c: [], p: [] };
  for (const x_t of x) {
    const a = lstm.W.map((row, k) => dot(row, x_t) + dot(lstm.U[k], h) + lstm.b[k]);
    const gate = (k, shift = 0) => a.slice(k * d, (k + 1) * d).map((v) => sigmoid(v + shift));
    const [i, f, o] = [gate(0), gate(1, added), gate(3)];
    c = c.map((kept, u) => f[u] * kept + i[u] * Math.tanh(a[2 * d + u]));
    h = c.map((v, u) => o[u] * Math.tanh(v));
    const logits = lstm.R.map((row, k) => dot(row, h) + lstm.r[k]);
    const best = Math.max(...logits);
    const p = logits.map((v) => Math.exp(v - best));
    const sum = p.reduce((all, v) => all + v, 0);
    for (const [name, row] of Object.entries({ i, f, o, c, p: p.map((v) => v / sum) })) {
      found[name].push(row);
    }
  }
  return found;
}
