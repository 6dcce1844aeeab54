// What grouped heads keep and compute, named after core/decoding/cost.py and held equal to it
// (tests/browser/test_groups_arithmetic.py).

// The largest divisor of H that is at most G: each group has as many query heads.
function wholeGroups(G, H) {
  while (H % G) G -= 1;
  return G;
}

// Bytes of a cache of 32-bit numbers: 2 L G n T · 4.
const keyValueBytes = (L, G, n, T) => 4 * 2 * L * G * n * T;

// Weights of W_Q, W_K, W_V and W_O in one layer, without biases: d n (2 H + 2 G).
const attentionWeights = (d, n, H, G) => d * n * (2 * H + 2 * G);
