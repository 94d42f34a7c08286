#include "rfcore/medoids.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "rfcore/distance.hpp"
#include "rfcore/panels.hpp"

namespace rfcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A swap has to lower the cost by more than this share of it, so that no rounding is
// taken for a gain: what is gained is at most the cost, and what is lost is less.
constexpr double kLeastGain = 1e-12;

constexpr Index kAll = std::numeric_limits<Index>::max();

// What each candidate of a panel changes in place of each medoid: `shared` (kPanel,) is
// the same for all medoids; `change` (k, kPanel) takes the parts of their clusters.
RFCORE_CLONES
void changes(const double* panel, const double* near, const double* second,
             const Label* labels, Index s, Index k, double* shared, double* change) {
  double sum[kPanel] = {};
  std::fill(change, change + k * kPanel, 0.0);
  for (Index i = 0; i < s; ++i) {
    const double *to = panel + i * kPanel, own = near[i], next = second[i];
    double kept[kPanel], *of_cluster = change + labels[i] * kPanel;
    // Else so short a loop is unrolled before it could be vectorized.
#pragma omp simd
    for (Index l = 0; l < kPanel; ++l) {
      const double closer = to[l] < own ? to[l] : own;
      sum[l] += closer - own;
      kept[l] = (to[l] < next ? to[l] : next) - closer;
    }
#pragma omp simd
    for (Index l = 0; l < kPanel; ++l) of_cluster[l] += kept[l];
  }
  std::copy(sum, sum + kPanel, shared);
}

// One descent: k medoids and what their points know of them.
class Descent {
 public:
  Descent(const Panels& distances, Index k, Index max_candidates)
      : medoids(k),
        labels(distances.count(), static_cast<Label>(k)),
        distances_(distances),
        max_candidates_(max_candidates),
        s_(distances.count()),
        k_(k),
        is_medoid_(s_, false),
        near_(s_, kInfinity),
        second_(s_, kInfinity),
        second_labels_(s_, static_cast<Label>(k)),
        to_medoids_(k * s_),
        change_(k * kPanel) {}

  void run(const double* uniforms, Index max_iter) {
    seed(uniforms);
    cost = total();
    if (s_ <= max_candidates_) {
      descend(every(1), max_iter, true);
      return;
    }
    descend(every((s_ + max_candidates_ - 1) / max_candidates_), max_iter, false);
    descend(distances_.central(labels.data(), k_, kCentral), max_iter, false);
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
      place(c, next, distances_.panel(next / kPanel, room_) + next % kPanel);
    }
    // At no distance that is a number of any: all medoids are as near.
    for (Label& label : labels) label = label < k_ ? label : 0;
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

  // Every so manieth point.
  std::vector<Index> every(Index stride) const {
    std::vector<Index> points;
    for (Index j = 0; j < s_; j += stride) points.push_back(j);
    return points;
  }

  // Candidates in turn, until all of them in a row were no gain.
  void descend(const std::vector<Index>& candidates, Index max_iter, bool all) {
    const Index count = static_cast<Index>(candidates.size());
    Index idle = 0;
    for (Index round = 0; round < max_iter && idle < count; ++round, ++n_rounds) {
      for (Index first = 0; first < count && idle < count; first += kPanel) {
        const Index* points = candidates.data() + first;
        const Index here = std::min(kPanel, count - first);
        try_panel(points, std::min(here, count - idle),
                  all ? distances_.panel(first / kPanel, room_)
                      : distances_.panel_of(points, here, room_),
                  count, idle);
      }
    }
  }

  // Tries the candidates of a panel one by one; `idle` were no gain since the last
  // swap. What they change is computed for all of them, and anew after a swap.
  void try_panel(const Index* points, Index here, const double* panel, Index count,
                 Index& idle) {
    bool known = false;
    for (Index l = 0; l < here && idle < count; ++l) {
      if (!known) {
        changes(panel, near_.data(), second_.data(), labels.data(), s_, k_, shared_,
                change_.data());
      }
      known = !improve(points[l], l, panel);
      idle = known ? idle + 1 : 0;
    }
  }

