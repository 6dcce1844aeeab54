// The arithmetic of the unrolled RNN; twin of core/linear_rnn/instruments/paths.py

// W_h^{j-i} W_x x_i for every i ≤ j ≤ T: vectors[i][j - i]. W is row by row; U[i] is W_x x_i.
function paths(W, U, T, rho) {
  const d = U[0].length;
  return U.slice(0, T).map((u, i) => {
    const steps = [{ vector: u, norm: Math.hypot(...u) }];
    for (let j = i + 1; j < T; j++) {
      const last = steps[steps.length - 1].vector;
      const vector = new Float64Array(d);
      for (let r = 0; r < d; r++) {
        let sum = 0;
        for (let c = 0; c < d; c++) sum += W[r * d + c] * last[c];
        vector[r] = rho * sum;
      }
      steps.push({ vector, norm: Math.hypot(...vector) });
    }
    return steps;
  });
}

function sub(number) {
  return String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
}
