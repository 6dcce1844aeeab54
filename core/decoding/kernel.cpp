// One call reads T tokens of B texts through every layer and the vocabulary head, in float32.
//
// The same arithmetic as read_tokens in core/decoding/kv_cache.py, for one thread. Every linear layer is
// stored in panels of LANES outputs, [panel][input][lane], so that the weights stream through
// memory once, in order, for all rows at a time. That stream is what a token waits for: weights
// that are exact in 16 bits come as such, and are widened on the way. core/compiled/build.py builds
// this file, core/decoding/kernel.py calls it.
//
// Letters  R = B*T rows, d = dim, H heads, n width of a head, m = mlp_dim, N longest text
//          W the type of the weights in the panels, float or half

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "../compiled/vectors.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace {

#if defined(__x86_64__) && !defined(__AVX512F__)
constexpr int64_t ROWS = 6;  // rows sharing one pass over a panel; their sums fit into registers
#else
constexpr int64_t ROWS = 8;
#endif
constexpr int64_t LANES = 2 * VEC;  // outputs in a panel

#if defined(__F16C__)
#define HAS_HALF
typedef uint16_t half;  // the bits of a number in 16 bits, IEEE 754 binary16

inline vec load(const half* p) {
#if defined(__AVX512F__)
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
#else
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
#endif
}
#endif

int64_t padded(int64_t size) { return (size + LANES - 1) / LANES * LANES; }

inline vec gelu(vec x) {  // x (1 + erf(x / sqrt 2)) / 2
  vec bell;
  return 0.5f * x * (1.0f + erf_vec(x * 0.70710678f, bell));
}

// `rows` (at most ROWS) outputs of one panel: acc[r] = bias + sum_k x[r][k] panel[k].
template <int64_t rows, class W>
void panel_product(const W* panel, const float* bias, const float* x, int64_t x_stride,
                   int64_t inputs, float* out, int64_t out_stride) {
  vec low[rows], high[rows];
  for (int64_t r = 0; r < rows; r++) low[r] = load(bias), high[r] = load(bias + VEC);
  for (int64_t k = 0; k < inputs; k++) {
    const vec a = load(panel + k * LANES), b = load(panel + k * LANES + VEC);
    for (int64_t r = 0; r < rows; r++) {
      const vec value = splat(x[r * x_stride + k]);
      low[r] += value * a;
      high[r] += value * b;
    }
  }
  for (int64_t r = 0; r < rows; r++) {
    store(out + r * out_stride, low[r]);
    store(out + r * out_stride + VEC, high[r]);
  }
}

// One row: four chains of sums, so that no addition waits for the one before it.
template <class W>
void row_product(const W* panel, const float* bias, const float* x, int64_t inputs, float* out) {
  vec low[4] = {load(bias)}, high[4] = {load(bias + VEC)};
  int64_t k = 0;
  for (; k + 4 <= inputs; k += 4)
    for (int64_t j = 0; j < 4; j++) {
      const W* p = panel + (k + j) * LANES;
      low[j] += splat(x[k + j]) * load(p);
      high[j] += splat(x[k + j]) * load(p + VEC);
    }
  for (; k < inputs; k++) {
    low[0] += splat(x[k]) * load(panel + k * LANES);
    high[0] += splat(x[k]) * load(panel + k * LANES + VEC);
  }
  store(out, (low[0] + low[1]) + (low[2] + low[3]));
  store(out + VEC, (high[0] + high[1]) + (high[2] + high[3]));
}

// The weights not read yet, in the order in which layers take them.
template <class W>
struct Weights {
  const W* panels;
  const float* vectors;  // biases and norms
};

// A linear layer takes its panels, and a bias padded to whole panels.
template <class W>
struct Linear {
  const W* panels;
  const float* bias;
  int64_t inputs, outputs;

  Linear(Weights<W>& next, int64_t inputs, int64_t outputs)
      : panels(next.panels), bias(next.vectors), inputs(inputs), outputs(outputs) {
    next.panels += padded(outputs) * inputs;
    next.vectors += padded(outputs);
  }

  // x: (rows, x_stride) -> out: (rows, out_stride), out_stride >= padded(outputs).
  void apply(const float* x, int64_t x_stride, int64_t rows, float* out, int64_t out_stride) const {
    for (int64_t o = 0; o < outputs; o += LANES)
      panel(o, x, x_stride, rows, out + o, out_stride);
  }

