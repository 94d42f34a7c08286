#include "rfcore/medoids.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A swap has to lower the cost by more than this share of it, so that no rounding is
// taken for a gain: what is gained is at most the cost, and what is lost is less.
constexpr double kLeastGain = 1e-12;

// Points are taken in blocks, so that what the loops share stays in registers.
constexpr Index kBlock = 32;

// sq_distance adds the features f, f + kLanes, f + 2 kLanes, ... of each lane f first.
constexpr Index kLanes = 16;

// Rows of X in blocks, feature after feature in the order in which they are added up;
// the last block is padded with zeros.
struct Points {
  Points(Matrix<const double> X, Vector<const Index> rows)
      : count(rows.shape[0]), d(X.shape[1]), n_blocks((count + kBlock - 1) / kBlock) {
    columns.assign(n_blocks * kBlock * d, 0.0);
    for (Index i = 0; i < count; ++i) {
      double* column = columns.data() + i / kBlock * kBlock * d + i % kBlock;
      const double* row = X.row(rows[i]);
      for (Index lane = 0; lane < kLanes; ++lane) {
        for (Index f = lane; f < d; f += kLanes, column += kBlock) *column = row[f];
      }
    }
  }
  const double* block(Index b) const { return columns.data() + b * kBlock * d; }
  // Point i, its features in the same order.
  void copy(Index i, double* row) const {
    const double* column = block(i / kBlock) + i % kBlock;
    for (Index f = 0; f < d; ++f) row[f] = column[f * kBlock];
  }

  Index count, d, n_blocks;
  std::vector<double> columns;  // (n_blocks, d, kBlock)
};

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

RFCORE_CLONES
void distances_to_blocks(const double* row, const double* blocks, Index n_blocks,
                         Index d, double* out) {
  for (Index b = 0; b < n_blocks; ++b) {
    block_distances(row, blocks + b * kBlock * d, d, out + b * kBlock);
  }
}

// All distances, (count, count): the blocks on and above the diagonal are computed, and
// mirrored.
void all_distances(const Points& points, double* D) {
  const Index s = points.count, d = points.d;
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(points.n_blocks))
  for (Index b = 0; b < points.n_blocks; ++b) {
    const Index top = b * kBlock, height = std::min(kBlock, s - top);
    const Index n_right = points.n_blocks - b;
    // One cache line more, or the rows of a strip would compete for the same lines.
    const Index width = n_right * kBlock + 8;
    std::vector<double> row(d), strip(height * width);
    for (Index i = 0; i < height; ++i) {
      points.copy(top + i, row.data());
      double* out = strip.data() + i * width;
      distances_to_blocks(row.data(), points.block(b), n_right, d, out);
      std::copy(out, out + s - top, D + (top + i) * s + top);
    }
    for (Index j = height; j < s - top; ++j) {
      double* mirrored = D + (top + j) * s + top;
      for (Index i = 0; i < height; ++i) mirrored[i] = strip[i * width + j];
    }
  }
}

// A thread is not worth waking for fewer differences than this.
constexpr Index kThreadDifferences = Index{1} << 16;

// Where a descent finds its distances: kept by the caller, or computed row by row.
struct Distances {
  const double* kept = nullptr;  // (s, s)
  const Points* points = nullptr;

  // The distances of all points to one, in `room` where they are not kept.
  const double* to(Index j, Index s, std::vector<double>& room) const {
    if (kept != nullptr) return kept + j * s;
    const Index d = points->d, n_blocks = points->n_blocks;
    room.resize(n_blocks * kBlock + d);
    double* row = room.data() + n_blocks * kBlock;
    points->copy(j, row);
    const int n_threads = thread_count(points->count * d / kThreadDifferences);
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (Index b = 0; b < n_blocks; ++b) {
      distances_to_blocks(row, points->block(b), 1, d, room.data() + b * kBlock);
    }
    return room.data();
  }
};

// Consecutive points of one cluster go to different sums, so that no addition waits for
// the one before it.
constexpr Index kTables = 4;

// What a candidate in place of each medoid changes. Gives the part that is the same for
// all medoids; `change` (k, kTables) takes the parts of their clusters.
RFCORE_CLONES
double changes(const double* to, const double* near, const double* second,
               const Label* labels, Index s, Index k, double* change) {
  double lane[kBlock] = {}, kept[kBlock];
  std::fill(change, change + k * kTables, 0.0);
  const Index whole = s - s % kBlock;
  for (Index i = 0; i < whole; i += kBlock) {
    for (Index l = 0; l < kBlock; ++l) {
      const double distance = to[i + l], own = near[i + l], next = second[i + l];
      const double closer = distance < own ? distance : own;
      lane[l] += closer - own;
      kept[l] = (distance < next ? distance : next) - closer;
    }
    for (Index l = 0; l < kBlock; l += kTables) {
      for (Index table = 0; table < kTables; ++table) {
        change[labels[i + l + table] * kTables + table] += kept[l + table];
      }
    }
  }
  for (Index i = whole; i < s; ++i) {
    const double closer = std::min(to[i], near[i]);
    lane[i - whole] += closer - near[i];
    change[labels[i] * kTables + i % kTables] += std::min(to[i], second[i]) - closer;
  }
  return std::accumulate(lane, lane + kBlock, 0.0);
}

