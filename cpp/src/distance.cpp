#include "rfcore/distance.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "rfcore/wide.hpp"

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
// Panels whose distances to another one are written together.
constexpr Index kBlock = 8;
// The lanes of sq_distance, half of them at a time, so that they fit in registers.
constexpr Index kLanes = 16, kHalf = 8;

// The distances of kPanel rows and the rows of a panel, out (kPanel, kPanel): the sums
// of sq_distance, in its order.
template <int kWidth>
RFCORE_INLINE void tile_of(const double* rows, const double* panel, Index d,
                           double* out) {
  using Doubles = typename Wide<double, kWidth>::Type;
  for (Index r = 0; r < kPanel; ++r, rows += d) {
    for (Index p = 0; p < kPanel; p += kWidth) {
      Doubles total{};
      for (Index half = 0; half < std::min(d, kLanes); half += kHalf) {
        Doubles lane[kHalf] = {};
        const auto add = [&](Index l, Index f) {
          Doubles other;
          std::memcpy(&other, panel + f * kPanel + p, sizeof other);
          const Doubles difference = rows[f] - other;
          lane[l] += difference * difference;
        };
        Index f = half;
        for (; f + kHalf <= d; f += kLanes) {
          for (Index l = 0; l < kHalf; ++l) add(l, f + l);
        }
        for (Index l = 0; f + l < d; ++l) add(l, f + l);
        for (Index l = 0; l < kHalf; ++l) total += lane[l];
      }
      std::memcpy(out + r * kPanel + p, &total, sizeof total);
    }
  }
}

RFCORE_WIDE(double, tile_distances,
            (const double* rows, const double* panel, Index d, double* out), tile_of,
            (rows, panel, d, out))

// A tile and its mirror image, as far as they lie in the matrix.
RFCORE_INLINE void write_part(const double* tile, double* at, double* mirrored,
                              Index stride, Index rows, Index columns) {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) at[r * stride + c] = tile[r * kPanel + c];
  }
  for (Index c = 0; c < columns; ++c) {
    for (Index r = 0; r < rows; ++r) mirrored[c * stride + r] = tile[r * kPanel + c];
  }
}

RFCORE_CLONES
void write_tile(double* tile, bool squared, Index i, Index j, Matrix<double> out) {
  if (!squared) {
    for (Index e = 0; e < kPanel * kPanel; ++e) tile[e] = std::sqrt(tile[e]);
  }
  const Index n = out.shape[0];
  double *at = out.row(i) + j, *mirrored = out.row(j) + i;
  if (std::max(i, j) + kPanel <= n) {
    write_part(tile, at, mirrored, n, kPanel, kPanel);
  } else {
    write_part(tile, at, mirrored, n, std::min(kPanel, n - i), std::min(kPanel, n - j));
  }
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
  const Index n_blocks = (panels.count + kBlock - 1) / kBlock;
  // The widest first. The tiles of a block that mirror each other's panel are written
  // side by side.
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(n_blocks))
  for (Index from_last = 0; from_last < n_blocks; ++from_last) {
    const Index first = (n_blocks - 1 - from_last) * kBlock;
    const Index last = std::min(panels.count, first + kBlock);
    double tile[kPanel * kPanel];
    for (Index b = 0; b < last; ++b) {
      for (Index a = std::max(first, b); a < last; ++a) {
        tile_distances(panels.tile(a), panels.panel(b), panels.d, tile);
        write_tile(tile, squared, a * kPanel, b * kPanel, out);
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
