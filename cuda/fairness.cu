#include "rfcore/fairness.hpp"

#include "tables.cuh"

namespace rfcore::cuda {

void balance(Matrix<const Label> labels, Matrix<const Label> groups, Index k, Index l,
             Vector<double> out, Stream stream) {
  const LabelPairs pairs = clusters_with_groups(labels, groups, k, l, out.shape[0]);
  const Call call(stream, {{"labels", labels}, {"groups", groups}, {"out", out}});
  measure_tables(call, pairs, out, table_balance);
}

void group_entropy(Matrix<const Label> labels, Matrix<const Label> groups, Index k,
                   Index l, Vector<double> out, Stream stream) {
  const LabelPairs pairs = clusters_with_groups(labels, groups, k, l, out.shape[0]);
  const Call call(stream, {{"labels", labels}, {"groups", groups}, {"out", out}});
  measure_tables(call, pairs, out, table_group_entropy);
}

}  // namespace rfcore::cuda
