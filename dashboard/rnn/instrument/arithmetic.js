// The numbers of the linear RNN, named after their twins in core/linear_rnn/ and held equal to them
// (tests/browser/test_rnn_arithmetic.py). A matrix (d, d) is a Float64Array, row by row.

const MAX_STEPS = 500;
const NORM_STEPS = [...Array(60).keys()].map((i) => i + 1);
for (let T = 80; T <= MAX_STEPS; T += 20) NORM_STEPS.push(T);
const FLOAT32_ROUNDING = -24 * Math.log10(2);
const FLOAT32_LARGEST = Math.log10(3.4028234663852886e38);

// core/linear_rnn/instruments/eigenvalue_moves.py: W + Σ (λ' − λ) p qᵀ, a conjugate with its partner.
// modes: {re, im, partner, right: {re, im}, left: {re, im}}; moves: Map of place to [re, im].
function moveEigenvalues(W, d, modes, moves) {
  const out = Float64Array.from(W);
  const { right, left } = modes;
  for (const [i, [re, im]] of moves) {
    const twice = modes.partner[i] === i ? 1 : 2;
    const [a, b] = [twice * (re - modes.re[i]), twice * (im - modes.im[i])];
    for (let r = 0; r < d; r++) {
      const [x, y] = [right.re[r * d + i], right.im[r * d + i]];
      const [u, v] = [a * x - b * y, a * y + b * x];
      for (let c = 0; c < d; c++) out[r * d + c] += u * left.re[i * d + c] - v * left.im[i * d + c];
    }
  }
  return out;
}

function matmul(A, B, d, out) {
  out.fill(0);
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) {
      const a = A[i * d + k];
      if (a === 0) continue;
      for (let j = 0; j < d; j++) out[i * d + j] += a * B[k * d + j];
    }
  }
}

// The largest singular value: Lanczos on AᵀA with full reorthogonalisation, exact after d steps,
// then the largest eigenvalue of the tridiagonal matrix by bisection.
function twoNorm(A, d) {
  let largest = 0;
  for (const a of A) largest = Math.max(largest, Math.abs(a));
  if (!(largest > 0 && largest < Infinity)) return largest === 0 ? 0 : Infinity;
  const basis = [];
  const [alpha, beta] = [[], []];
  let v = Float64Array.from({ length: d }, (_, i) => 1 + 0.3 * Math.sin(7 * i + 1));
  scale(v, 1 / length(v));
  const along = new Float64Array(d);
  while (basis.length < d) {
    basis.push(v);
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += (A[i * d + j] / largest) * v[j];
      along[i] = sum;
    }
    const w = new Float64Array(d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) w[j] += (A[i * d + j] / largest) * along[i];
    }
    alpha.push(dot(w, v));
    for (let turn = 0; turn < 2; turn++) {
      for (const b of basis) {
        const part = dot(w, b);
        for (let i = 0; i < d; i++) w[i] -= part * b[i];
      }
    }
    const size = length(w);
    if (size < 1e-13 * Math.max(...alpha)) break;
    beta.push(size);
    scale(w, 1 / size);
    v = w;
  }
  return largest * Math.sqrt(topOfTridiagonal(alpha, beta));
}