// One descent: k medoids and what their points know of them.
class Descent {
 public:
  Descent(const Distances& distances, Index s, Index k)
      : medoids(k),
        labels(s, static_cast<Label>(k)),
        distances_(distances),
        s_(s),
        k_(k),
        is_medoid_(s, false),
        near_(s, kInfinity),
        second_(s, kInfinity),
        second_labels_(s, static_cast<Label>(k)),
        to_medoids_(k * s),
        change_(k * kTables) {}

  void run(const double* uniforms, Index max_iter) {
    seed(uniforms);
    cost = total();
    for (Index idle = 0; n_rounds < max_iter && idle < s_; ++n_rounds) {
      for (Index j = 0; j < s_ && idle < s_; ++j) idle = improve(j) ? 0 : idle + 1;
    }
  }

  double cost = 0.0;
  Index n_rounds = 0;
  std::vector<Index> medoids;
  std::vector<Label> labels;

 private:
  void seed(const double* uniforms) {
    const auto first = static_cast<Index>(uniforms[0] * static_cast<double>(s_));
    for (Index c = 0; c < k_; ++c) {
      const Index next = c == 0 ? std::min(s_ - 1, first) : draw(uniforms[c]);
      place(c, next, distances_.to(next, s_, room_));
    }
  }

  // The first point whose cumulated distance exceeds a share of the sum, never one at
  // distance 0 unless all are.
  Index draw(double share) const {
    const double mark = share * std::accumulate(near_.begin(), near_.end(), 0.0);
    double cumulated = 0.0;
    Index drawn = -1;
    for (Index i = 0; i < s_ && (drawn < 0 || cumulated <= mark); ++i) {
      if (near_[i] == 0.0) continue;
      drawn = i;
      cumulated += near_[i];
    }
    if (drawn >= 0) return drawn;
    return std::find(is_medoid_.begin(), is_medoid_.end(), false) - is_medoid_.begin();
  }

  // Puts the best swap with candidate j in place where it lowers the cost.
  bool improve(Index j) {
    if (is_medoid_[j]) return false;
    const double* to = distances_.to(j, s_, room_);
    const double shared = changes(to, near_.data(), second_.data(), labels.data(), s_,
                                  k_, change_.data());
    Index best = 0;
    double least = kInfinity;
    for (Index c = 0; c < k_; ++c) {
      double sum = 0.0;
      for (Index t = 0; t < kTables; ++t) sum += change_[c * kTables + t];
      if (sum < least) {
        least = sum;
        best = c;
      }
    }
    if (!(shared + least < -kLeastGain * cost)) return false;
    is_medoid_[medoids[best]] = false;
    place(best, j, to);
    cost = total();
    return true;
  }

  // Medoid c becomes point j, to which the points have these distances.
  void place(Index c, Index j, const double* to) {
    medoids[c] = j;
    is_medoid_[j] = true;
    std::copy(to, to + s_, to_medoids_.data() + c * s_);
    const auto label = static_cast<Label>(c);
    for (Index i = 0; i < s_; ++i) {
      if (labels[i] == label || second_labels_[i] == label) {
        rank(i);
      } else if (comes_before(to[i], label, near_[i], labels[i])) {
        second_[i] = near_[i];
        second_labels_[i] = labels[i];
        near_[i] = to[i];
        labels[i] = label;
      } else if (comes_before(to[i], label, second_[i], second_labels_[i])) {
        second_[i] = to[i];
        second_labels_[i] = label;
      }
    }
  }

  static bool comes_before(double a, Label label_a, double b, Label label_b) {
    return a < b || (a == b && label_a < label_b);
  }

  // Looks for the nearest and the second medoid of a point among all.
  void rank(Index i) {
    near_[i] = second_[i] = kInfinity;
    labels[i] = second_labels_[i] = static_cast<Label>(k_);
    for (Index c = 0; c < k_; ++c) {
      const double distance = to_medoids_[c * s_ + i];
      if (distance < near_[i]) {
        second_[i] = near_[i];
        second_labels_[i] = labels[i];
        near_[i] = distance;
        labels[i] = static_cast<Label>(c);
      } else if (distance < second_[i]) {
        second_[i] = distance;
        second_labels_[i] = static_cast<Label>(c);
      }
    }
  }

  double total() const {
    const Chunks chunks(s_);
    double sum = 0.0;
    for (Index c = 0; c < chunks.count; ++c) {
      sum += std::accumulate(near_.begin() + chunks.begin(c),
                             near_.begin() + chunks.end(c), 0.0);
    }
    return sum;
  }

  const Distances distances_;
  const Index s_, k_;
  std::vector<bool> is_medoid_;
  std::vector<double> near_, second_;  // (s,)
  std::vector<Label> second_labels_;   // (s,)
  std::vector<double> to_medoids_;     // (k, s)
  std::vector<double> change_, room_;
};

