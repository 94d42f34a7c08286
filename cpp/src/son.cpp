#include "rfcore/son.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace rfcore {
namespace {

constexpr Index kLanes = 8;

// A projected dual is shorter than lam by rounding alone, never by this share.
constexpr double kInside = 1.0 - 1e-12;

Index blocks_of(Index n) {
  return (n + kSonTile - 1) / kSonTile;
}

Index tile_of(Index a, Index b, Index blocks) {
  return a * blocks - a * (a - 1) / 2 + b - a;
}

Index rows_in(Index block, Index n) {
  return std::min(kSonTile, n - block * kSonTile);
}

// Rows side by side, feature after feature: (blocks, d, kSonTile), zeros past the last.
class Columns {
 public:
  explicit Columns(Matrix<const double> rows)
      : d_(rows.shape[1]), values_(blocks_of(rows.shape[0]) * d_ * kSonTile, 0.0) {
    for (Index i = 0; i < rows.shape[0]; ++i) set(i, rows.row(i));
  }
  void set(Index i, const double* row) {
    double* to = values_.data() + i / kSonTile * d_ * kSonTile + i % kSonTile;
    for (Index f = 0; f < d_; ++f) to[f * kSonTile] = row[f];
  }
  const double* block(Index b) const { return values_.data() + b * d_ * kSonTile; }

 private:
  Index d_;
  std::vector<double> values_;
};

// The duals of one row with a block of others, moved and projected; `row_sums` (d,) is
// their sum and `column_sums` (d, kSonTile) takes them.
RFCORE_INLINE void project_row(const double* center, const double* others,
                               const double* radii, double step, Index d, double* dual,
                               double* row_sums, double* column_sums) {
  double sq[kSonTile] = {}, scale[kSonTile];
  for (Index f = 0; f < d; ++f) {
    double* z = dual + f * kSonTile;
    const double *other = others + f * kSonTile, own = center[f];
#pragma omp simd
    for (Index l = 0; l < kSonTile; ++l) {
      z[l] += step * (own - other[l]);
      sq[l] += z[l] * z[l];
    }
  }
#pragma omp simd
  for (Index l = 0; l < kSonTile; ++l) {
    const double share = radii[l] / std::sqrt(sq[l]);
    scale[l] = sq[l] > radii[l] * radii[l] ? share : 1.0;
  }
  for (Index f = 0; f < d; ++f) {
    double *z = dual + f * kSonTile, *column = column_sums + f * kSonTile;
    double lane[kLanes] = {};
    for (Index l = 0; l < kSonTile; l += kLanes) {
#pragma omp simd
      for (Index q = 0; q < kLanes; ++q) {
        z[l + q] *= scale[l + q];
        column[l + q] += z[l + q];
        lane[q] += z[l + q];
      }
    }
    double sum = 0.0;
    for (Index q = 0; q < kLanes; ++q) sum += lane[q];
    row_sums[f] = sum;
  }
}

RFCORE_CLONES
void project_tile(const double* centers, const double* others, const double* radii,
                  double step, Index n_rows, Index d, double* dual, double* row_sums,
                  double* column_sums) {
  for (Index r = 0; r < n_rows; ++r) {
    project_row(centers + r * d, others, radii, step, d, dual + r * d * kSonTile,
                row_sums + r * d, column_sums);
  }
}

RFCORE_CLONES
double row_penalty(const double* own, const Columns& columns, const double* weights,
                   Index begin, Index k, Index d) {
  double lane[kSonTile] = {};
  for (Index b = begin / kSonTile; b < blocks_of(k); ++b) {
    const double* others = columns.block(b);
    double sq[kSonTile] = {};
    for (Index f = 0; f < d; ++f) {
      const double* other = others + f * kSonTile;
#pragma omp simd
      for (Index l = 0; l < kSonTile; ++l) {
        sq[l] += (own[f] - other[l]) * (own[f] - other[l]);
      }
    }
    const Index first = b * kSonTile, last = std::min(kSonTile, k - first);
#pragma omp simd
    for (Index l = 0; l < kSonTile; ++l) sq[l] = std::sqrt(sq[l]);
    for (Index l = std::max<Index>(0, begin - first); l < last; ++l) {
      lane[l] += weights[first + l] * sq[l];
    }
  }
  return std::accumulate(lane, lane + kSonTile, 0.0);
}

// The squared lengths of one row's duals with a block of others.
RFCORE_CLONES
void sq_lengths(const double* dual, Index d, double* sq) {
  std::fill(sq, sq + kSonTile, 0.0);
  for (Index f = 0; f < d; ++f) {
    const double* z = dual + f * kSonTile;
#pragma omp simd
    for (Index l = 0; l < kSonTile; ++l) sq[l] += z[l] * z[l];
  }
}

// Sets of rows; the smallest is the root.
class Forest {
 public:
  explicit Forest(Index n) : parent_(n) {
    std::iota(parent_.begin(), parent_.end(), Index{0});
  }
  Index root(Index i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(Index i, Index j) {
    i = root(i);
    j = root(j);
    parent_[std::max(i, j)] = std::min(i, j);
  }

 private:
  std::vector<Index> parent_;
};

template <class T>
void check_dual(View<T, 4> dual, Index n, Index d) {
  require_equal("dual.shape[0]", dual.shape[0], son_tiles(n));
  require_equal("dual.shape[1]", dual.shape[1], kSonTile);
  require_equal("dual.shape[2]", dual.shape[2], d);
  require_equal("dual.shape[3]", dual.shape[3], kSonTile);
}

void check(Matrix<const double> X, double lam, double step, Index n_steps,
           Matrix<double> centers, Matrix<double> sums, View<double, 4> dual) {
  const Index n = X.shape[0], d = X.shape[1];
  require_at_least("n_samples", n, 1);
  require(lam >= 0.0, "lam should be >= 0");
  require(step > 0.0, "step should be > 0");
  require_at_least("n_steps", n_steps, 0);
  require_equal("centers.shape[0]", centers.shape[0], n);
  require_equal("centers.shape[1]", centers.shape[1], d);
  require_equal("sums.shape[0]", sums.shape[0], n);
  require_equal("sums.shape[1]", sums.shape[1], d);
  check_dual(dual, n, d);
}

// What one step shares between its two passes: over tiles, then over blocks of rows.
struct Steps {
  Matrix<const double> X;
  double lam, step;
  Matrix<double> centers, sums;
  View<double, 4> dual;
  Index blocks, tile_size;               // tile_size = kSonTile d
  Columns columns;                       // of centers
  std::vector<double> row_sums;          // (tiles, kSonTile, d)
  std::vector<double> column_sums;       // (tiles, d, kSonTile)
  std::vector<std::array<Index, 2>> at;  // (tiles,) blocks a, b

