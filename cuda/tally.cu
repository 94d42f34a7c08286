#include "rfcore/tally.hpp"

#include "tables.cuh"

namespace rfcore::cuda {
namespace {

// One warp adds the distances of one chunk whose rows are in one group, first to last:
// the order of the host. Every thread adds the same values; the warp shares the loads.
__global__ void __launch_bounds__(kWarp)
    sum_groups(const double* sq, const Label* groups, Index n, Index l,
               Index chunk_rows, Index n_chunks, double* partials) {
  const Index lane = threadIdx.x;
  for (Index item = blockIdx.x; item < n_chunks * l; item += gridDim.x) {
    const Index g = item % l, begin = item / l * chunk_rows;
    const Index end = min(n, begin + chunk_rows);
    double sum = 0.0;
    for (Index base = begin; base < end; base += kWarp) {
      const Index row = base + lane;
      // Adding 0 changes no bit of a sum of squares.
      const double value = row < end && groups[row] == g ? sq[row] : 0.0;
#pragma unroll
      for (int j = 0; j < kWarp; ++j) sum += __shfl_sync(kWholeWarp, value, j);
    }
    if (lane == 0) partials[item] = sum;
  }
}

// sums[g] = the partial sums of its chunks, in chunk order.
__global__ void __launch_bounds__(kWarp)
    join_groups(const double* partials, Index n_chunks, Index l, double* sums) {
  for (Index g = grid_thread(); g < l; g += grid_threads()) {
    double sum = 0.0;
    for (Index chunk = 0; chunk < n_chunks; ++chunk) sum += partials[chunk * l + g];
    sums[g] = sum;
  }
}

}  // namespace

template <class T>
void tally_nearest(Matrix<const T> X, Cube<const double> centers,
                   Vector<const Label> groups, Cube<Index> counts, Matrix<double> sums,
                   Stream stream) {
  check_tally(X, centers, groups, counts, sums);
  const Index n = X.shape[0], d = X.shape[1], b = centers.shape[0];
  const Index k = centers.shape[1], l = sums.shape[1];
  const Call call(stream, {{"X", X},
                           {"centers", centers},
                           {"groups", groups},
                           {"counts", counts},
                           {"sums", sums}});
  const Chunks chunks(n);
  const Buffer<Label> labels(call, n);
  const Buffer<double> sq(call, n), partials(call, chunks.count * l);
  const Matrix<const Label> nearest{labels.get(), {1, n}};
  LabelPairs pairs{nearest, {groups.data, {1, n}}, k, l, 1, "", kGroupsOutside};
  // Names only, since there are no labels yet.
  pairs.a.shape[1] = 0;
  check_pairs(call, pairs);
  pairs.a.shape[1] = n;
  for (Index q = 0; q < b; ++q) {
    assign_nearest<T>(X, {centers.row(q), {k, d}}, {labels.get(), {n}}, {sq.get(), {n}},
                      stream);
    count_tables(call, pairs, 0, 1, counts.row(q));
    call.launch(sum_groups, chunks.count * l, kWarp, sq.get(), groups.data, n, l,
                chunks.rows, chunks.count, partials.get());
    call.launch(join_groups, parts(l, kWarp), kWarp, partials.get(), chunks.count, l,
                sums.row(q));
  }
  call.finish();
}

#define RFCORE_INSTANTIATE(T)                                                      \
  template void tally_nearest<T>(Matrix<const T>, Cube<const double>,              \
                                 Vector<const Label>, Cube<Index>, Matrix<double>, \
                                 Stream);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore::cuda
