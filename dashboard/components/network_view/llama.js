// The steps of a Llama's block: RMSNorm, keys and values that groups of heads share, turned queries and
// keys, SwiGLU

const LLAMA_COLUMNS = [["x"], ["q0", "k0", "v"], ["q", "k"], ["scores", "scaled"],
  ["masked", "alpha"], ["out"], ["concat", "attended"], ["u", "gate", "up"], ["product", "mlp"]];

function llamaSteps(data, embedding, part) {
  const { total: T, dim, head_dim: n, heads, mlp_dim: m } = data;
  const { groups, qkv, out } = data.llama;
  if (embedding) {
    return [
      { name: "embedded", label: "E[token]", means: "the token's row of E", columns: dim },
      { name: "end", label: "z", columns: dim,
        means: "z = E[token]; the position comes later, as a rotation of q and k in every block" }];
  }
  const each = heads / groups;
  const group = Math.floor(part / each);
  const whose = each === 1 ? `head ${part + 1}` : `heads ${group * each + 1} to ${(group + 1) * each}` +
    `, which are group ${group + 1} of ${groups}`;
  const bias = (letter) => (qkv ? ` + b_${letter}` : "");
  const pair = { columns: T, pair: true, own: true };
  const own = { columns: n, own: true };
  return [
    { name: "x", label: "x", columns: dim, means: "x = RMSNorm(z)" },
    { name: "q0", label: "q′", ...own, means: `q′ = x W_Q${bias("Q")}: the queries of head ${part + 1}` },
    { name: "k0", label: "k′", ...own, means: `k′ = x W_K${bias("K")}: the keys of ${whose}` },
    { name: "v", label: "v", ...own, means: `v = x W_V${bias("V")}: the values of ${whose}` },
    { name: "q", label: "q", ...own, means: "q = R_t q′: each pair of features is turned by position t times its frequency" },
    { name: "k", label: "k", ...own, means: `k = R_t k′: turned in the same way, for ${whose}` },
    { name: "scores", label: "q kᵀ", ...pair, means: "every query times every key" },
    { name: "scaled", label: `÷ √${n}`, ...pair, means: "divided by √n" },
    { name: "masked", label: "mask", ...pair, means: "later tokens get −∞" },
    { name: "alpha", label: "softmax", ...pair, means: "each row sums to one" },
    { name: "out", label: "A v", ...own, means: "the weighted mean of the values" },
    { name: "concat", label: "concat", columns: n * heads, means: `all ${heads} heads side by side` },
    { name: "attended", label: "project", columns: dim,
      means: `concat W_O${out ? " + b_O" : ""}: the output projection` },
    { name: "after", label: "+ z", columns: dim, means: "added to the stream" },
    { name: "u", label: "u", columns: dim, means: "u = RMSNorm(z), of the stream with the attention added" },
    { name: "gate", label: "gate", columns: m, means: "u W_gate" },
    { name: "up", label: "up", columns: m, means: "u W_up" },
    { name: "product", label: "gated", columns: m,
      means: "silu(gate) ⊙ up, feature by feature, with silu(g) = g σ(g)" },
    { name: "mlp", label: "down", columns: dim, means: `gated W_down: back to ${dim} features` },
    { name: "end", label: "+", columns: dim, means: "added to the stream, which the next block reads" }];
}