  void project(Index tile) {
    const Index n = X.shape[0], d = X.shape[1];
    const auto [a, b] = at[tile];
    double radii[kSonTile] = {};
    std::fill(radii, radii + rows_in(b, n), lam);
    double* columns_of_tile = column_sums.data() + tile * tile_size;
    std::fill(columns_of_tile, columns_of_tile + tile_size, 0.0);
    project_tile(centers.row(a * kSonTile), columns.block(b), radii, step,
                 rows_in(a, n), d, dual.row(tile), row_sums.data() + tile * tile_size,
                 columns_of_tile);
  }

  void move_centers(Index a) {
    const Index n = X.shape[0], d = X.shape[1];
    const double pull = step * static_cast<double>(n);
    std::vector<double> total(d);
    for (Index r = 0; r < rows_in(a, n); ++r) {
      std::fill(total.begin(), total.end(), 0.0);
      for (Index b = 0; b < blocks; ++b) {
        const Index tile = tile_of(std::min(a, b), std::max(a, b), blocks);
        const double* by_row = row_sums.data() + tile * tile_size + r * d;
        const double* by_column = column_sums.data() + tile * tile_size + r;
        for (Index f = 0; f < d; ++f) {
          total[f] += b < a ? -by_column[f * kSonTile] : by_row[f];
        }
      }
      const Index i = a * kSonTile + r;
      double *center = centers.row(i), *sum = sums.row(i);
      for (Index f = 0; f < d; ++f) {
        center[f] =
            (X.row(i)[f] + pull * center[f] + sum[f] - 2.0 * total[f]) / (1.0 + pull);
        sum[f] = total[f];
      }
      columns.set(i, center);
    }
  }
};

}  // namespace

void son_sweep(Matrix<const double> X, double lam, double step, Index n_steps,
               Matrix<double> centers, Matrix<double> sums, View<double, 4> dual) {
  check(X, lam, step, n_steps, centers, sums, dual);
  const Index n = X.shape[0], d = X.shape[1];
  const Index blocks = blocks_of(n), tiles = son_tiles(n);
  Steps steps{X,
              lam,
              step,
              centers,
              sums,
              dual,
              blocks,
              kSonTile * d,
              Columns({centers.data, centers.shape}),
              std::vector<double>(tiles * kSonTile * d),
              std::vector<double>(tiles * kSonTile * d),
              {}};
  for (Index a = 0; a < blocks; ++a) {
    for (Index b = a; b < blocks; ++b) steps.at.push_back({a, b});
  }
  for (Index s = 0; s < n_steps; ++s) {
    for_each_task(tiles, thread_count(tiles), [&](Index t, int) { steps.project(t); });
    for_each_task(blocks, thread_count(blocks),
                  [&](Index a, int) { steps.move_centers(a); });
  }
}

Index son_labels(View<const double, 4> dual, double lam, Vector<Label> labels) {
  const Index n = labels.shape[0], d = dual.shape[2], blocks = blocks_of(n);
  check_dual(dual, n, d);
  Forest forest(n);
  const double least = lam * lam * kInside;
  double sq[kSonTile];
  for (Index a = 0, tile = 0; a < blocks; ++a) {
    for (Index b = a; b < blocks; ++b, ++tile) {
      for (Index r = 0; r < rows_in(a, n); ++r) {
        sq_lengths(dual.row(tile) + r * d * kSonTile, d, sq);
        for (Index l = a == b ? r + 1 : 0; l < rows_in(b, n); ++l) {
          if (sq[l] < least) forest.join(a * kSonTile + r, b * kSonTile + l);
        }
      }
    }
  }
  Label n_clusters = 0;
  for (Index i = 0; i < n; ++i) {
    const Index root = forest.root(i);
    labels[i] = root == i ? n_clusters++ : labels[root];
  }
  return n_clusters;
}

double son_penalty(Matrix<const double> C, Vector<const double> weights) {
  const Index k = C.shape[0], d = C.shape[1];
  require_equal("weights.shape[0]", weights.shape[0], k);
  const Columns columns(C);
  std::vector<double> of_row(k);
  const Chunks chunks(k);
  for_each_task(chunks.count, thread_count(chunks.count), [&](Index chunk, int) {
    for (Index a = chunks.begin(chunk); a < chunks.end(chunk); ++a) {
      of_row[a] =
          weights[a] * row_penalty(C.row(a), columns, weights.data, a + 1, k, d);
    }
  });
  return std::accumulate(of_row.begin(), of_row.end(), 0.0);
}

}  // namespace rfcore
