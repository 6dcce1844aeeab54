// The softmax of a row, its entropy and its gradient, named after core/interpret/softmax_scale.py
// and held equal to it (tests/browser/test_scaling_arithmetic.py).

function softmax(scores) {
  const best = Math.max(...scores);
  const p = Array.from(scores, (s) => Math.exp(s - best));
  const sum = p.reduce((all, v) => all + v, 0);
  return p.map((v) => v / sum);
}

// −Σ p ln p, in nats.
function entropy(p) {
  return p.reduce((all, v) => all - (v > 0 ? v * Math.log(v) : 0), 0);
}

// ‖diag(p) − p pᵀ‖: Σ_ij (δ_ij p_i − p_i p_j)² = Σ p² − 2 Σ p³ + (Σ p²)².
function gradientNorm(p) {
  const power = (k) => p.reduce((all, v) => all + v ** k, 0);
  return Math.sqrt(Math.max(0, power(2) - 2 * power(3) + power(2) ** 2));
}
