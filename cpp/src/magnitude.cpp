#include "rfcore/magnitude.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace rfcore {
namespace {

// The bits of |x| are ordered as the numbers are, and those of NaN are above infinity.
template <class T, class Bits>
RFCORE_INLINE Bits largest_bits(const T* x, Index n) {
  Bits largest = 0;
  for (Index i = 0; i < n; ++i) {
    Bits bits;
    std::memcpy(&bits, x + i, sizeof bits);
    bits &= std::numeric_limits<Bits>::max() / 2;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

RFCORE_CLONES
double largest_of(const double* x, Index n) {
  const std::uint64_t bits = largest_bits<double, std::uint64_t>(x, n);
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

RFCORE_CLONES
double largest_of(const float* x, Index n) {
  const std::uint32_t bits = largest_bits<float, std::uint32_t>(x, n);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return static_cast<double>(value);
}

constexpr Index kThreadValues = 1 << 18;

}  // namespace

template <class T>
double largest_magnitude(Vector<const T> x) {
  const Index n = x.shape[0];
  const int n_threads = thread_count(n / kThreadValues + 1);
  const Index part = (n + n_threads - 1) / n_threads;
  std::vector<double> found(n_threads, 0.0);
#pragma omp parallel for schedule(static) num_threads(n_threads)
  for (int t = 0; t < n_threads; ++t) {
    const Index begin = std::min(n, t * part), end = std::min(n, begin + part);
    found[t] = largest_of(x.data + begin, end - begin);
  }
  double largest = 0.0;
  for (double value : found) {
    if (!(value <= largest)) largest = value;
    if (std::isnan(largest)) break;
  }
  return largest;
}

void require_finite(const char* what, Vector<const double> values) {
  if (!std::isfinite(largest_magnitude(values))) {
    throw std::invalid_argument(std::string(what) + " should be finite");
  }
}

template double largest_magnitude<float>(Vector<const float>);
template double largest_magnitude<double>(Vector<const double>);

}  // namespace rfcore
