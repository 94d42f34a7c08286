#include "rfcore/appended.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "rfcore/nearest.hpp"

namespace rfcore {
namespace {

constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;

// X above V[q], and the answer of lloyd.
void refit(Matrix<const double> X, Cube<const double> V, Index q, const LloydPlan& plan,
           Cube<double> centers, Matrix<Label> labels) {
  const Index n = X.shape[0], d = X.shape[1], s = V.shape[1];
  std::vector<double> rows(X.data, X.data + n * d);
  rows.insert(rows.end(), V.row(q), V.row(q) + s * d);
  std::vector<Label> all(n + s);
  lloyd<double>({rows.data(), {n + s, d}}, plan,
                {centers.row(q), {centers.shape[1], d}}, {all.data(), {n + s}});
  std::copy(all.begin(), all.begin() + n, labels.row(q));
}

void check_questions(Matrix<const double> X, Cube<const double> V, Index k,
                     Cube<double> centers, Matrix<Label> labels) {
  require_equal("V.shape[2]", V.shape[2], X.shape[1]);
  require_equal("centers.shape[0]", centers.shape[0], V.shape[0]);
  require_equal("centers.shape[1]", centers.shape[1], k);
  require_equal("centers.shape[2]", centers.shape[2], X.shape[1]);
  require_equal("labels.shape[0]", labels.shape[0], V.shape[0]);
  require_equal("labels.shape[1]", labels.shape[1], X.shape[0]);
}

// What a step finds: sums and counts of the clusters, how many rows of X were added to
// or taken from each, and the length of the rows of V in it.
struct Step {
  std::vector<double> sums, counts, terms, length_of_V;
  Index n_moved = 0;
  bool changed = false;   // a label is not that of the step before
  bool doubtful = false;  // rounding could decide a label
};

// The centers of a step, and how far those of lloyd may be from them.
struct Centers {
  const double* data;
  Index k, d;
  double error, rounding;

  // Whether centers off by `error` could change which of two is nearer: |x - c| + |x -
  // c'| is at most twice the larger, and each distance is off by `error` at most.
  bool tie(const TwoNearest& found) const {
    if (error == 0.0 || k == 1) return false;
    const double gap = found.second - found.least - rounding * found.second;
    return gap <= 0.0 || gap * gap <= 16.0 * error * error * found.second;
  }
};

// Labels of a run: which rows have left the label of their part of the order.
struct Looked {
  std::vector<Label> now;     // (n,) in the order of warm
  std::vector<Index> reach;   // (k,) rows looked at in the last step
  std::vector<Index> widest;  // (k,) in any step of the run
};

// Looks at `count` rows of label c from warm's position `first` on.
RFCORE_CLONES
void look_at_rows(const double* rows, Index count, Label c, const Centers& at,
                  Label* now, Step& step) {
  const Index d = at.d;
  for (Index p = 0; p < count; ++p) {
    const double* x = rows + p * d;
    const TwoNearest found = two_nearest(x, at.data, at.k, d);
    step.doubtful |= at.tie(found);
    step.changed |= found.label != now[p];
    now[p] = found.label;
    if (found.label == c) continue;
    ++step.n_moved;
    step.counts[c] -= 1.0;
    step.counts[found.label] += 1.0;
    step.terms[c] += 1.0;
    step.terms[found.label] += 1.0;
    for (Index f = 0; f < d; ++f) {
      step.sums[c * d + f] -= x[f];
      step.sums[found.label * d + f] += x[f];
    }
  }
}

// One question from warm centers.
class Run {
 public:
  Run(const WarmRows& warm, Matrix<const double> V, Looked& looked)
      : warm_(warm),
        V_(V),
        looked_(looked),
        k_(warm.centers.shape[0]),
        d_(warm.centers.shape[1]),
        rounding_(distance_rounding(d_)),
        C_(warm.centers.data, warm.centers.data + k_ * d_),
        error_(k_, 0.0),
        label_of_V_(V.shape[0], -1) {
    double sq = 0.0;
    for (Index f = 0; f < d_; ++f)
      sq += warm.moments.row(2)[f] * warm.moments.row(2)[f];
    length_ = std::sqrt(sq);
    std::fill(looked.reach.begin(), looked.reach.end(), 0);
    std::fill(looked.widest.begin(), looked.widest.end(), 0);
  }

