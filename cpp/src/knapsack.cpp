#include "rfcore/knapsack.hpp"

#include <vector>

namespace rfcore {
namespace {

// One item: the row of the table after it, and where it is kept.
template <class T>
RFCORE_INLINE void add_item(const T* __restrict before, Index n_capacities,
                            Index weight, double value, T* __restrict after,
                            Bit* __restrict kept) {
  for (Index c = weight; c < n_capacities; ++c) {
    const double with = static_cast<double>(before[c - weight]) + value;
    const bool better = with > static_cast<double>(before[c]);
    after[c] = better ? static_cast<T>(with) : before[c];
    kept[c] = better;
  }
}

RFCORE_CLONES void add(const double* before, Index n_capacities, Index weight,
                       double value, double* after, Bit* kept) {
  add_item(before, n_capacities, weight, value, after, kept);
}

RFCORE_CLONES void add(const float* before, Index n_capacities, Index weight,
                       double value, float* after, Bit* kept) {
  add_item(before, n_capacities, weight, value, after, kept);
}

// Bits of a table, 1 GiB.
constexpr Index kMostCells = Index{1} << 33;

bool is_set(const Bit* bytes, Index i) {
  return bytes[i / kByteBits] >> (kByteBits - 1 - i % kByteBits) & 1;
}

}  // namespace

template <class T>
double knapsack(Vector<const double> values, Vector<const Index> weights,
                Index capacity, T zero, Vector<Bit> taken) {
  const Index n = values.shape[0];
  require_equal("weights.shape[0]", weights.shape[0], n);
  require_equal("taken.shape[0]", taken.shape[0], n);
  require_at_least("capacity", capacity, 0);
  Index total = 0;
  for (Index i = 0; i < n; ++i) {
    require_at_least("weight", weights[i], 0);
    // Saturates, so that no sum overflows; what is too heavy never counts.
    if (weights[i] > capacity) continue;
    total = weights[i] > capacity - total ? capacity : total + weights[i];
  }
  // What is beyond all weights together stays free.
  require(
      total < kMostCells / std::max<Index>(n, 64),
      "the weights that fit should sum to less: the table has n (capacity + 1) bits");
  const Index width = total + 1, bytes = packed_bytes(width);
  std::vector<T> before(width, zero), after(width, zero);
  std::vector<Bit> kept(width), bits(n * bytes);
  for (Index i = 0; i < n; ++i) {
    const Index untouched = std::min(weights[i], width);
    std::copy_n(before.begin(), untouched, after.begin());
    std::fill_n(kept.begin(), untouched, Bit{0});
    add(before.data(), width, weights[i], values[i], after.data(), kept.data());
    pack_flags(kept.data(), width, bits.data() + i * bytes);
    before.swap(after);
  }
  Index left = total;
  for (Index i = n; i-- > 0;) {
    taken[i] = is_set(bits.data() + i * bytes, left);
    if (taken[i]) left -= weights[i];
  }
  return static_cast<double>(before[total]);
}

template double knapsack<double>(Vector<const double>, Vector<const Index>, Index,
                                 double, Vector<Bit>);
template double knapsack<float>(Vector<const double>, Vector<const Index>, Index, float,
                                Vector<Bit>);

}  // namespace rfcore