  void panel(int64_t o, const float* x, int64_t x_stride, int64_t rows, float* out,
             int64_t out_stride) const {
    const W* w = panels + o * inputs;
    for (; rows >= ROWS; rows -= ROWS, x += ROWS * x_stride, out += ROWS * out_stride)
      panel_product<ROWS>(w, bias + o, x, x_stride, inputs, out, out_stride);
    switch (rows) {
      case 7: return panel_product<7>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 6: return panel_product<6>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 5: return panel_product<5>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 4: return panel_product<4>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 3: return panel_product<3>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 2: return panel_product<2>(w, bias + o, x, x_stride, inputs, out, out_stride);
      case 1: return row_product(w, bias + o, x, inputs, out);
    }
  }
};

struct Norm {
  const float *weight, *bias;
  int64_t dim;

  template <class W>
  Norm(Weights<W>& next, int64_t dim)
      : weight(next.vectors), bias(next.vectors + dim), dim(dim) {
    next.vectors += 2 * dim;
  }

  void apply(const float* x, float* out, float eps) const {
    const int64_t whole = dim / VEC * VEC;
    vec parts{};
    for (int64_t i = 0; i < whole; i += VEC) parts += load(x + i);
    float mean = sum(parts);
    for (int64_t i = whole; i < dim; i++) mean += x[i];
    mean /= dim;
    parts = vec{};
    for (int64_t i = 0; i < whole; i += VEC) parts += (load(x + i) - mean) * (load(x + i) - mean);
    float variance = sum(parts);
    for (int64_t i = whole; i < dim; i++) variance += (x[i] - mean) * (x[i] - mean);
    const float scale = 1.0f / std::sqrt(variance / dim + eps);
    for (int64_t i = 0; i < dim; i++) out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  }
};

// One query over `seen` keys of one head: out = softmax(q K^T / sqrt n) V. weights: scratch.
void attend(const float* q, const float* keys, const float* values, int64_t seen, int64_t n,
            float* weights, float* out) {
  const float scale = 1.0f / std::sqrt(float(n));
  const int64_t whole = n / VEC * VEC;
  float best = -INFINITY;
  for (int64_t j = 0; j < seen; j++) {
    const float* k = keys + j * n;
    vec dots{};
    for (int64_t i = 0; i < whole; i += VEC) dots += load(q + i) * load(k + i);
    float score = sum(dots);
    for (int64_t i = whole; i < n; i++) score += q[i] * k[i];
    weights[j] = score * scale;
    if (weights[j] > best) best = weights[j];
  }
  for (int64_t j = seen; j % VEC; j++) weights[j] = -INFINITY;
  vec totals{};
  for (int64_t j = 0; j < seen; j += VEC) {
    vec e = exp_vec(load(weights + j) - best);
    if (j + VEC > seen)
      for (int64_t i = seen - j; i < VEC; i++) e[i] = 0;
    store(weights + j, e);
    totals += e;
  }
  const float inverse = 1.0f / sum(totals);
  for (int64_t i = 0; i < whole; i += VEC) {
    vec even{}, odd{};
    int64_t j = 0;
    for (; j + 2 <= seen; j += 2) {
      even += weights[j] * load(values + j * n + i);
      odd += weights[j + 1] * load(values + (j + 1) * n + i);
    }
    if (j < seen) even += weights[j] * load(values + j * n + i);
    store(out + i, (even + odd) * inverse);
  }
  for (int64_t i = whole; i < n; i++) {
    float total = 0;
    for (int64_t j = 0; j < seen; j++) total += weights[j] * values[j * n + i];
    out[i] = total * inverse;
  }
}

// The largest of x; NaN if one of them is not finite or beyond 1e30.
float largest(const float* x, int64_t size) {
  float best = x[0];
  bool sound = true;
  int64_t i = 0;
  if (size >= VEC) {
    vec top = load(x);
    ivec within = ~ivec{};
    for (; i + VEC <= size; i += VEC) {
      const vec value = load(x + i);
      top = pick(value > top, value, top);
      within &= (value < splat(1e30f)) & (value > splat(-1e30f));
    }
    for (int64_t lane = 0; lane < VEC; lane++) {
      best = std::max(best, top[lane]);
      sound &= within[lane] != 0;
    }
  }
  for (; i < size; i++) {
    best = std::max(best, x[i]);
    sound &= std::abs(x[i]) < 1e30f;
  }
  return sound ? best : NAN;
}