  // False where lloyd has to answer.
  bool answer(Index max_iter, double tol) {
    const double limit = tol == 0.0 ? 0.0 : tol * variance();
    bool converged = false;
    for (Index t = 0; t < max_iter && !converged; ++t) {
      if (!assign() || !average()) return false;
      double shift = 0.0, off = 0.0;
      for (Index c = 0; c < k_; ++c) {
        off += (error_[c] + new_error_[c]) * (error_[c] + new_error_[c]);
        for (Index f = 0; f < d_; ++f) {
          const double move = step_.sums[c * d_ + f] - C_[c * d_ + f];
          shift += move * move;
        }
      }
      // How much the shift of lloyd's own sums may differ from this one.
      const double slack = 2.0 * std::sqrt(shift * off) + off + 1e-9 * limit;
      if (limit > 0.0 && std::abs(shift - limit) <= slack) return false;
      C_.swap(step_.sums);
      error_.swap(new_error_);
      // Labels that repeat end the run also of lloyd, whose sums repeat with them.
      converged = shift <= limit || (t > 0 && !step_.changed);
    }
    return assign();
  }

  void write(double* centers, Label* labels) const {
    std::copy(C_.begin(), C_.end(), centers);
    std::copy(warm_.labels.data, warm_.labels.data + warm_.labels.shape[0], labels);
    for (Index c = 0; c < k_; ++c) {
      for (Index p = warm_.begin[c]; p < warm_.begin[c] + looked_.reach[c]; ++p) {
        labels[warm_.order[p]] = looked_.now[p];
      }
    }
  }

  // Leaves the labels as the next run expects them.
  void reset() const {
    for (Index c = 0; c < k_; ++c) {
      const auto first = looked_.now.begin() + warm_.begin[c];
      std::fill(first, first + looked_.widest[c], static_cast<Label>(c));
    }
  }

 private:
  // mean_variance of X above V, by combining sums of squared deviations.
  double variance() const {
    const double n = static_cast<double>(warm_.order.shape[0]);
    const double s = static_cast<double>(V_.shape[0]);
    double total = 0.0;
    for (Index f = 0; f < d_; ++f) {
      double mean = 0.0, deviation = 0.0;
      for (Index r = 0; r < V_.shape[0]; ++r) mean += V_.row(r)[f] / s;
      for (Index r = 0; r < V_.shape[0]; ++r) {
        deviation += (V_.row(r)[f] - mean) * (V_.row(r)[f] - mean);
      }
      const double gap = s == 0.0 ? 0.0 : mean - warm_.moments.row(0)[f];
      total += warm_.moments.row(1)[f] + deviation + gap * gap * n * s / (n + s);
    }
    return total / ((n + s) * static_cast<double>(d_));
  }

  // The nearest center of every row that may have switched, and of V.
  bool assign() {
    begin_step();
    const double error = *std::max_element(error_.begin(), error_.end());
    const Centers at{C_.data(), k_, d_, error, rounding_};
    std::vector<double> moved(k_);
    for (Index c = 0; c < k_; ++c) {
      moved[c] = std::sqrt(sq_distance(C_.data() + c * d_, warm_.centers.row(c), d_)) *
                     (1.0 + rounding_) +
                 error_[c];
    }
    for (Index c = 0; c < k_; ++c) {
      double other = 0.0;
      for (Index e = 0; e < k_; ++e) {
        if (e != c) other = std::max(other, moved[e]);
      }
      look_at(c, moved[c] + other, at);
    }
    look_at_V(at);
    return !step_.doubtful;
  }

  void begin_step() {
    step_.sums.assign(warm_.sums.data, warm_.sums.data + k_ * d_);
    step_.counts.resize(k_);
    for (Index c = 0; c < k_; ++c) {
      step_.counts[c] = static_cast<double>(warm_.begin[c + 1] - warm_.begin[c]);
    }
    step_.terms = step_.counts;
    step_.length_of_V.assign(k_, 0.0);
    step_.n_moved = 0;
    step_.changed = step_.doubtful = false;
  }

