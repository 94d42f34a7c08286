#include "rfcore/labels.hpp"

#include "rfcore/matching.hpp"
#include "tables.cuh"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;

// One block per table. Unsigned sums wrap, so the differences come out right.
__global__ void __launch_bounds__(kThreads)
    join_tables(const Index* tables, Index b, Index k, Index l, double* distance) {
  __shared__ unsigned long long sum;
  for (Index q = blockIdx.x; q < b; q += gridDim.x) {
    const Index* table = tables + q * k * l;
    if (threadIdx.x == 0) sum = 0;
    __syncthreads();
    Index own = 0;
    for (Index i = threadIdx.x; i < k; i += blockDim.x) {
      Index margin = 0;
      for (Index j = 0; j < l; ++j) {
        margin += table[i * l + j];
        own -= 2 * table[i * l + j] * table[i * l + j];
      }
      own += margin * margin;
    }
    for (Index j = threadIdx.x; j < l; j += blockDim.x) {
      Index margin = 0;
      for (Index i = 0; i < k; ++i) margin += table[i * l + j];
      own += margin * margin;
    }
    atomicAdd(&sum, static_cast<unsigned long long>(own));
    __syncthreads();
    if (threadIdx.x == 0) {
      distance[q] = sqrt(static_cast<double>(static_cast<Index>(sum)));
    }
    __syncthreads();
  }
}

}  // namespace

void contingency(Vector<const Label> a, Matrix<const Label> others, Cube<Index> table,
                 Stream stream) {
  const Index b = others.shape[0];
  require_equal("table.shape[0]", table.shape[0], b);
  const LabelPairs pairs = one_with_others(a, others, table.shape[1], table.shape[2]);
  const Call call(stream, {{"a", a}, {"others", others}, {"table", table}});
  check_pairs(call, pairs);
  count_tables(call, pairs, 0, b, table.data);
  call.finish();
}

void co_membership_distance(Vector<const Label> a, Matrix<const Label> others, Index k,
                            Index l, Vector<double> distance, Stream stream) {
  require_equal("distance.shape[0]", distance.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  const Call call(stream, {{"a", a}, {"others", others}, {"distance", distance}});
  check_pairs(call, pairs);
  for_each_batch(call, pairs, [&](Index first, Index count, const Index* tables) {
    call.launch(join_tables, count, kThreads, tables, count, k, l,
                distance.data + first);
  });
  call.finish();
}

void n_switched(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
                Vector<Index> switched, Stream stream) {
  require_equal("switched.shape[0]", switched.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  const Call call(stream, {{"a", a}, {"others", others}, {"switched", switched}});
  measure_tables(call, pairs, switched,
                 [n = pairs.n()](const Index* table, Index rows, Index columns) {
                   return n - heaviest_matching(table, rows, columns);
                 });
}

void nmi(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
         Vector<double> out, Stream stream) {
  require_equal("out.shape[0]", out.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  const Call call(stream, {{"a", a}, {"others", others}, {"out", out}});
  measure_tables(call, pairs, out, table_nmi);
}

void ari(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
         Vector<double> out, Stream stream) {
  require_equal("out.shape[0]", out.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  const Call call(stream, {{"a", a}, {"others", others}, {"out", out}});
  measure_tables(call, pairs, out, table_ari);
}

}  // namespace rfcore::cuda
