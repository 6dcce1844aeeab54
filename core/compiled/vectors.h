// Vectors of floats, as many as the processor computes at once, for GCC and Clang.

#pragma once

#include <cstdint>
#include <cstring>

namespace {

#if defined(__AVX512F__)
constexpr int64_t VEC = 16;  // floats in a vector
#elif defined(__AVX__)
constexpr int64_t VEC = 8;
#else
constexpr int64_t VEC = 4;
#endif
typedef float vec __attribute__((vector_size(VEC * sizeof(float)), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(VEC * sizeof(int32_t)), aligned(4), may_alias));

inline vec load(const float* p) { return *reinterpret_cast<const vec*>(p); }
inline void store(float* p, vec v) { *reinterpret_cast<vec*>(p) = v; }
inline vec splat(float x) { return x - vec{}; }  // 0 + x would cost an addition: it turns -0 into 0
inline vec pick(ivec mask, vec a, vec b) { return mask ? a : b; }

inline float sum(vec v) {  // in pairs, so that few additions wait for one another
  float part[VEC];
  store(part, v);
  for (int64_t half = VEC / 2; half; half /= 2)
    for (int64_t i = 0; i < half; i++) part[i] += part[i + half];
  return part[0];
}

// e^x for x <= 88: 2^k e^r with |r| <= ln(2)/2 and a Taylor polynomial of degree 7 for e^r.
inline vec exp_vec(vec x) {
  x = pick(x < splat(-87.0f), splat(-87.0f), x);
  const vec shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: rounds to a whole number
  const vec k = shifted - 12582912.0f;
  const vec r = x - k * 0.693359375f + k * 2.12194440e-4f;
  vec e = splat(1.0f / 5040);
  for (float c : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) e = e * r + c;
  const ivec power = (__builtin_convertvector(k, ivec) + 127) << 23;
  vec two_k;
  std::memcpy(&two_k, &power, sizeof power);
  return e * two_k;
}

// erf(z) by Abramowitz & Stegun 1964, formula 7.1.26 (error at most 1.5e-7); bell: e^(-z^2).
inline vec erf_vec(vec z, vec& bell) {
  const vec a = pick(z < splat(0.0f), -z, z);
  const vec t = 1.0f / (1.0f + 0.3275911f * a);
  bell = exp_vec(-a * a);
  vec poly = splat(1.061405429f);
  for (float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f}) poly = poly * t + c;
  const vec erf = 1.0f - poly * t * bell;
  return pick(z < splat(0.0f), -erf, erf);
}

}  // namespace
