#include "rfcore/distance.hpp"

#include <cmath>
#include <vector>

namespace rfcore {
namespace {

RFCORE_CLONES
void row_sq_distances(const double* a, const double* Y, Index m, Index d, double* out) {
  for (Index j = 0; j < m; ++j) out[j] = sq_distance(a, Y + j * d, d);
}

RFCORE_CLONES
void row_sq_distances(const float* a, const float* Y, Index m, Index d, double* out) {
  for (Index j = 0; j < m; ++j) out[j] = sq_distance(a, Y + j * d, d);
}

// Rows stand side by side in panels, feature after feature.
constexpr Index kPanel = 8;
// The lanes of sq_distance, half of them at a time, so that they fit in registers.
constexpr Index kLanes = 16, kHalf = 8;

// The squared distances of a row and the rows of a panel: sq_distance's sums, in its
// order.
RFCORE_INLINE void panel_distances(const double* row, const double* panel, Index d,
                                   double* out) {
  double total[kPanel] = {};
  for (Index half = 0; half < std::min(d, kLanes); half += kHalf) {
    double lane[kHalf][kPanel] = {};
    Index f = half;
    for (; f + kHalf <= d; f += kLanes) {
      for (Index l = 0; l < kHalf; ++l) {
        const double* other = panel + (f + l) * kPanel;
        for (Index p = 0; p < kPanel; ++p) {
          const double difference = row[f + l] - other[p];
          lane[l][p] += difference * difference;
        }
      }
    }
    for (Index l = 0; f + l < d; ++l) {
      const double* other = panel + (f + l) * kPanel;
      for (Index p = 0; p < kPanel; ++p) {
        const double difference = row[f + l] - other[p];
        lane[l][p] += difference * difference;
      }
    }
    for (Index l = 0; l < kHalf; ++l) {
      for (Index p = 0; p < kPanel; ++p) total[p] += lane[l][p];
    }
  }
  for (Index p = 0; p < kPanel; ++p) out[p] = total[p];
}

// A tile of kPanel rows and a panel, in out (kPanel, kPanel).
RFCORE_CLONES
void tile_distances(const double* rows, const double* panel, Index d, bool squared,
                    double* out) {
  for (Index r = 0; r < kPanel; ++r) {
    panel_distances(rows + r * d, panel, d, out + r * kPanel);
  }
  if (squared) return;
  for (Index e = 0; e < kPanel * kPanel; ++e) out[e] = std::sqrt(out[e]);
}

// Rows as panels (panels, d, kPanel) and one after the other, with rows of zeros at the
// end to fill the last panel.
struct Panels {
  template <class T>
  explicit Panels(Matrix<const T> X)
      : d(X.shape[1]),
        count((X.shape[0] + kPanel - 1) / kPanel),
        rows(count * kPanel * d, 0.0),
        columns(count * kPanel * d, 0.0) {
    for (Index i = 0; i < X.shape[0]; ++i) {
      double* panel = columns.data() + i / kPanel * kPanel * d + i % kPanel;
      for (Index f = 0; f < d; ++f) {
        rows[i * d + f] = panel[f * kPanel] = static_cast<double>(X.row(i)[f]);
      }
    }
  }
  const double* tile(Index block) const { return rows.data() + block * kPanel * d; }
  const double* panel(Index block) const { return columns.data() + block * kPanel * d; }

  Index d, count;
  std::vector<double> rows, columns;
};

}  // namespace

template <class T>
void pairwise_sq_distances(Matrix<const T> X, Matrix<const T> Y, Matrix<double> out) {
  const Index n = X.shape[0], d = X.shape[1], m = Y.shape[0];
  require_equal("Y.shape[1]", Y.shape[1], d);
  require_equal("out.shape[0]", out.shape[0], n);
  require_equal("out.shape[1]", out.shape[1], m);
#pragma omp parallel for schedule(static) num_threads(thread_count(n))
  for (Index i = 0; i < n; ++i) row_sq_distances(X.row(i), Y.data, m, d, out.row(i));
}

template <class T>
void self_distances(Matrix<const T> X, bool squared, Matrix<double> out) {
  const Index n = X.shape[0];
  require_equal("out.shape[0]", out.shape[0], n);
  require_equal("out.shape[1]", out.shape[1], n);
  const Panels panels(X);
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(panels.count))
  for (Index a = 0; a < panels.count; ++a) {
    const Index rows = std::min(kPanel, n - a * kPanel);
    double tile[kPanel * kPanel];
    for (Index b = 0; b <= a; ++b) {
      const Index columns = std::min(kPanel, n - b * kPanel);
      tile_distances(panels.tile(a), panels.panel(b), panels.d, squared, tile);
      for (Index r = 0; r < rows; ++r) {
        double* row = out.row(a * kPanel + r) + b * kPanel;
        for (Index c = 0; c < columns; ++c) row[c] = tile[r * kPanel + c];
      }
      for (Index c = 0; c < columns; ++c) {
        double* row = out.row(b * kPanel + c) + a * kPanel;
        for (Index r = 0; r < rows; ++r) row[r] = tile[r * kPanel + c];
      }
    }
  }
}

template <class T>
void replace_row_distances(Matrix<const T> X, Vector<const T> row, Index t,
                           bool squared, Matrix<double> D) {
  const Index n = X.shape[0], d = X.shape[1];
  require_equal("row.shape[0]", row.shape[0], d);
  require_equal("D.shape[0]", D.shape[0], n);
  require_equal("D.shape[1]", D.shape[1], n);
  require(0 <= t && t < n, "t should be a row of X");
  double* changed = D.row(t);
  row_sq_distances(row.data, X.data, n, d, changed);
  changed[t] = 0.0;
  if (!squared) {
    for (Index i = 0; i < n; ++i) changed[i] = std::sqrt(changed[i]);
  }
  for (Index i = 0; i < n; ++i) D.row(i)[t] = changed[i];
}

#define RFCORE_INSTANTIATE(T)                                                     \
  template void pairwise_sq_distances<T>(Matrix<const T>, Matrix<const T>,        \
                                         Matrix<double>);                         \
  template void self_distances<T>(Matrix<const T>, bool, Matrix<double>);         \
  template void replace_row_distances<T>(Matrix<const T>, Vector<const T>, Index, \
                                         bool, Matrix<double>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
