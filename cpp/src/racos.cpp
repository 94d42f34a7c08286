#include "rfcore/racos.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "rfcore/magnitude.hpp"

namespace rfcore {
namespace {

// Fewer comparisons than these are done before another thread has woken up.
constexpr Index kWorkPerThread = Index{1} << 18;

// floor(u n), below n also where u is not.
Index pick(double u, Index n) {
  return std::min(n - 1, static_cast<Index>(u * static_cast<double>(n)));
}

// Bit f of a set of coordinates is bit f % 64 of word f / 64.
using Word = std::uint64_t;
constexpr Index kBits = 64;

constexpr std::array<Word, kBits> single_bits() {
  std::array<Word, kBits> bits{};
  for (Index j = 0; j < kBits; ++j) bits[j] = Word{1} << j;
  return bits;
}
constexpr std::array<Word, kBits> kBit = single_bits();

// By sums over pairs, fours and bytes: C++17 has no popcount.
Index count_bits(Word word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return static_cast<Index>(word * 0x0101010101010101 >> 56);
}

// The coordinates in which z differs from x; a choice between constants, not a shift,
// so that several are compared at once.
RFCORE_CLONES void mark_differing(const double* z, const double* x, Index d,
                                  Word* words) {
  const Index n_full = d / kBits;
  for (Index w = 0; w < n_full; ++w, z += kBits, x += kBits) {
    Word word = 0;
    for (Index j = 0; j < kBits; ++j) word |= z[j] != x[j] ? kBit[j] : Word{0};
    words[w] = word;
  }
  if (d % kBits == 0) return;
  words[n_full] = 0;
  for (Index j = 0; j < d % kBits; ++j) {
    words[n_full] |= z[j] != x[j] ? kBit[j] : Word{0};
  }
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
        n_words_((d_ + kBits - 1) / kBits),
        low_(low),
        high_(high),
        inside_(negatives.shape[0]),
        differing_(negatives.shape[0] * n_words_),
        telling_(n_words_) {
    std::iota(inside_.begin(), inside_.end(), Index{0});
    for (Index i : inside_) {
      mark_differing(negatives_.row(i), x_, d_, &differing_[i * n_words_]);
    }
    for (Index f = 0; f < d_; ++f) {
      low_[f] = bounds.row(f)[0];
      high_[f] = bounds.row(f)[1];
    }
  }

  // Shrinks until no negative is inside; each step takes three uniforms and leaves at
  // least one negative out.
  void exclude(const double* u) {
    for (;; u += 3) {
      const Index n = unite();
      if (n == 0) return;
      const Index f = telling(pick(u[0], n));
      if (discrete_) {
        low_[f] = high_[f] = x_[f];
      } else {
        cut(f, u[1], u[2]);
      }
      drop_outside(f);
    }
  }

  // Fixes all but n_free of the coordinates that are not fixed, and draws a point.
  void draw(Index n_free, const double* u, double* point) {
    std::vector<Index> open(d_ + 1);
    Index n_open = 0;
    for (Index f = 0; f < d_; ++f) {
      open[n_open] = f;
      n_open += low_[f] < high_[f];
    }
    const Index n = std::min(n_free, n_open);
    std::vector<double> ends(2 * n);
    for (Index j = 0; j < n; ++j) {
      std::swap(open[j], open[j + pick(u[2 * j], n_open - j)]);
      ends[2 * j] = low_[open[j]];
      ends[2 * j + 1] = high_[open[j]];
    }
    for (double* fixed : {low_, high_, point}) std::copy(x_, x_ + d_, fixed);
    for (Index j = 0; j < n; ++j) {
      const Index f = open[j];
      low_[f] = ends[2 * j];
      high_[f] = ends[2 * j + 1];
      const double width = high_[f] - low_[f], share = u[2 * j + 1];
      const double step = discrete_ ? std::floor(share * (width + 1.0)) : share * width;
      point[f] = std::min(high_[f], low_[f] + step);
    }
  }

 private:
  bool differs(Index i, Index f) const {
    return differing_[i * n_words_ + f / kBits] >> (f % kBits) & 1;
  }

  // Collects the coordinates in which a negative inside differs from x; their number.
  Index unite() {
    std::fill(telling_.begin(), telling_.end(), Word{0});
    for (Index i : inside_) {
      for (Index w = 0; w < n_words_; ++w) {
        telling_[w] |= differing_[i * n_words_ + w];
      }
    }
    Index n = 0;
    for (Word word : telling_) n += count_bits(word);
    return n;
  }

  // The coordinate at a place among those.
  Index telling(Index place) const {
    Index w = 0;
    while (place >= count_bits(telling_[w])) place -= count_bits(telling_[w++]);
    Word word = telling_[w];
    while (place-- > 0) word &= word - 1;
    // Below the lowest bit there are as many others as its place.
    return w * kBits + count_bits((word & (~word + 1)) - 1);
  }

  // Ends the region between x and one of the negatives that differ in f.
  void cut(Index f, double u_negative, double u_bound) {
    const Index n = std::count_if(inside_.begin(), inside_.end(),
                                  [&](Index i) { return differs(i, f); });
    Index place = pick(u_negative, n);
    const auto z = std::find_if(inside_.begin(), inside_.end(),
                                [&](Index i) { return differs(i, f) && place-- == 0; });
    const double far = negatives_.row(*z)[f];
    double bound = x_[f] + u_bound * (far - x_[f]);
    if (far < x_[f] ? bound <= far : bound >= far) bound = x_[f];
    (far < x_[f] ? low_ : high_)[f] = bound;
  }

  void drop_outside(Index f) {
    const auto outside = [&](Index i) {
      const double z = negatives_.row(i)[f];
      return z < low_[f] || high_[f] < z;
    };
    inside_.erase(std::remove_if(inside_.begin(), inside_.end(), outside),
                  inside_.end());
  }

  const double* x_;
  Matrix<const double> negatives_;
  bool discrete_;
  Index d_, n_words_;
  double* low_;
  double* high_;
  std::vector<Index> inside_;    // negatives in the region, in order
  std::vector<Word> differing_;  // by negative, where it differs from x: (m, n_words)
  std::vector<Word> telling_;    // where one of those inside does: (n_words,)
};

}  // namespace

Index region_uniforms(Index n_negatives, Index n_free) {
  require_count("n_negatives", n_negatives, 0);
  require_count("n_free", n_free, 0);
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
  require_uniforms("uniforms", uniforms.data, uniforms.size());
  require_finite("positives", {positives.data, {positives.size()}});
  require_finite("negatives", {negatives.data, {negatives.size()}});
  require_finite("bounds", {bounds.data, {bounds.size()}});
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