void check(Index s, Matrix<const double> uniforms, Index max_iter, Index k) {
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", s, k);
  require_at_least("uniforms.shape[0]", uniforms.shape[0], 1);
  require_equal("uniforms.shape[1]", uniforms.shape[1], k);
  require_at_least("max_iter", max_iter, 1);
}

double best_descent(const Distances& distances, Matrix<const double> uniforms,
                    Index max_iter, Vector<Index> medoids, Vector<Label> labels,
                    Index* n_rounds) {
  const Index s = labels.shape[0], k = medoids.shape[0], r = uniforms.shape[0];
  std::vector<std::unique_ptr<Descent>> starts(r);
  for_each_task(r, thread_count(r), [&](Index start, int) {
    starts[start] = std::make_unique<Descent>(distances, s, k);
    starts[start]->run(uniforms.row(start), max_iter);
  });
  const Descent& best = **std::min_element(
      starts.begin(), starts.end(),
      [](const auto& a, const auto& b) { return a->cost < b->cost; });
  std::copy(best.medoids.begin(), best.medoids.end(), medoids.data);
  std::copy(best.labels.begin(), best.labels.end(), labels.data);
  if (n_rounds != nullptr) *n_rounds = best.n_rounds;
  return best.cost;
}

bool fits(Index s) {
  return s <= kKeptDistances / s;
}

std::vector<Index> each_row(Index n) {
  std::vector<Index> rows(n);
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

}  // namespace

double k_medoids_of_distances(Matrix<const double> D, Matrix<const double> uniforms,
                              Index max_iter, Vector<Index> medoids,
                              Vector<Label> labels, Index* n_rounds) {
  const Index s = D.shape[0];
  check(s, uniforms, max_iter, medoids.shape[0]);
  require_equal("D.shape[1]", D.shape[1], s);
  require_equal("labels.shape[0]", labels.shape[0], s);
  return best_descent({D.data, nullptr}, uniforms, max_iter, medoids, labels, n_rounds);
}

double k_medoids(Matrix<const double> X, Vector<const Index> rows,
                 Matrix<const double> uniforms, Index max_iter, Vector<Index> medoids,
                 Vector<Label> labels, Index* n_rounds) {
  const Index s = rows.shape[0];
  check(s, uniforms, max_iter, medoids.shape[0]);
  require_equal("labels.shape[0]", labels.shape[0], s);
  for (Index i = 0; i < s; ++i) {
    require(0 <= rows[i] && rows[i] < X.shape[0], "rows should be rows of X");
  }
  const Points points(X, rows);
  if (!fits(s)) {
    return best_descent({nullptr, &points}, uniforms, max_iter, medoids, labels,
                        n_rounds);
  }
  const std::unique_ptr<double[]> D(new double[s * s]);
  all_distances(points, D.get());
  return best_descent({D.get(), nullptr}, uniforms, max_iter, medoids, labels,
                      n_rounds);
}

void k_medoids_replace_rows(Matrix<const double> X, Vector<const Index> t,
                            Cube<const double> rows, Matrix<const double> uniforms,
                            Index max_iter, Matrix<Index> medoids, Matrix<Label> labels,
                            Vector<double> cost) {
  const Index n = X.shape[0], d = X.shape[1], s = t.shape[0], b = rows.shape[0];
  const Index k = medoids.shape[1];
  check(n, uniforms, max_iter, k);
  require_equal("rows.shape[1]", rows.shape[1], s);
  require_equal("rows.shape[2]", rows.shape[2], d);
  require_equal("medoids.shape[0]", medoids.shape[0], b);
  require_equal("labels.shape[0]", labels.shape[0], b);
  require_equal("labels.shape[1]", labels.shape[1], n);
  require_equal("cost.shape[0]", cost.shape[0], b);
  require_different_rows(t, n);
  struct Copy {
    std::vector<double> X, D;
  };
  const std::vector<Index> every = each_row(n);
  const Vector<const Index> all{every.data(), {n}};
  std::vector<Copy> copies(thread_count(b));
  if (fits(n)) {
    copies[0].D.resize(n * n);
    all_distances(Points(X, all), copies[0].D.data());
  }
  for (Copy& own : copies) {
    own.X.assign(X.data, X.data + n * d);
    own.D = copies[0].D;
  }
  for_each_task(b, static_cast<int>(copies.size()), [&](Index q, int thread) {
    Copy& own = copies[thread];
    for (Index r = 0; r < s; ++r) {
      const double* row = rows.row(q) + r * d;
      std::copy(row, row + d, own.X.data() + t[r] * d);
    }
    const Matrix<const double> changed{own.X.data(), {n, d}};
    const Vector<Index> chosen{medoids.row(q), {k}};
    const Vector<Label> clusters{labels.row(q), {n}};
    if (own.D.empty()) {
      cost[q] = k_medoids(changed, all, uniforms, max_iter, chosen, clusters);
      return;
    }
    const Matrix<double> D{own.D.data(), {n, n}};
    for (Index r = 0; r < s; ++r) {
      replace_row_distances<double>(changed, {changed.row(t[r]), {d}}, t[r], false, D);
    }
    cost[q] =
        best_descent({D.data, nullptr}, uniforms, max_iter, chosen, clusters, nullptr);
  });
}

}  // namespace rfcore