// weights[i] = e^((x[i] - best) / t), 0 below e^-87; returns their sum.
double exponentials(const float* x, int64_t size, float best, float t, float* weights) {
  const float inverse = 1.0f / t;
  double total = 0;
  int64_t i = 0;
  while (i + VEC <= size) {
    vec part{};  // floats for a few vectors, doubles for the whole
    for (const int64_t stop = std::min(size - VEC, i + 16 * VEC); i <= stop; i += VEC) {
      const vec z = (load(x + i) - best) * inverse;
      const vec e = pick(z < splat(-87.0f), vec{}, exp_vec(z));
      store(weights + i, e);
      part += e;
    }
    total += sum(part);
  }
  for (; i < size; i++) total += weights[i] = std::exp((x[i] - best) * inverse);
  return total;
}

// The tokens of a row in order of falling weight (equals: lower id first), without sorting them
// all: they are counted into buckets of nearly equal weight, and only a bucket in which something
// is decided is sorted.
class Ranking {
 public:
  struct Place {
    int64_t token, tokens;
    double mass;  // of this token and all before it
  };

  explicit Ranking(const std::vector<float>& weights)
      : weights(weights), inside(weights.size()), counts(BUCKETS), masses(BUCKETS) {
    for (float weight : weights) {
      const int32_t b = bucket(weight);
      counts[b]++;
      masses[b] += weight;
    }
    while (masses[lowest] == 0) lowest++;
  }

  // The first place at which done(tokens so far, mass so far) holds, else the last with weight > 0.
  template <class Done>
  Place find(Done done) {
    Place place{0, 0, 0};
    for (int64_t b = BUCKETS - 1; b >= lowest; b--) {
      if (done(place.tokens + counts[b], place.mass + masses[b]) || b == lowest) {
        const int64_t size = gather(b);
        for (int64_t i = 0; i < size; i++) {
          place = {inside[i], place.tokens + 1, place.mass + weights[inside[i]]};
          if (done(place.tokens, place.mass)) return place;
        }
      } else {
        place.tokens += counts[b];
        place.mass += masses[b];
      }
    }
    return place;
  }

 private:
  static constexpr int64_t SHIFT = 18, BUCKETS = (0x3F800000 >> SHIFT) + 1;  // weights <= 1

  static int32_t bucket(float weight) {
    int32_t bits;
    std::memcpy(&bits, &weight, sizeof bits);
    return bits >> SHIFT;
  }

  // The tokens of bucket b with a weight above 0, sorted, into `inside`; returns how many.
  int64_t gather(int64_t b) {
    int64_t size = 0;
    const int64_t all = weights.size();
    for (int64_t block = 0; block < all; block += 64) {
      const int64_t stop = std::min(block + 64, all);
      int32_t any = 0;
      for (int64_t i = block; i < stop; i++) any |= bucket(weights[i]) == b;
      for (int64_t i = block; any && i < stop; i++)
        if (bucket(weights[i]) == b && weights[i] > 0) inside[size++] = int32_t(i);
    }
    std::stable_sort(inside.begin(), inside.begin() + size,
                     [&](int32_t i, int32_t j) { return weights[i] > weights[j]; });
    return size;
  }

  const std::vector<float>& weights;
  std::vector<int32_t> inside, counts;
  std::vector<double> masses;
  int64_t lowest = 0;  // the lowest bucket that holds a weight above 0
};

struct Sizes {
  int64_t vocab, dim, heads, head_dim, mlp, layers, context_length, pre_norm;
  float eps;
};

