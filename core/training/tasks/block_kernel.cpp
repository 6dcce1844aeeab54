// What a block of the Transformer does between its products of matrices, forward and back, in float32.
//
// core/training/tasks/block_kernel.py calls it for a few pictures at a time, so that what one function
// writes is still in the cache when the next one reads it. Attention reads queries, keys and values from
// the one layer's output (B, T, 3, H, n) and writes their gradient in the same order: nothing is moved.
//
// Letters  B pictures, T tokens, d = dim, H heads, n width of a head, m = mlp_dim, R = B*T rows
//          W tokens, padded to whole vectors; n, d and m are whole vectors

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

#include "../../compiled/vectors.h"

#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, four_places{__VA_ARGS__})
#endif

namespace {

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t four_places __attribute__((vector_size(16)));

#if defined(__AVX512F__)
constexpr int64_t ROWS = 12;  // rows of a tile of two vectors; their sums fit into registers
#else
constexpr int64_t ROWS = 6;
#endif

// work(begin, end) on so many threads, which together cover 0 to count. With GCC they are torch's own,
// because both use its OpenMP; others would compete with torch's, which wait without sleeping.
template <class Work>
void share(int64_t threads, int64_t count, Work work) {
  threads = std::max<int64_t>(1, std::min(threads, count));
#if defined(_OPENMP) && !defined(__clang__)
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int64_t t = 0; t < threads; t++) work(count * t / threads, count * (t + 1) / threads);
#else
  std::vector<std::thread> others;
  for (int64_t t = 1; t < threads; t++)
    others.emplace_back(work, count * t / threads, count * (t + 1) / threads);
  work(0, count / threads);
  for (std::thread& other : others) other.join();
#endif
}

// A matrix in memory: where it begins, and how far apart its rows are.
struct Matrix {
  float* at;
  int64_t stride;
};

// c = a b for so many rows and vectors of columns; turned: a is stored as its transpose.
template <int64_t rows, int64_t vecs, bool turned>
inline void tile(Matrix a, Matrix b, int64_t inner, Matrix c) {
  vec sums[rows][vecs] = {};
  for (int64_t k = 0; k < inner; k++) {
    vec right[vecs];
    for (int64_t j = 0; j < vecs; j++) right[j] = load(b.at + k * b.stride + j * VEC);
    for (int64_t r = 0; r < rows; r++) {
      const vec left = splat(a.at[turned ? k * a.stride + r : r * a.stride + k]);
      for (int64_t j = 0; j < vecs; j++) sums[r][j] += left * right[j];
    }
  }
  for (int64_t r = 0; r < rows; r++)
    for (int64_t j = 0; j < vecs; j++) store(c.at + r * c.stride + j * VEC, sums[r][j]);
}

template <int64_t rows, bool turned>
void band(int64_t wanted, Matrix a, Matrix b, int64_t inner, int64_t columns, Matrix c) {
  if constexpr (rows > 1)
    if (wanted < rows) return band<rows - 1, turned>(wanted, a, b, inner, columns, c);
  for (; columns >= 2 * VEC; columns -= 2 * VEC, b.at += 2 * VEC, c.at += 2 * VEC)
    tile<rows, 2, turned>(a, b, inner, c);
  if (columns) tile<rows, 1, turned>(a, b, inner, c);
}

// c (rows, columns) = a (rows, inner) b (inner, columns); the columns are whole vectors.
template <bool turned>
void product(int64_t rows, int64_t inner, int64_t columns, Matrix a, Matrix b, Matrix c) {
  for (; rows > 0; rows -= ROWS, a.at += turned ? ROWS : ROWS * a.stride, c.at += ROWS * c.stride)
    band<ROWS, turned>(std::min(rows, ROWS), a, b, inner, columns, c);
}

// x (rows, columns) -> out (columns, rows), four by four; the columns are a multiple of four.
void transpose(Matrix x, int64_t rows, int64_t columns, Matrix out) {
  for (int64_t i = 0; i < columns; i += 4) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      four in[4];
      for (int64_t j = 0; j < 4; j++)
        in[j] = *reinterpret_cast<const four*>(x.at + (r + j) * x.stride + i);
      const four ab = SHUFFLE(in[0], in[1], 0, 4, 1, 5), AB = SHUFFLE(in[0], in[1], 2, 6, 3, 7);
      const four cd = SHUFFLE(in[2], in[3], 0, 4, 1, 5), CD = SHUFFLE(in[2], in[3], 2, 6, 3, 7);
      const four turned[4] = {SHUFFLE(ab, cd, 0, 1, 4, 5), SHUFFLE(ab, cd, 2, 3, 6, 7),
                              SHUFFLE(AB, CD, 0, 1, 4, 5), SHUFFLE(AB, CD, 2, 3, 6, 7)};
      for (int64_t j = 0; j < 4; j++)
        *reinterpret_cast<four*>(out.at + (i + j) * out.stride + r) = turned[j];
    }
    for (; r < rows; r++)
      for (int64_t j = i; j < i + 4; j++) out.at[j * out.stride + r] = x.at[r * x.stride + j];
  }
}

