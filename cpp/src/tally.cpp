#include "rfcore/tally.hpp"

#include <vector>

#include "rfcore/nearest.hpp"

namespace rfcore {
namespace {

// kBlock rows of few features, column by column; the last row repeats where fewer are
// left.
template <class T>
RFCORE_INLINE void load_block(const T* X, Index rows, Index d, double* columns) {
  for (Index l = 0; l < kBlock; ++l) {
    const T* row = X + std::min(l, rows - 1) * d;
    for (Index f = 0; f < d; ++f) columns[f * kBlock + l] = static_cast<double>(row[f]);
  }
}

template <class T>
RFCORE_INLINE void tally(const T* X, const Label* groups, Index n,
                         Cube<const double> centers, Index l, Index* counts,
                         double* sums) {
  const Index b = centers.shape[0], k = centers.shape[1], d = centers.shape[2];
  double columns[kNarrow * kBlock], least[kBlock];
  Index label[kBlock];
  for (Index i = 0; i < n; i += kBlock) {
    const Index rows = std::min(kBlock, n - i);
    if (d <= kNarrow) load_block(X + i * d, rows, d, columns);
    for (Index q = 0; q < b; ++q) {
      const double* C = centers.row(q);
      if (d <= kNarrow) {
        nearest_of_block(columns, kBlock, C, k, d, label, least);
      } else {
        for (Index r = 0; r < rows; ++r) {
          least[r] = std::numeric_limits<double>::infinity();
          label[r] = 0;
          for (Index c = 0; c < k; ++c) {
            const double sq = sq_distance(X + (i + r) * d, C + c * d, d);
            if (sq < least[r]) {
              least[r] = sq;
              label[r] = c;
            }
          }
        }
      }
      for (Index r = 0; r < rows; ++r) {
        const Index g = groups[i + r];
        counts[(q * k + label[r]) * l + g] += 1;
        sums[q * l + g] += least[r];
      }
    }
  }
}

RFCORE_CLONES
void tally_rows(const double* X, const Label* groups, Index n,
                Cube<const double> centers, Index l, Index* counts, double* sums) {
  tally(X, groups, n, centers, l, counts, sums);
}

RFCORE_CLONES
void tally_rows(const float* X, const Label* groups, Index n,
                Cube<const double> centers, Index l, Index* counts, double* sums) {
  tally(X, groups, n, centers, l, counts, sums);
}

}  // namespace

template <class T>
void check_tally(Matrix<const T> X, Cube<const double> centers,
                 Vector<const Label> groups, Cube<Index> counts, Matrix<double> sums) {
  const Index b = centers.shape[0], k = centers.shape[1];
  require_equal("centers.shape[2]", centers.shape[2], X.shape[1]);
  require_at_least("n_clusters", k, 1);
  require_equal("groups.shape[0]", groups.shape[0], X.shape[0]);
  require_equal("counts.shape[0]", counts.shape[0], b);
  require_equal("counts.shape[1]", counts.shape[1], k);
  require_equal("sums.shape[0]", sums.shape[0], b);
  require_equal("sums.shape[1]", sums.shape[1], counts.shape[2]);
}

template <class T>
void tally_nearest(Matrix<const T> X, Cube<const double> centers,
                   Vector<const Label> groups, Cube<Index> counts,
                   Matrix<double> sums) {
  check_tally(X, centers, groups, counts, sums);
  const Index l = sums.shape[1];
  for (Index i = 0; i < groups.shape[0]; ++i) {
    require(groups[i] >= 0 && groups[i] < l, kGroupsOutside);
  }
  const Chunks chunks(X.shape[0]);
  const int n_threads = thread_count(chunks.count);
  std::vector<std::vector<Index>> tables(n_threads, std::vector<Index>(counts.size()));
  std::vector<double> partials(chunks.count * sums.size());
  for_each_task(chunks.count, n_threads, [&](Index chunk, int thread) {
    const Index begin = chunks.begin(chunk);
    tally_rows(X.row(begin), groups.data + begin, chunks.end(chunk) - begin, centers, l,
               tables[thread].data(), partials.data() + chunk * sums.size());
  });
  std::fill(counts.data, counts.data + counts.size(), Index{0});
  std::fill(sums.data, sums.data + sums.size(), 0.0);
  for (const std::vector<Index>& table : tables) {
    for (Index e = 0; e < counts.size(); ++e) counts[e] += table[e];
  }
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    const double* partial = partials.data() + chunk * sums.size();
    for (Index e = 0; e < sums.size(); ++e) sums[e] += partial[e];
  }
}

#define RFCORE_INSTANTIATE(T)                                                     \
  template void check_tally<T>(Matrix<const T>, Cube<const double>,               \
                               Vector<const Label>, Cube<Index>, Matrix<double>); \
  template void tally_nearest<T>(Matrix<const T>, Cube<const double>,             \
                                 Vector<const Label>, Cube<Index>, Matrix<double>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
