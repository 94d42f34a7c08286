#include "rfcore/panels.hpp"

#include <cmath>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

// Points are taken in blocks, so that what the loops share stays in registers.
constexpr Index kBlock = 32;
static_assert(kBlock % kPanel == 0, "a block should hold whole panels");

// sq_distance adds the features f, f + kLanes, f + 2 kLanes, ... of each lane f first.
constexpr Index kLanes = 16;

// A thread is not worth waking for fewer differences than this.
constexpr Index kThreadDifferences = Index{1} << 20;

constexpr Index kMedianSteps = 8;

// Distances of one row to a block of points, each the sum of sq_distance to the bit.
RFCORE_INLINE void block_distances(const double* row, const double* block, Index d,
                                   double* out) {
  double sum[kBlock] = {}, lane[kBlock];
  for (Index first = 0; first < kLanes && first < d; ++first) {
    const Index count = (d - first + kLanes - 1) / kLanes;
    for (Index l = 0; l < kBlock; ++l) {
      const double difference = *row - block[l];
      lane[l] = difference * difference;
    }
    for (Index f = 1; f < count; ++f) {
      for (Index l = 0; l < kBlock; ++l) {
        const double difference = row[f] - block[f * kBlock + l];
        lane[l] += difference * difference;
      }
    }
    for (Index l = 0; l < kBlock; ++l) sum[l] += lane[l];
    row += count;
    block += count * kBlock;
  }
  for (Index l = 0; l < kBlock; ++l) out[l] = std::sqrt(sum[l]);
}

// Distances of a panel's candidates (kPanel, d) to a block of points.
RFCORE_CLONES
void tile_distances(const double* candidates, const double* block, Index d,
                    double* tile) {
  for (Index l = 0; l < kPanel; ++l) {
    block_distances(candidates + l * d, block, d, tile + l * kBlock);
  }
}

// The first columns of a tile (kPanel, kBlock), as rows.
RFCORE_CLONES
void transpose(const double* tile, Index n_columns, double* out) {
  for (Index c = 0; c < n_columns; ++c) {
    for (Index l = 0; l < kPanel; ++l) out[c * kPanel + l] = tile[l * kBlock + c];
  }
}

}  // namespace

// Rows of X in blocks, feature after feature in the order in which they are added up;
// the last block is padded with zeros.
void Panels::gather(Matrix<const double> X, Vector<const Index> rows) {
  d_ = X.shape[1];
  columns_.assign((count_ + kBlock - 1) / kBlock * kBlock * d_, 0.0);
  for (Index i = 0; i < count_; ++i) {
    double* column = columns_.data() + i / kBlock * kBlock * d_ + i % kBlock;
    const double* row = X.row(rows[i]);
    for (Index lane = 0; lane < kLanes; ++lane) {
      for (Index f = lane; f < d_; f += kLanes, column += kBlock) *column = row[f];
    }
  }
}

// The features of a point (d,) in the order of the columns.
void Panels::row_of(Index point, double* row) const {
  const double* columns =
      columns_.data() + point / kBlock * kBlock * d_ + point % kBlock;
  for (Index f = 0; f < d_; ++f) row[f] = columns[f * kBlock];
}

Panels Panels::on_demand(Matrix<const double> X, Vector<const Index> rows) {
  Panels own(rows.shape[0]);
  own.gather(X, rows);
  return own;
}

Panels Panels::of_rows(Matrix<const double> X, Vector<const Index> rows) {
  Panels own = on_demand(X, rows);
  const Index s = own.count_, d = own.d_, n_panels = own.n_panels();
  // Not a vector, which would be filled with zeros first.
  own.kept_.reset(new double[own.size()]);
  double* kept = own.kept_.get();
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(n_panels))
  for (Index p = 0; p < n_panels; ++p) {
    const Index height = std::min(kPanel, s - p * kPanel);
    const Index own_block = p * kPanel / kBlock * kBlock;
    std::vector<double> candidates(kPanel * d);
    for (Index l = 0; l < kPanel; ++l) {
      own.row_of(p * kPanel + l, candidates.data() + l * d);
    }
    double tile[kPanel * kBlock];
    for (Index first = own_block; first < s; first += kBlock) {
      tile_distances(candidates.data(), own.columns_.data() + first * d, d, tile);
      transpose(tile, std::min(kBlock, s - first), kept + (p * s + first) * kPanel);
      if (first == own_block) continue;
      const Index end = std::min(n_panels, (first + kBlock) / kPanel);
      for (Index q = first / kPanel; q < end; ++q) {
        double* mirrored = kept + (q * s + p * kPanel) * kPanel;
        for (Index l = 0; l < height; ++l) {
          const double* part = tile + l * kBlock + q * kPanel - first;
          std::copy(part, part + kPanel, mirrored + l * kPanel);
        }
      }
    }
  }
  return own;
}

