#include "rfcore/tracking.hpp"

#include <cmath>
#include <limits>

#include "rfcore/nearest.hpp"
#include "rfcore/scores.hpp"

namespace rfcore {
namespace {

// slack[i] after every center has moved: what its own move and the largest of the
// others' can take away.
RFCORE_CLONES
void take_away(const float* moves, const Label* labels, Index n, float* slack) {
  for (Index i = 0; i < n; ++i) slack[i] = (slack[i] - moves[labels[i]]) * kDown;
}

// A float that is not below a number >= 0.
float above(double value) {
  return static_cast<float>(value) * kUp + kTiny;
}

RFCORE_CLONES
TwoNearest decide(const double* x, const double* C, Index k, Index d) {
  return two_nearest(x, C, k, d);
}

RFCORE_CLONES
TwoNearest decide(const float* x, const double* C, Index k, Index d) {
  return two_nearest(x, C, k, d);
}

}  // namespace

template <class T>
SingleRows::SingleRows(Matrix<const T> X)
    : n(X.shape[0]), d(X.shape[1]), mean(d, 0.0), rows(n * d), lengths(n) {
  // Any point near the middle would do: of a few rows, so that they are read once.
  const Index step = std::max<Index>(1, n / 1024);
  for (Index i = 0; i < n; i += step) {
    for (Index f = 0; f < d; ++f) mean[f] += static_cast<double>(X.row(i)[f]);
  }
  for (double& value : mean) value /= static_cast<double>((n + step - 1) / step);
  const Chunks chunks(n);
  std::vector<double> most(chunks.count, 0.0);
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    double largest = 0.0;
    for (Index i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      for (Index f = 0; f < d; ++f) {
        const double value = static_cast<double>(X.row(i)[f]) - mean[f];
        largest = std::max(largest, std::abs(value));
      }
    }
    most[chunk] = largest;
  }
  const double largest = *std::max_element(most.begin(), most.end());
  scale = largest > 0.0 ? std::ldexp(1.0, -std::ilogb(largest) - 1) : 1.0;
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    for (Index i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      float* row = rows.data() + i * d;
      double sq = 0.0;
      for (Index f = 0; f < d; ++f) {
        const double value = (static_cast<double>(X.row(i)[f]) - mean[f]) * scale;
        row[f] = static_cast<float>(value);
        sq += value * value;
      }
      lengths[i] = above(std::sqrt(sq));
    }
  }
}

NearestTracker::NearestTracker(const SingleRows& rows, Index k)
    : rows_(rows),
      k_(k),
      n_groups_((k + kGroup - 1) / kGroup),
      centers_(k * rows.d),
      packed_(n_groups_ * rows.d * kGroup, 0.0f),
      sq_(n_groups_ * kGroup, std::numeric_limits<float>::infinity()),
      moves_(k),
      slack_(rows.n) {}

void NearestTracker::move(Matrix<const double> C) {
  const Index d = rows_.d;
  std::vector<double> moved(k_);
  longest_ = 0.0;
  for (Index c = 0; c < k_; ++c) {
    const Index group = c / kGroup, place = c % kGroup;
    double sq = 0.0;
    for (Index f = 0; f < d; ++f) {
      const double at = C.row(c)[f], before = centers_[c * d + f];
      const double value = (at - rows_.mean[f]) * rows_.scale;
      moved[c] += (at - before) * (at - before);
      sq += value * value;
      packed_[(group * d + f) * kGroup + place] = static_cast<float>(value);
      centers_[c * d + f] = at;
    }
    moved[c] = std::sqrt(moved[c]) * rows_.scale;
    sq_[group * kGroup + place] = static_cast<float>(sq);
    longest_ = std::max(longest_, std::sqrt(sq));
  }
  const Index most = std::max_element(moved.begin(), moved.end()) - moved.begin();
  double next = 0.0;
  for (Index c = 0; c < k_; ++c) {
    if (c != most) next = std::max(next, moved[c]);
  }
  for (Index c = 0; c < k_; ++c) {
    moves_[c] = above(moved[c] + (c == most ? next : moved[most]));
  }
  ++n_moves_;
}

template <class T>
void NearestTracker::assign(Matrix<const T> X, Matrix<const double> C, Index begin,
                            Index end, Label* labels, unsigned char* affected) {
  const Index d = rows_.d;
  float* slack = slack_.data();
  if (n_moves_ > 1)
    take_away(moves_.data(), labels + begin, end - begin, slack + begin);
  std::vector<Index> doubtful(end - begin);
  Index n_doubtful = 0;
  for (Index i = begin; i < end; ++i) {
    doubtful[n_doubtful] = i;
    n_doubtful += !(slack[i] > 0.0f);
  }
  const double steps = static_cast<double>(d + 8);
  const Centers centers{packed_.data(),
                        sq_.data(),
                        n_groups_,
                        d,
                        above(3.0 * kUnit * longest_ * longest_),
                        above(2.0 * kUnit * steps * longest_),
                        above(distance_rounding(d)),
                        above(longest_)};
  std::vector<Lanes> tile(d);
  Lanes lengths{};
  Found found;
  for (Index first = 0; first < n_doubtful; first += kLanes) {
    const Index here = std::min(kLanes, n_doubtful - first);
    for (Index l = 0; l < here; ++l) {
      const Index i = doubtful[first + l];
      const float* row = rows_.rows.data() + i * d;
      for (Index f = 0; f < d; ++f) tile[f].of[l] = row[f];
      lengths.of[l] = rows_.lengths[i];
    }
    score(tile.data(), lengths.of, centers, &found);
    for (Index l = 0; l < here; ++l) {
      const Index i = doubtful[first + l];
      Label label = found.label[l];
      slack[i] = found.slack[l];
      if (!(found.clear[l] > 0.0f)) {
        const TwoNearest exact = decide(X.row(i), C.data, k_, d);
        label = exact.label;
        const double gap = std::sqrt(exact.second) * (1.0 - distance_rounding(d)) -
                           std::sqrt(exact.least) * (1.0 + distance_rounding(d));
        slack[i] = static_cast<float>(gap * rows_.scale) * kDown;
      }
      if (label == labels[i]) continue;
      affected[label] = 1;
      if (labels[i] >= 0) affected[labels[i]] = 1;
      labels[i] = label;
    }
  }
}

#define RFCORE_INSTANTIATE(T)                                                    \
  template SingleRows::SingleRows(Matrix<const T>);                              \
  template void NearestTracker::assign<T>(Matrix<const T>, Matrix<const double>, \
                                          Index, Index, Label*, unsigned char*);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
