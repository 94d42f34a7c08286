#include "rfcore/labels.hpp"

#include <cmath>

#include "rfcore/matching.hpp"
#include "rfcore/tables.hpp"

namespace rfcore {

void contingency(Vector<const Label> a, Matrix<const Label> others, Cube<Index> table) {
  const Index b = others.shape[0];
  require_equal("table.shape[0]", table.shape[0], b);
  const LabelPairs pairs = one_with_others(a, others, table.shape[1], table.shape[2]);
  check_shared(pairs);
  for_each_task(b, thread_count(b),
                [&](Index q, int) { count_table(pairs, q, table.row(q)); });
}

void co_membership_distance(Vector<const Label> a, Matrix<const Label> others, Index k,
                            Index l, Vector<double> distance) {
  require_equal("distance.shape[0]", distance.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  for_each_table(pairs, [&](Index q, const Index* table) {
    Index sum = 0;
    for (Index i = 0; i < k; ++i) {
      Index margin = 0;
      for (Index j = 0; j < l; ++j) {
        margin += table[i * l + j];
        sum -= 2 * table[i * l + j] * table[i * l + j];
      }
      sum += margin * margin;
    }
    for (Index j = 0; j < l; ++j) {
      Index margin = 0;
      for (Index i = 0; i < k; ++i) margin += table[i * l + j];
      sum += margin * margin;
    }
    distance[q] = std::sqrt(static_cast<double>(sum));
  });
}

void n_switched(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
                Vector<Index> switched) {
  require_equal("switched.shape[0]", switched.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  for_each_table(pairs, [&](Index q, const Index* table) {
    switched[q] = a.shape[0] - heaviest_matching(table, k, l);
  });
}

void nmi(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
         Vector<double> out) {
  require_equal("out.shape[0]", out.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  for_each_table(pairs,
                 [&](Index q, const Index* table) { out[q] = table_nmi(table, k, l); });
}

void ari(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
         Vector<double> out) {
  require_equal("out.shape[0]", out.shape[0], others.shape[0]);
  const LabelPairs pairs = one_with_others(a, others, k, l);
  for_each_table(pairs,
                 [&](Index q, const Index* table) { out[q] = table_ari(table, k, l); });
}

}  // namespace rfcore