int64_t padded(int64_t tokens) { return (tokens + VEC - 1) / VEC * VEC; }

// Ask for the memory of x (rows, columns) that will be read soon; its rows lie far apart, which the
// processor does not foresee.
void expect(Matrix x, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < columns; i += 16) __builtin_prefetch(x.at + r * x.stride + i, 0, 2);
}

// The softmax over the keys, of scale times x (T keys, W queries): down the columns. scratch: 2 W.
void softmax(float* x, int64_t T, int64_t W, float scale, float* scratch) {
  float *best = scratch, *total = scratch + W;
  for (int64_t i = 0; i < W; i += VEC) store(best + i, load(x + i)), store(total + i, vec{});
  for (int64_t j = 1; j < T; j++)
    for (int64_t i = 0; i < W; i += VEC) {
      const vec score = load(x + j * W + i), so_far = load(best + i);
      store(best + i, pick(score > so_far, score, so_far));
    }
  for (int64_t j = 0; j < T; j++)
    for (int64_t i = 0; i < W; i += VEC) {
      const vec e = exp_vec((load(x + j * W + i) - load(best + i)) * scale);
      store(x + j * W + i, e);
      store(total + i, load(total + i) + e);
    }
  for (int64_t i = 0; i < W; i += VEC) store(total + i, 1.0f / load(total + i));
  for (int64_t j = 0; j < T; j++)
    for (int64_t i = 0; i < W; i += VEC)
      store(x + j * W + i, load(x + j * W + i) * load(total + i));
}

// dx becomes the gradient of x: scale * p * (dx - sum over the keys of p dx).
void softmax_backward(const float* p, float* dx, int64_t T, int64_t W, float scale, float* total) {
  for (int64_t i = 0; i < W; i += VEC) store(total + i, vec{});
  for (int64_t j = 0; j < T; j++)
    for (int64_t i = 0; i < W; i += VEC)
      store(total + i, load(total + i) + load(p + j * W + i) * load(dx + j * W + i));
  for (int64_t j = 0; j < T; j++)
    for (int64_t i = 0; i < W; i += VEC) {
      const vec change = load(dx + j * W + i) - load(total + i);
      store(dx + j * W + i, change * load(p + j * W + i) * scale);
    }
}

// sums[i] = the sum of column i of x (T, width).
void column_sums(const float* x, int64_t T, int64_t width, float* sums) {
  for (int64_t i = 0; i < width; i += VEC) {
    vec total{};
    for (int64_t t = 0; t < T; t++) total += load(x + t * width + i);
    store(sums + i, total);
  }
}

// GELU(x) = x P(x) with P(x) = (1 + erf(x / sqrt 2)) / 2; slope: P(x) + x e^(-x^2 / 2) / sqrt(2 pi).
inline vec gelu(vec x, vec& slope) {
  vec bell;
  const vec below = 0.5f + 0.5f * erf_vec(x * 0.70710678f, bell);
  slope = below + x * bell * 0.39894228f;
  return x * below;
}

}  // namespace

extern "C" {

int64_t lanes() { return VEC; }

// qkv (B, T, 3, H, n): the bias (3Hn) is added in place. alphas: (B, H, T keys, W queries), out: (B, T, Hn).
void attention(float* qkv, const float* bias, int64_t B, int64_t T, int64_t H, int64_t n,
               int64_t threads, float* alphas, float* out) {
  const int64_t W = padded(T), width = H * n, row = 3 * width;
  share(threads, B, [=](int64_t begin, int64_t end) {
    std::vector<float> turned(n * W), scratch(2 * W);
    for (int64_t b = begin; b < end; b++) {
      float* x = qkv + b * T * row;
      for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < row; i += VEC)
          store(x + t * row + i, load(x + t * row + i) + load(bias + i));
      for (int64_t h = 0; h < H; h++) {
        float *q = x + h * n, *k = q + width, *v = k + width, *p = alphas + (b * H + h) * T * W;
        transpose({q, row}, T, n, {turned.data(), W});
        product<false>(T, n, W, {k, row}, {turned.data(), W}, {p, W});
        softmax(p, T, W, 1.0f / std::sqrt(float(n)), scratch.data());
        product<true>(T, T, n, {p, W}, {v, row}, {out + b * T * width + h * n, width});
      }
    }
  });
}