function topOfTridiagonal(alpha, beta) {
  const n = alpha.length;
  let [low, high] = [0, 0];
  for (let i = 0; i < n; i++) {
    low = Math.max(low, alpha[i]);
    high = Math.max(high, alpha[i] + (i ? beta[i - 1] : 0) + (i < n - 1 ? beta[i] : 0));
  }
  for (let turn = 0; turn < 60 && high - low > 1e-15 * high; turn++) {
    const middle = (low + high) / 2;
    let [pivot, above] = [1, false]; // a pivot that is not negative: an eigenvalue lies above
    for (let i = 0; i < n && !above; i++) {
      pivot = alpha[i] - middle - (i ? beta[i - 1] ** 2 / pivot : 0);
      above = pivot >= 0;
    }
    if (above) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
const length = (a) => Math.sqrt(dot(a, a));
function scale(a, factor) {
  for (let i = 0; i < a.length; i++) a[i] *= factor;
}

// core/linear_rnn/decay.py, growth: the powers of W up to `count` steps, as log10: norm at
// NORM_STEPS up to there, input and energy at k = 0 … count − 1. u: W_x x_1.
function growth(W, d, u, count) {
  const [input, energy] = [new Float64Array(count), new Float64Array(count)];
  const norm = [];
  const eye = new Float64Array(d * d);
  for (let i = 0; i < d; i++) eye[i * d + i] = 1;
  let [power, next] = [eye, new Float64Array(d * d)];
  const wanted = new Set(NORM_STEPS);
  for (let k = 0; k < count; k++) {
    let total = 0;
    for (let i = 0; i < d * d; i++) total += power[i] * power[i];
    energy[k] = Math.log10(total);
    let along = 0;
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += power[i * d + j] * u[j];
      along += sum * sum;
    }
    input[k] = Math.log10(along) / 2;
    if (wanted.has(k + 1)) norm.push(Math.log10(twoNorm(power, d)));
    matmul(W, power, d, next);
    [power, next] = [next, power];
  }
  return { norm: Float64Array.from(norm), input, energy };
}

// core/linear_rnn/decay.py, Growth.at: the curves of c W, from those of W.
function decayAt({ norm, input, energy }, c) {
  const log = c > 0 ? Math.log10(c) : 0;
  return {
    norm: norm.map((v, i) => v + (NORM_STEPS[i] - 1) * log),
    input: input.map((v, k) => v + k * log),
    energy: energy.map((v, k) => v + 2 * k * log),
  };
}

// numpy.logaddexp.accumulate, to base 10.
function accumulate(energy) {
  let sum = -Infinity;
  return energy.map((e) => {
    const top = Math.max(sum, e);
    sum = top === -Infinity ? top : top + Math.log10(10 ** (sum - top) + 10 ** (e - top));
    return sum;
  });
}

// core/linear_rnn/decay.py, shares: positions and log10 shares [i][T], NaN for i > T.
function shares(energy, count, longest) {
  const n = Math.min(count, longest);
  const at = [...new Set([...Array(n).keys()].map((i) =>
    evenRound(n === 1 ? 1 : 1 + (i * (longest - 1)) / (n - 1))))];
  const total = accumulate(energy.subarray(0, longest));
  return [at, at.map((i) => at.map((T) => (T < i ? NaN : energy[T - i] - total[T - 1])))];
}

// numpy's round: halves to the even number.
function evenRound(v) {
  const low = Math.floor(v);
  return v - low === 0.5 ? low + (low % 2) : Math.round(v);
}

// core/linear_rnn/decay.py, _marks: null for what does not happen.
function marks(energy, rho) {
  const total = accumulate(energy);
  const share = energy.map((e, k) => e - total[k]);
  return {
    underOnePercent: fromThenOn(share, (s) => s < -2 - 1e-9),
    lostInFloat32: fromThenOn(share, (s) => s < 2 * FLOAT32_ROUNDING),
    overflowFloat32: fromThenOn(total, (t) => t / 2 > FLOAT32_LARGEST),
    halfLife: rho > 0 && rho < 1 ? Math.log(0.5) / Math.log(rho) : null,
  };
}

function fromThenOn(values, holds) {
  let T = values.length;
  while (T > 0 && holds(values[T - 1])) T--;
  return T === values.length ? null : T + 1;
}

// core/linear_rnn/decay.py, orbit: x, W x, W² x, … as [[x, …], [y, …]]; angle in radians.
function orbit(W, angle, count) {
  let [x, y] = [Math.cos(angle), Math.sin(angle)];
  const [xs, ys] = [[x], [y]];
  for (let k = 0; k < count; k++) {
    [x, y] = [W[0] * x + W[1] * y, W[2] * x + W[3] * y];
    xs.push(x);
    ys.push(y);
  }
  return [xs, ys];
}
