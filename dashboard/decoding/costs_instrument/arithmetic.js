// What the next token costs, named after core/decoding/cost.py and held equal to it
// (tests/browser/test_costs_arithmetic.py). The sizes of a model: L, d, H, n, m, V, and the bytes of
// its weights.

// Multiply-adds of the forward pass that makes the token after T tokens. rows, read: whether all T
// positions pass the layers, and the vocabulary head.
function operations({ L, d, H, n, m, V }, T, { rows, read }) {
  const positions = rows ? T : 1;
  const projections = 4 * d * H * n + 2 * d * m;
  return L * (positions * projections + 2 * positions * T * H * n) + (read ? T : 1) * d * V;
}

// Bytes that the keys and values of T tokens take: 2 L T H n floats.
const cacheBytes = ({ L, H, n }, T) => 4 * 2 * L * T * H * n;

// Bytes of weights and cached keys and values that one token with a cache must read.
const bytesRead = (sizes, T) => sizes.bytes + cacheBytes(sizes, T);
