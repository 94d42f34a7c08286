#include "rfcore/fairness.hpp"

namespace rfcore {
namespace {

void require_one_or_all(const char* what, Index got, Index all) {
  if (got != 1 && got != all) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(got) +
                                " should be 1 or " + std::to_string(all));
  }
}

}  // namespace

LabelPairs clusters_with_groups(Matrix<const Label> labels, Matrix<const Label> groups,
                                Index k, Index l, Index n_pairs) {
  require_one_or_all("labels.shape[0]", labels.shape[0], n_pairs);
  require_one_or_all("groups.shape[0]", groups.shape[0], n_pairs);
  require_at_least("labels.shape[1]", labels.shape[1], 1);
  require_equal("groups.shape[1]", groups.shape[1], labels.shape[1]);
  return {labels,
          groups,
          k,
          l,
          n_pairs,
          "labels should be in [0, k)",
          "groups should be in [0, l)"};
}

void balance(Matrix<const Label> labels, Matrix<const Label> groups, Index k, Index l,
             Vector<double> out) {
  const LabelPairs pairs = clusters_with_groups(labels, groups, k, l, out.shape[0]);
  for_each_table(
      pairs, [&](Index q, const Index* table) { out[q] = table_balance(table, k, l); });
}

void group_entropy(Matrix<const Label> labels, Matrix<const Label> groups, Index k,
                   Index l, Vector<double> out) {
  const LabelPairs pairs = clusters_with_groups(labels, groups, k, l, out.shape[0]);
  for_each_table(pairs, [&](Index q, const Index* table) {
    out[q] = table_group_entropy(table, k, l);
  });
}

}  // namespace rfcore