// d_qkv: as qkv; d_bias: (B, 3Hn), its sum over the tokens of each picture.
void attention_backward(float* qkv, float* alphas, float* d_out, int64_t B, int64_t T, int64_t H,
                        int64_t n, int64_t threads, float* d_qkv, float* d_bias) {
  const int64_t W = padded(T), width = H * n, row = 3 * width;
  share(threads, B, [=](int64_t begin, int64_t end) {
    std::vector<float> turned(n * W), scores(T * W), scratch(W);
    float* s = scores.data();
    for (int64_t b = begin; b < end; b++) {
      for (int64_t h = 0; h < H; h++) {
        float *q = qkv + b * T * row + h * n, *k = q + width, *v = k + width;
        float *dq = d_qkv + b * T * row + h * n, *dk = dq + width, *dv = dk + width;
        float *p = alphas + (b * H + h) * T * W, *d = d_out + b * T * width + h * n;
        product<false>(T, T, n, {p, W}, {d, width}, {dv, row});
        if (h + 1 < H || b + 1 < end) {
          float* next = h + 1 < H ? q + n : qkv + (b + 1) * T * row;
          for (int64_t i = 0; i < 3; i++) expect({next + i * width, row}, T, n);
          expect({p + T * W, W}, T, W);
        }
        transpose({d, width}, T, n, {turned.data(), W});
        product<false>(T, n, W, {v, row}, {turned.data(), W}, {s, W});
        softmax_backward(p, s, T, W, 1.0f / std::sqrt(float(n)), scratch.data());
        product<true>(T, T, n, {s, W}, {k, row}, {dq, row});
        product<false>(T, T, n, {s, W}, {q, row}, {dk, row});
      }
      column_sums(d_qkv + b * T * row, T, row, d_bias + b * row);
    }
  });
}

// y = x + delta + bias, all (R, d). delta becomes y + next_bias; normed: (y - mean) / deviation of each
// row, without weights; inverse: (R,), 1 / deviation.
void residual_norm(const float* x, float* delta, const float* bias, const float* next_bias, int64_t R,
                   int64_t d, float eps, int64_t threads, float* normed, float* inverse) {
  share(threads, R, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float *y = delta + r * d, *hat = normed + r * d;
      vec total{}, squares{};
      for (int64_t i = 0; i < d; i += VEC) {
        const vec value = load(x + r * d + i) + load(y + i) + load(bias + i);
        store(hat + i, value);
        store(y + i, value + load(next_bias + i));
        total += value;
      }
      const float mean = sum(total) / d;
      for (int64_t i = 0; i < d; i += VEC) squares += (load(hat + i) - mean) * (load(hat + i) - mean);
      inverse[r] = 1.0f / std::sqrt(sum(squares) / d + eps);
      for (int64_t i = 0; i < d; i += VEC) store(hat + i, (load(hat + i) - mean) * inverse[r]);
    }
  });
}

// d_normed (B, T, d) becomes the gradient of y; dz: that of delta. d_biases: (B, 2, d), the sums of the
// gradient of y and of dz over the tokens of each picture.
void residual_norm_backward(const float* dz, float* d_normed, const float* normed, const float* inverse,
                            int64_t B, int64_t T, int64_t d, int64_t threads, float* d_biases) {
  share(threads, B, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin * T; r < end * T; r++) {
      float* g = d_normed + r * d;
      const float* hat = normed + r * d;
      vec total{}, dots{};
      for (int64_t i = 0; i < d; i += VEC) total += load(g + i), dots += load(g + i) * load(hat + i);
      const float mean = sum(total) / d, dot = sum(dots) / d;
      for (int64_t i = 0; i < d; i += VEC)
        store(g + i, load(dz + r * d + i) + (load(g + i) - mean - load(hat + i) * dot) * inverse[r]);
    }
    for (int64_t b = begin; b < end; b++) {
      column_sums(d_normed + b * T * d, T, d, d_biases + b * 2 * d);
      column_sums(dz + b * T * d, T, d, d_biases + b * 2 * d + d);
    }
  });
}

// out = GELU(x + bias), all (R, m); x becomes its slope.
void gelu_and_slope(float* x, const float* bias, int64_t R, int64_t m, int64_t threads, float* out) {
  share(threads, R, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++)
      for (int64_t i = 0; i < m; i += VEC) {
        vec slope;
        store(out + r * m + i, gelu(load(x + r * m + i) + load(bias + i), slope));
        store(x + r * m + i, slope);
      }
  });
}

// d_out (B, T, m) becomes d_out * slope; d_bias: (B, m), its sum over the tokens of each picture.
void gelu_backward(float* d_out, const float* slope, int64_t B, int64_t T, int64_t m, int64_t threads,
                   float* d_bias) {
  share(threads, B, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin * T * m; i < end * T * m; i += VEC)
      store(d_out + i, load(d_out + i) * load(slope + i));
    for (int64_t b = begin; b < end; b++) column_sums(d_out + b * T * m, T, m, d_bias + b * m);
  });
}

}  // extern "C"
