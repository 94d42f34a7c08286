// Contingency tables of pairs of labelings on the device.
#pragma once

#include "device.cuh"
#include "rfcore/tables.hpp"

namespace rfcore::cuda {

// The most counts that the tables of one batch of pairs hold (128 MiB).
constexpr Index kTableCounts = Index{1} << 24;

// Throws std::invalid_argument as the host does, before anything is counted.
void check_pairs(const Call& call, const LabelPairs& pairs);

// The tables of `count` pairs from the first on.
void count_tables(const Call& call, const LabelPairs& pairs, Index first, Index count,
                  Index* tables);  // out (count, k, l)

// Hands use(first, count, tables) the device's tables of a few pairs after the others.
template <class Use>
void for_each_batch(const Call& call, const LabelPairs& pairs, Use&& use) {
  const Index b = pairs.n_pairs, size = pairs.k * pairs.l;
  const Index batch =
      std::min(b, std::max(Index{1}, kTableCounts / std::max(size, Index{1})));
  const Buffer<Index> tables(call, batch * size);
  for (Index first = 0; first < b; first += batch) {
    const Index count = std::min(batch, b - first);
    count_tables(call, pairs, first, count, tables.get());
    use(first, count, tables.get());
  }
}

// Writes measure(table, k, l) of each pair, which is computed on the host.
template <class T, class Measure>
void measure_tables(const Call& call, const LabelPairs& pairs, Vector<T> out,
                    Measure&& measure) {
  check_pairs(call, pairs);
  const Index size = pairs.k * pairs.l;
  std::vector<T> values(pairs.n_pairs);
  for_each_batch(call, pairs, [&](Index first, Index count, const Index* tables) {
    const std::vector<Index> host = call.read(tables, count * size);
    for_each_task(count, thread_count(count), [&](Index q, int) {
      values[first + q] = measure(host.data() + q * size, pairs.k, pairs.l);
    });
  });
  if (pairs.n_pairs > 0) {
    check(cudaMemcpyAsync(out.data, values.data(), pairs.n_pairs * sizeof(T),
                          cudaMemcpyHostToDevice, call.stream()),
          "copying to the device");
  }
  call.finish();
}

}  // namespace rfcore::cuda