  // Puts the best swap with point j, the panel's l-th, in place where it lowers the
  // cost.
  bool improve(Index j, Index l, const double* panel) {
    if (is_medoid_[j]) return false;
    Index best = 0;
    for (Index c = 1; c < k_; ++c) {
      if (change(c, l) < change(best, l)) best = c;
    }
    if (!(shared_[l] + change(best, l) < -kLeastGain * cost)) return false;
    is_medoid_[medoids[best]] = false;
    place(best, j, panel + l);
    cost = total();
    return true;
  }

  double change(Index c, Index l) const { return change_[c * kPanel + l]; }

  // Medoid c becomes point j, to which the panel has these distances.
  void place(Index c, Index j, const double* column) {
    medoids[c] = j;
    is_medoid_[j] = true;
    double* to = to_medoids_.data() + c * s_;
    for (Index i = 0; i < s_; ++i) to[i] = column[i * kPanel];
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
    if (labels[i] == k_) labels[i] = 0;
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

  const Panels& distances_;
  const Index max_candidates_, s_, k_;
  std::vector<bool> is_medoid_;
  std::vector<double> near_, second_;  // (s,)
  std::vector<Label> second_labels_;   // (s,)
  std::vector<double> to_medoids_;     // (k, s)
  double shared_[kPanel];
  std::vector<double> change_;  // (k, kPanel)
  std::vector<double> room_;
};

void check(Index s, Matrix<const double> uniforms, Index max_iter, Index k) {
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", s, k);
  require_at_least("uniforms.shape[0]", uniforms.shape[0], 1);
  require_equal("uniforms.shape[1]", uniforms.shape[1], k);
  require_at_least("max_iter", max_iter, 1);
  require_uniforms("uniforms", uniforms.data, uniforms.size());
}

double best_descent(const Panels& distances, Matrix<const double> uniforms,
                    Index max_iter, Vector<Index> medoids, Vector<Label> labels,
                    Index* n_rounds, Index max_candidates = kAll) {
  const Index k = medoids.shape[0], r = uniforms.shape[0];
  std::vector<std::unique_ptr<Descent>> starts(r);
  for_each_task(r, thread_count(r), [&](Index start, int) {
    starts[start] = std::make_unique<Descent>(distances, k, max_candidates);
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
  return best_descent(Panels::of_distances(D), uniforms, max_iter, medoids, labels,
                      n_rounds);
}

double k_medoids(Matrix<const double> X, Vector<const Index> rows,
                 Matrix<const double> uniforms, Index max_iter, Vector<Index> medoids,
                 Vector<Label> labels, Index* n_rounds, Index max_candidates) {
  const Index s = rows.shape[0];
  check(s, uniforms, max_iter, medoids.shape[0]);
  require_at_least("max_candidates", max_candidates, 1);
  require_equal("labels.shape[0]", labels.shape[0], s);
  for (Index i = 0; i < s; ++i) {
    require(0 <= rows[i] && rows[i] < X.shape[0], "rows should be rows of X");
  }
  return best_descent(fits(s) ? Panels::of_rows(X, rows) : Panels::on_demand(X, rows),
                      uniforms, max_iter, medoids, labels, n_rounds, max_candidates);
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
    std::vector<double> X, to;
    std::optional<Panels> distances;  // kept ones
  };
  const std::vector<Index> every = each_row(n);
  const Vector<const Index> all{every.data(), {n}};
  std::vector<Copy> copies(thread_count(b));
  if (fits(n)) copies[0].distances.emplace(Panels::of_rows(X, all));
  for (Copy& own : copies) {
    own.X.assign(X.data, X.data + n * d);
    own.to.resize(n);
    if (fits(n) && !own.distances) own.distances.emplace(copies[0].distances->copy());
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
    if (!own.distances) {
      cost[q] = k_medoids(changed, all, uniforms, max_iter, chosen, clusters);
      return;
    }
    for (Index r = 0; r < s; ++r) {
      pairwise_sq_distances<double>({changed.row(t[r]), {1, d}}, changed,
                                    {own.to.data(), {1, n}});
      for (double& distance : own.to) distance = std::sqrt(distance);
      own.distances->replace(t[r], own.to.data());
    }
    cost[q] =
        best_descent(*own.distances, uniforms, max_iter, chosen, clusters, nullptr);
  });
}

}  // namespace rfcore