  void look_at(Index c, double moved, const Centers& at) {
    const Index first = warm_.begin[c];
    const double* margins = warm_.margins.data;
    const double* end =
        std::upper_bound(margins + first, margins + warm_.begin[c + 1], moved);
    const Index reach = end - (margins + first);
    Label* now = looked_.now.data() + first;
    look_at_rows(warm_.rows.row(first), reach, static_cast<Label>(c), at, now, step_);
    for (Index p = reach; p < looked_.reach[c]; ++p) {
      step_.changed |= now[p] != c;
      now[p] = static_cast<Label>(c);
    }
    looked_.reach[c] = reach;
    looked_.widest[c] = std::max(looked_.widest[c], reach);
  }

  void look_at_V(const Centers& at) {
    for (Index r = 0; r < V_.shape[0]; ++r) {
      const double* x = V_.row(r);
      const TwoNearest found = two_nearest(x, at.data, k_, d_);
      step_.doubtful |= at.tie(found);
      step_.changed |= found.label != label_of_V_[r];
      label_of_V_[r] = found.label;
      step_.counts[found.label] += 1.0;
      double sq = 0.0;
      for (Index f = 0; f < d_; ++f) {
        step_.sums[found.label * d_ + f] += x[f];
        sq += x[f] * x[f];
      }
      step_.length_of_V[found.label] += std::sqrt(sq);
    }
  }

  // Sums to means, and how far they may be from lloyd's own: the error of adding up
  // terms in another order. False where a cluster is empty.
  bool average() {
    const Chunks chunks(warm_.order.shape[0] + V_.shape[0]);
    const double n_terms = static_cast<double>(chunks.rows + chunks.count +
                                               2 * step_.n_moved + V_.shape[0] + 8);
    new_error_.resize(k_);
    for (Index c = 0; c < k_; ++c) {
      const double count = step_.counts[c];
      if (count == 0.0) return false;
      const double length = length_ * (step_.terms[c] + 1.0) + step_.length_of_V[c];
      new_error_[c] = 4.0 * kUnit * n_terms * length / count;
      for (Index f = 0; f < d_; ++f) step_.sums[c * d_ + f] /= count;
    }
    return true;
  }

  const WarmRows& warm_;
  Matrix<const double> V_;
  Looked& looked_;
  Index k_, d_;
  double rounding_;
  double length_ = 0.0;  // no row of X is longer
  std::vector<double> C_, error_, new_error_;
  std::vector<Label> label_of_V_;
  Step step_;
};

}  // namespace

void lloyd_append_rows(Matrix<const double> X, Cube<const double> V,
                       const LloydPlan& plan, Cube<double> centers,
                       Matrix<Label> labels) {
  check_questions(X, V, plan.n_clusters, centers, labels);
  for_each_task(V.shape[0], thread_count(V.shape[0]),
                [&](Index q, int) { refit(X, V, q, plan, centers, labels); });
}

Index warm_append_rows(Matrix<const double> X, const WarmRows& warm,
                       Cube<const double> V, Index max_iter, double tol,
                       Cube<double> centers, Matrix<Label> labels) {
  const Index k = warm.centers.shape[0], d = X.shape[1], b = V.shape[0];
  const Index s = V.shape[1];
  check_warm(X, warm);
  check_questions(X, V, k, centers, labels);
  require_at_least("max_iter", max_iter, 1);
  require(tol >= 0.0, "tol should be >= 0");
  const LloydPlan plan{
      {warm.centers.data, {1, k, d}}, {nullptr, {0, 0}}, k, max_iter, tol};
  const int n_threads = thread_count(b);
  std::vector<Looked> looked(n_threads);
  for (Looked& own : looked) {
    own.now.resize(X.shape[0]);
    own.reach.resize(k);
    own.widest.resize(k);
    for (Index c = 0; c < k; ++c) {
      std::fill(own.now.begin() + warm.begin[c], own.now.begin() + warm.begin[c + 1],
                static_cast<Label>(c));
    }
  }
  std::atomic<Index> n_refits{0};
  for_each_task(b, n_threads, [&](Index q, int thread) {
    Run run(warm, {V.row(q), {s, d}}, looked[thread]);
    const bool answered = run.answer(max_iter, tol);
    if (answered) run.write(centers.row(q), labels.row(q));
    run.reset();
    if (!answered) {
      ++n_refits;
      refit(X, V, q, plan, centers, labels);
    }
  });
  return n_refits;
}

}  // namespace rfcore
