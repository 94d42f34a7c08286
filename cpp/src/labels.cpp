#include "rfcore/labels.hpp"

#include <cmath>
#include <vector>

#include "rfcore/matching.hpp"

namespace rfcore {
namespace {

void check(Vector<const Label> a, Matrix<const Label> others, Index k, Index l) {
  require_equal("others.shape[1]", others.shape[1], a.shape[0]);
  const auto in_range = [](const Label* labels, Index n, Index names) {
    return std::all_of(labels, labels + n,
                       [&](Label label) { return 0 <= label && label < names; });
  };
  require(in_range(a.data, a.size(), k), "labels should be in [0, k)");
  require(in_range(others.data, others.size(), l), "labels should be in [0, l)");
}

void count(const Label* a, const Label* other, Index n, Index k, Index l,
           Index* table) {
  std::fill(table, table + k * l, Index{0});
  for (Index i = 0; i < n; ++i) ++table[a[i] * l + other[i]];
}

// Hands the table of each question to `use`, in parallel.
template <class Use>
void for_each_table(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
                    Use&& use) {
  check(a, others, k, l);
  const Index b = others.shape[0];
  const int n_threads = thread_count(b);
  std::vector<std::vector<Index>> tables(n_threads, std::vector<Index>(k * l));
  for_each_task(b, n_threads, [&](Index q, int thread) {
    Index* table = tables[thread].data();
    count(a.data, others.row(q), a.shape[0], k, l, table);
    use(q, table);
  });
}

}  // namespace

void contingency(Vector<const Label> a, Matrix<const Label> others, Cube<Index> table) {
  const Index b = others.shape[0], k = table.shape[1], l = table.shape[2];
  require_equal("table.shape[0]", table.shape[0], b);
  check(a, others, k, l);
  for_each_task(b, thread_count(b), [&](Index q, int) {
    count(a.data, others.row(q), a.shape[0], k, l, table.row(q));
  });
}

void co_membership_distance(Vector<const Label> a, Matrix<const Label> others, Index k,
                            Index l, Vector<double> distance) {
  require_equal("distance.shape[0]", distance.shape[0], others.shape[0]);
  for_each_table(a, others, k, l, [&](Index q, const Index* table) {
    Index pairs = 0;
    for (Index i = 0; i < k; ++i) {
      Index margin = 0;
      for (Index j = 0; j < l; ++j) {
        margin += table[i * l + j];
        pairs -= 2 * table[i * l + j] * table[i * l + j];
      }
      pairs += margin * margin;
    }
    for (Index j = 0; j < l; ++j) {
      Index margin = 0;
      for (Index i = 0; i < k; ++i) margin += table[i * l + j];
      pairs += margin * margin;
    }
    distance[q] = std::sqrt(static_cast<double>(pairs));
  });
}

void n_switched(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
                Vector<Index> switched) {
  require_equal("switched.shape[0]", switched.shape[0], others.shape[0]);
  for_each_table(a, others, k, l, [&](Index q, const Index* table) {
    switched[q] = a.shape[0] - heaviest_matching(table, k, l);
  });
}

}  // namespace rfcore