Panels Panels::of_distances(Matrix<const double> D) {
  Panels own(D.shape[0]);
  const Index s = own.count_;
  own.kept_ = std::make_unique<double[]>(own.size());
  for (Index i = 0; i < s; ++i) {
    for (Index p = 0; p < own.n_panels(); ++p) {
      const double* part = D.row(i) + p * kPanel;
      std::copy(part, part + std::min(kPanel, s - p * kPanel),
                own.kept_.get() + (p * s + i) * kPanel);
    }
  }
  return own;
}

Panels Panels::copy() const {
  Panels other(count_);
  other.kept_.reset(new double[size()]);
  std::copy(kept_.get(), kept_.get() + size(), other.kept_.get());
  return other;
}

const double* Panels::panel(Index p, std::vector<double>& room) const {
  if (kept_) return kept_.get() + p * count_ * kPanel;
  Index points[kPanel];
  for (Index l = 0; l < kPanel; ++l) points[l] = p * kPanel + l;
  return panel_of(points, kPanel, room);
}

const double* Panels::panel_of(const Index* points, Index n_points,
                               std::vector<double>& room) const {
  const Index n_blocks = (count_ + kBlock - 1) / kBlock;
  room.resize(n_blocks * kBlock * kPanel + kPanel * d_);
  double* rows = room.data() + n_blocks * kBlock * kPanel;
  for (Index l = 0; l < n_points; ++l) row_of(points[l], rows + l * d_);
  const int n_threads = thread_count(count_ * kPanel * d_ / kThreadDifferences);
#pragma omp parallel for schedule(static) num_threads(n_threads)
  for (Index b = 0; b < n_blocks; ++b) {
    double tile[kPanel * kBlock];
    tile_distances(rows, columns_.data() + b * kBlock * d_, d_, tile);
    transpose(tile, kBlock, room.data() + b * kBlock * kPanel);
  }
  return room.data();
}

std::vector<Index> Panels::central(const Label* labels, Index k, Index n_points) const {
  std::vector<double> center(k * d_, 0.0), sum(k * d_), weight(k), row(d_);
  std::vector<double> distance(count_, 1.0);
  // Weiszfeld's steps from the means, which are the sums of equal weights.
  for (Index step = 0; step <= kMedianSteps; ++step) {
    std::fill(sum.begin(), sum.end(), 0.0);
    std::fill(weight.begin(), weight.end(), 0.0);
    for (Index i = 0; i < count_; ++i) {
      const double own = distance[i] > 0.0 ? 1.0 / distance[i] : 0.0;
      row_of(i, row.data());
      for (Index f = 0; f < d_; ++f) sum[labels[i] * d_ + f] += own * row[f];
      weight[labels[i]] += own;
    }
    for (Index c = 0; c < k; ++c) {
      if (weight[c] == 0.0) continue;
      for (Index f = 0; f < d_; ++f) center[c * d_ + f] = sum[c * d_ + f] / weight[c];
    }
    for (Index i = 0; i < count_; ++i) {
      row_of(i, row.data());
      distance[i] = std::sqrt(sq_distance(row.data(), &center[labels[i] * d_], d_));
    }
  }
  std::vector<std::vector<Index>> members(k);
  for (Index i = 0; i < count_; ++i) members[labels[i]].push_back(i);
  std::vector<Index> found;
  for (std::vector<Index>& own : members) {
    const auto end = own.begin() + std::min<Index>(n_points, own.size());
    std::partial_sort(own.begin(), end, own.end(), [&](Index a, Index b) {
      return distance[a] < distance[b] || (distance[a] == distance[b] && a < b);
    });
    found.insert(found.end(), own.begin(), end);
  }
  return found;
}

void Panels::replace(Index t, const double* to) {
  const Index s = count_;
  for (Index i = 0; i < s; ++i) {
    const double distance = i == t ? 0.0 : to[i];
    kept_[(t / kPanel * s + i) * kPanel + t % kPanel] = distance;
    kept_[(i / kPanel * s + t) * kPanel + i % kPanel] = distance;
  }
}

}  // namespace rfcore
