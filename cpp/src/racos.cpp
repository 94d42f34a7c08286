#include "rfcore/racos.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace rfcore {
namespace {

// Fewer comparisons than these are done before another thread has woken up.
constexpr Index kWorkPerThread = Index{1} << 18;

// floor(u n), below n also where u is not.
Index pick(double u, Index n) {
  return std::min(n - 1, static_cast<Index>(u * static_cast<double>(n)));
}

// One region while it is learned.
class Region {
 public:
  Region(const double* x, Matrix<const double> negatives, Matrix<const double> bounds,
         bool discrete, double* low, double* high)
      : x_(x),
        negatives_(negatives),
        discrete_(discrete),
        d_(bounds.shape[0]),
        low_(low),
        high_(high),
        inside_(negatives.shape[0]),
        n_differing_(d_, 0) {
    std::iota(inside_.begin(), inside_.end(), Index{0});
    for (Index i : inside_) count(negatives_.row(i), 1);
    for (Index f = 0; f < d_; ++f) {
      low_[f] = bounds.row(f)[0];
      high_[f] = bounds.row(f)[1];
    }
  }

  // Shrinks until no negative is inside; each step takes three uniforms and leaves at
  // least one negative out.
  void exclude(const double* u) {
    for (;; u += 3) {
      const Index n = std::count_if(n_differing_.begin(), n_differing_.end(),
                                    [](Index count) { return count > 0; });
      if (n == 0) return;
      const Index f = differing(pick(u[0], n));
      if (discrete_) {
        low_[f] = high_[f] = x_[f];
      } else {
        cut(f, pick(u[1], n_differing_[f]), u[2]);
      }
      drop_outside(f);
    }
  }

  // Fixes all but n_free of the coordinates that are not fixed, and draws a point.
  void draw(Index n_free, const double* u, double* point) {
    std::vector<Index> open;
    open.reserve(d_);
    for (Index f = 0; f < d_; ++f) {
      if (low_[f] < high_[f]) open.push_back(f);
      point[f] = x_[f];
    }
    const Index n_open = static_cast<Index>(open.size());
    const Index n = std::min(n_free, n_open);
    for (Index j = 0; j < n; ++j, u += 2) {
      std::swap(open[j], open[j + pick(u[0], n_open - j)]);
      const Index f = open[j];
      const double width = high_[f] - low_[f];
      const double step = discrete_ ? std::floor(u[1] * (width + 1.0)) : u[1] * width;
      point[f] = std::min(high_[f], low_[f] + step);
    }
    for (Index j = n; j < n_open; ++j) low_[open[j]] = high_[open[j]] = x_[open[j]];
  }

 private:
  void count(const double* z, Index change) {
    for (Index f = 0; f < d_; ++f) n_differing_[f] += change * (z[f] != x_[f]);
  }

  // The coordinate at a place among those in which a negative inside differs from x.
  Index differing(Index place) const {
    Index f = 0;
    while (n_differing_[f] == 0 || place-- > 0) ++f;
    return f;
  }

  // Ends the region between x and one of the negatives that differ in f.
  void cut(Index f, Index place, double u) {
    const auto z = std::find_if(inside_.begin(), inside_.end(), [&](Index i) {
      return negatives_.row(i)[f] != x_[f] && place-- == 0;
    });
    const double far = negatives_.row(*z)[f];
    double bound = x_[f] + u * (far - x_[f]);
    if (far < x_[f] ? bound <= far : bound >= far) bound = x_[f];
    (far < x_[f] ? low_ : high_)[f] = bound;
  }

  void drop_outside(Index f) {
    const auto outside = [&](Index i) {
      const double z = negatives_.row(i)[f];
      if (low_[f] <= z && z <= high_[f]) return false;
      count(negatives_.row(i), -1);
      return true;
    };
    inside_.erase(std::remove_if(inside_.begin(), inside_.end(), outside),
                  inside_.end());
  }

  const double* x_;
  Matrix<const double> negatives_;
  bool discrete_;
  Index d_;
  double* low_;
  double* high_;
  std::vector<Index> inside_;       // negatives in the region, in order
  std::vector<Index> n_differing_;  // of those, how many differ from x: (d,)
};

}  // namespace

Index region_uniforms(Index n_negatives, Index n_free) {
  require_at_least("n_negatives", n_negatives, 0);
  require_at_least("n_free", n_free, 0);
  return 3 * n_negatives + 2 * n_free;
}

void shrink_regions(Matrix<const double> positives, Matrix<const double> negatives,
                    Matrix<const double> bounds, bool discrete, Index n_free,
                    Matrix<const double> uniforms, Matrix<double> low,
                    Matrix<double> high, Matrix<double> points) {
  const Index b = positives.shape[0], d = positives.shape[1], m = negatives.shape[0];
  require_equal("negatives.shape[1]", negatives.shape[1], d);
  require_equal("bounds.shape[0]", bounds.shape[0], d);
  require_equal("bounds.shape[1]", bounds.shape[1], 2);
  require_equal("uniforms.shape[0]", uniforms.shape[0], b);
  require_equal("uniforms.shape[1]", uniforms.shape[1], region_uniforms(m, n_free));
  for (const auto& [name, view] :
       {std::pair{"low", low}, {"high", high}, {"points", points}}) {
    require_equal((std::string(name) + ".shape[0]").c_str(), view.shape[0], b);
    require_equal((std::string(name) + ".shape[1]").c_str(), view.shape[1], d);
  }
  const Index n_worth = std::min(b, b * (m + 1) * d / kWorkPerThread);
  for_each_task(b, thread_count(n_worth), [&](Index q, int) {
    Region region(positives.row(q), negatives, bounds, discrete, low.row(q),
                  high.row(q));
    region.exclude(uniforms.row(q));
    region.draw(n_free, uniforms.row(q) + 3 * m, points.row(q));
  });
}

}  // namespace rfcore