// keys, values: (L, B, H, N, n), of which places start .. start+T-1 are written.
// ids: (B, T) -> logits: (B, V) after the last token of each text.
template <class W>
void read(const Sizes* s, Weights<W> next, const float* tokens, const float* positions, float* keys,
          float* values, const int64_t* ids, int64_t B, int64_t T, int64_t start, float* logits) {
  const int64_t d = s->dim, H = s->heads, n = s->head_dim, N = s->context_length, R = B * T;
  const int64_t wide = padded(3 * H * n), m = padded(s->mlp), out_dim = padded(d);
  std::vector<float> x(R * d), normed(R * d), qkv(R * wide), heads(R * H * n), hidden(R * m),
      delta(R * out_dim), weights(N + VEC);

  for (int64_t r = 0; r < R; r++)
    for (int64_t i = 0; i < d; i++)
      x[r * d + i] = tokens[ids[r] * d + i] + positions[(start + r % T) * d + i];

  for (int64_t layer = 0; layer < s->layers; layer++) {
    const float* input = x.data();
    if (s->pre_norm) {
      const Norm norm(next, d);
      for (int64_t r = 0; r < R; r++) norm.apply(&x[r * d], &normed[r * d], s->eps);
      input = normed.data();
    }
    Linear<W>(next, d, 3 * H * n).apply(input, d, R, qkv.data(), wide);
    for (int64_t r = 0; r < R; r++)
      for (int64_t h = 0; h < H; h++) {
        const int64_t text = ((layer * B + r / T) * H + h) * N * n, place = start + r % T;
        const float* row = &qkv[r * wide + h * n];
        std::memcpy(keys + text + place * n, row + H * n, n * sizeof(float));
        std::memcpy(values + text + place * n, row + 2 * H * n, n * sizeof(float));
        attend(row, keys + text, values + text, place + 1, n, weights.data(),
               &heads[(r * H + h) * n]);
      }
    Linear<W>(next, H * n, d).apply(heads.data(), H * n, R, delta.data(), out_dim);
    for (int64_t r = 0; r < R; r++)
      for (int64_t i = 0; i < d; i++) x[r * d + i] += delta[r * out_dim + i];

    const Norm norm(next, d);
    for (int64_t r = 0; r < R; r++) norm.apply(&x[r * d], &normed[r * d], s->eps);
    Linear<W>(next, d, s->mlp).apply(normed.data(), d, R, hidden.data(), m);
    for (int64_t i = 0; i < R * m; i += VEC) store(&hidden[i], gelu(load(&hidden[i])));
    Linear<W>(next, s->mlp, d).apply(hidden.data(), m, R, delta.data(), out_dim);
    for (int64_t r = 0; r < R; r++)
      for (int64_t i = 0; i < d; i++) x[r * d + i] += delta[r * out_dim + i];
  }

  const Norm norm(next, d);
  for (int64_t b = 0; b < B; b++) norm.apply(&x[(b * T + T - 1) * d], &normed[b * d], s->eps);
  const Linear<W> head(next, d, s->vocab);
  std::vector<float> last(B * LANES);  // the last panel may stick out beyond V
  for (int64_t o = 0; o < s->vocab; o += LANES)
    if (o + LANES <= s->vocab) {
      head.panel(o, normed.data(), d, B, logits + o, s->vocab);
    } else {
      head.panel(o, normed.data(), d, B, last.data(), LANES);
      for (int64_t b = 0; b < B; b++)
        for (int64_t i = o; i < s->vocab; i++)
          logits[b * s->vocab + i] = last[b * LANES + i - o];
    }
}

// For each row of logits (B, V): the token that `draws` falls on, most probable first, among the k
// most probable that reach the mass p at temperature t (k = V, p = 1: all), and log P of that token
// in the row's own distribution. A row that is not finite, or whose logits spread too far for
// float32, gets token -1.
void choose(const float* logits, int64_t B, int64_t V, float t, int64_t k, double p,
            const float* draws, int64_t* chosen, float* log_probability) {
  std::vector<float> weights(V);
  for (int64_t b = 0; b < B; b++) {
    const float* row = logits + b * V;
    const float best = largest(row, V);
    chosen[b] = -1;
    if (!std::isfinite(best)) continue;
    const double own = exponentials(row, V, best, 1.0f, weights.data());
    const double total = t == 1.0f ? own : exponentials(row, V, best, t, weights.data());
    Ranking ranking(weights);
    double kept = total;
    if (k < V) kept = ranking.find([&](int64_t tokens, double) { return tokens >= k; }).mass;
    if (p < 1) kept = ranking.find([&](int64_t, double mass) { return mass >= p * kept; }).mass;
    const double target = draws[b] * kept;
    chosen[b] = ranking.find([&](int64_t, double mass) { return mass > target; }).token;
    log_probability[b] = row[chosen[b]] - best - float(std::log(own));
  }
}

}  // namespace

extern "C" {

void read_tokens(const Sizes* s, const float* panels, const float* vectors, const float* tokens,
                 const float* positions, float* keys, float* values, const int64_t* ids, int64_t B,
                 int64_t T, int64_t start, float* logits) {
  read<float>(s, {panels, vectors}, tokens, positions, keys, values, ids, B, T, start, logits);
}

int64_t lanes() { return LANES; }

#ifdef HAS_HALF
void read_tokens_half(const Sizes* s, const half* panels, const float* vectors, const float* tokens,
                      const float* positions, float* keys, float* values, const int64_t* ids,
                      int64_t B, int64_t T, int64_t start, float* logits) {
  read<half>(s, {panels, vectors}, tokens, positions, keys, values, ids, B, T, start, logits);
}
#endif

void choose_tokens(const float* logits, int64_t B, int64_t V, float t, int64_t k, double p,
                   const float* draws, int64_t* chosen, float* log_probability) {
  choose(logits, B, V, t, k, p, draws, chosen, log_probability);
}

}  // extern "C"
