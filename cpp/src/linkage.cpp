#include "rfcore/linkage.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <tuple>
#include <vector>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

constexpr double kGone = std::numeric_limits<double>::infinity();

template <Linkage method>
RFCORE_INLINE void merge_rows_by(double* row_a, const double* row_b,
                                 const double* sizes, Index n, double AB, double a,
                                 double b) {
  for (Index c = 0; c < n; ++c) {
    row_a[c] = lance_williams(method, row_a[c], row_b[c], AB, a, b, sizes[c]);
  }
}

// first_minimum of row[j], or of row[j] + gone[j].
template <bool kMasked>
RFCORE_INLINE Index first_minimum_of(const double* row, const double* gone, Index n) {
  const auto at_place = [&](Index j) { return kMasked ? row[j] + gone[j] : row[j]; };
  constexpr Index kLanes = 16, kBlock = 512;
  double minimum = kGone;
  Index at = 0;
  for (Index begin = 0; begin < n; begin += kBlock) {
    const Index end = std::min(n, begin + kBlock), whole = end - (end - begin) % kLanes;
    double least[kLanes];
    std::fill(least, least + kLanes, minimum);
    for (Index j = begin; j < whole; j += kLanes) {
      for (Index l = 0; l < kLanes; ++l) {
        const double value = at_place(j + l);
        least[l] = value < least[l] ? value : least[l];
      }
    }
    double lowest = minimum;
    for (Index l = 0; l < kLanes; ++l) lowest = std::min(lowest, least[l]);
    for (Index j = whole; j < end; ++j) lowest = std::min(lowest, at_place(j));
    if (lowest < minimum) {
      minimum = lowest;
      at = begin;
    }
  }
  if (minimum == kGone) return n;
  while (at_place(at) != minimum) ++at;
  return at;
}

RFCORE_CLONES
Index first_left_minimum(const double* row, const double* gone, Index n) {
  return first_minimum_of<true>(row, gone, n);
}

// row[j] becomes D[j, c] where cluster j was made after merge `fresh`.
RFCORE_CLONES
void take_newer(const double* D, Index width, Index c, const std::int32_t* made,
                std::int32_t fresh, double* row) {
  constexpr Index kBlock = 64;
  for (Index begin = 0; begin < width; begin += kBlock) {
    const Index end = std::min(width, begin + kBlock);
    std::int32_t latest = 0;
    for (Index j = begin; j < end; ++j) latest = std::max(latest, made[j]);
    if (latest <= fresh) continue;
    for (Index j = begin; j < end; ++j) {
      if (made[j] > fresh) row[j] = D[j * width + c];
    }
  }
}

// The distances between the clusters that are left, in the order of their rows. Those
// to a new cluster stand in its row, and come into another row when that is read: a
// column costs a cache miss an entry. The rows move together when a quarter of them is
// gone.
class Clusters {
 public:
  explicit Clusters(Matrix<double> D)
      : D_(D.data),
        width_(D.shape[0]),
        left_(width_),
        row_(width_),
        made_(width_, 0),
        fresh_(width_, 0),
        gone_(width_, 0.0) {
    std::iota(row_.begin(), row_.end(), Index{0});
    for (Index i = 0; i < width_; ++i) row(i)[i] = kGone;
  }

  Index width() const { return width_; }
  double* row(Index place) { return D_ + place * width_; }
  // The same with all entries as they are now.
  double* fresh_row(Index place) {
    take_newer(D_, width_, place, made_.data(), fresh_[place], row(place));
    fresh_[place] = n_merges_;
    return row(place);
  }
  // The smallest row of the cluster at a place, which names it.
  Index name(Index place) const { return row_[place]; }
  bool is_gone(Index place) const { return gone_[place] != 0.0; }
  Index nearest(Index place) {
    return first_left_minimum(fresh_row(place), gone_.data(), width_);
  }

  // Says that the row of one cluster is now that of its union with another.
  void unite(Index place, Index other) {
    made_[place] = fresh_[place] = ++n_merges_;
    made_[other] = 0;
    gone_[other] = kGone;
    --left_;
  }

  // New places by old ones where the clusters have moved; empty where they stay.
  std::vector<Index> close_up() {
    if (4 * left_ > 3 * width_ || width_ < kSmall) return {};
    std::vector<Index> place(width_, -1), kept;
    kept.reserve(left_);
    for (Index i = 0; i < width_; ++i) {
      if (is_gone(i)) continue;
      place[i] = static_cast<Index>(kept.size());
      kept.push_back(i);
    }
    for (Index i = 0; i < left_; ++i) {
      const double* from = D_ + kept[i] * width_;
      double* to = D_ + i * left_;
      for (Index j = 0; j < left_; ++j) to[j] = from[kept[j]];
      row_[i] = row_[kept[i]];
      made_[i] = made_[kept[i]];
      fresh_[i] = fresh_[kept[i]];
    }
    width_ = left_;
    std::fill(gone_.begin(), gone_.begin() + width_, 0.0);
    return place;
  }

 private:
  static constexpr Index kSmall = 64;

  double* D_;
  Index width_, left_;
  std::int32_t n_merges_ = 0;
  std::vector<Index> row_;
  // The merge that made a cluster, and the last one that its row knows of.
  std::vector<std::int32_t> made_, fresh_;
  std::vector<double> gone_;
};

// Merges in the order in which the chain finds them. A cluster that rounding let merge
// below its own height takes its own height, so that no merge can be sorted before it.
void chain_merges(Matrix<double> D, Linkage method, Index* pairs, double* heights) {
  const Index n = D.shape[0];
  Clusters clusters(D);
  std::vector<double> sizes(n, 1.0), top(n, 0.0);
  std::vector<Index> chain;
  chain.reserve(n);
  Index first = 0;
  for (Index merged = 0; merged < n - 1; ++merged) {
    if (chain.empty()) {
      while (clusters.is_gone(first)) ++first;
      chain.push_back(first);
    }
    // Each step goes to a pair that is strictly earlier in the order of the contract,
    // so the walk ends at two clusters that are each other's nearest.
    for (;;) {
      const Index next = clusters.nearest(chain.back());
      require(next < clusters.width(), "distances should be finite");
      if (chain.size() > 1 && next == chain[chain.size() - 2]) break;
      chain.push_back(next);
      require(static_cast<Index>(chain.size()) <= n, "distances should be symmetric");
    }
    const Index b = std::max(chain.back(), chain[chain.size() - 2]);
    const Index a = std::min(chain.back(), chain[chain.size() - 2]);
    chain.resize(chain.size() - 2);
    double* row_a = clusters.fresh_row(a);
    const double AB = row_a[b];
    merge_rows(method, row_a, clusters.fresh_row(b), sizes.data(), clusters.width(), AB,
               sizes[a], sizes[b]);
    row_a[a] = kGone;
    clusters.unite(a, b);
    top[a] = std::max({AB, top[a], top[b]});
    sizes[a] += sizes[b];
    pairs[2 * merged] = clusters.name(a);
    pairs[2 * merged + 1] = clusters.name(b);
    heights[merged] = top[a];
    const std::vector<Index> place = clusters.close_up();
    for (Index i = 0; i < static_cast<Index>(place.size()); ++i) {
      if (place[i] < 0) continue;
      sizes[place[i]] = sizes[i];
      top[place[i]] = top[i];
    }
    if (!place.empty()) {
      for (Index& i : chain) i = place[i];
      first = 0;
    }
  }
}

}  // namespace

RFCORE_CLONES
Index first_minimum(const double* row, Index n) {
  return first_minimum_of<false>(row, nullptr, n);
}

RFCORE_CLONES
void merge_rows(Linkage method, double* row_a, const double* row_b, const double* sizes,
                Index n, double AB, double a, double b) {
  switch (method) {
    case Linkage::kWard:
      return merge_rows_by<Linkage::kWard>(row_a, row_b, sizes, n, AB, a, b);
    case Linkage::kComplete:
      return merge_rows_by<Linkage::kComplete>(row_a, row_b, sizes, n, AB, a, b);
    case Linkage::kAverage:
      return merge_rows_by<Linkage::kAverage>(row_a, row_b, sizes, n, AB, a, b);
    case Linkage::kSingle:
      return merge_rows_by<Linkage::kSingle>(row_a, row_b, sizes, n, AB, a, b);
  }
}

void sorted_merges(Matrix<double> D, Linkage method, Matrix<Index> pairs,
                   Vector<double> heights) {
  const Index n = D.shape[0];
  require_at_least("n_samples", n, 1);
  require_equal("D.shape[1]", D.shape[1], n);
  require_equal("pairs.shape[0]", pairs.shape[0], n - 1);
  require_equal("pairs.shape[1]", pairs.shape[1], 2);
  require_equal("heights.shape[0]", heights.shape[0], n - 1);
  std::vector<Index> found(2 * (n - 1));
  std::vector<double> height(n - 1);
  chain_merges(D, method, found.data(), height.data());

  // A merge is ready when the merges that make its two clusters are done.
  std::vector<Index> made(n, -1), parent(n - 1, -1), waits(n - 1, 0);
  for (Index i = 0; i < n - 1; ++i) {
    for (Index side = 0; side < 2; ++side) {
      const Index child = made[found[2 * i + side]];
      if (child < 0) continue;
      parent[child] = i;
      ++waits[i];
    }
    made[found[2 * i]] = i;
  }
  const auto later = [&](Index i, Index j) {
    return std::tie(height[i], found[2 * i], found[2 * i + 1]) >
           std::tie(height[j], found[2 * j], found[2 * j + 1]);
  };
  std::priority_queue<Index, std::vector<Index>, decltype(later)> ready(later);
  for (Index i = 0; i < n - 1; ++i) {
    if (waits[i] == 0) ready.push(i);
  }
  for (Index i = 0; i < n - 1; ++i) {
    const Index merge = ready.top();
    ready.pop();
    pairs.row(i)[0] = found[2 * merge];
    pairs.row(i)[1] = found[2 * merge + 1];
    heights[i] = height[merge];
    if (parent[merge] >= 0 && --waits[parent[merge]] == 0) ready.push(parent[merge]);
  }
}

void linkage(Matrix<double> D, Linkage method, Matrix<Index> merges,
             Vector<double> heights) {
  sorted_merges(D, method, merges, heights);
  const Index n = D.shape[0];
  std::vector<Index> node(n);
  std::iota(node.begin(), node.end(), Index{0});
  for (Index i = 0; i < n - 1; ++i) {
    const Index a = merges.row(i)[0], b = merges.row(i)[1];
    merges.row(i)[0] = std::min(node[a], node[b]);
    merges.row(i)[1] = std::max(node[a], node[b]);
    node[a] = n + i;
  }
}

void cut_tree(Matrix<const Index> merges, Index n_clusters, Vector<Label> labels) {
  const Index n = labels.shape[0];
  require_equal("merges.shape[0]", merges.shape[0], n - 1);
  require_equal("merges.shape[1]", merges.shape[1], 2);
  require_at_least("n_clusters", n_clusters, 1);
  require_at_least("n_samples", n, n_clusters);
  for (Index i = 0; i < n - 1; ++i) require_indices("merges", merges.row(i), 2, n + i);
  const Index kept = n - n_clusters;
  std::vector<Index> above(n + kept, -1);
  for (Index i = 0; i < kept; ++i) {
    above[merges.row(i)[0]] = above[merges.row(i)[1]] = n + i;
  }
  // Tops first: each node's top is its parent's top.
  std::vector<Index> top(n + kept);
  for (Index i = n + kept; i-- > 0;) top[i] = above[i] < 0 ? i : top[above[i]];
  std::vector<Label> name(n + kept, -1);
  Label named = 0;
  for (Index i = 0; i < n; ++i) {
    if (name[top[i]] < 0) name[top[i]] = named++;
    labels[i] = name[top[i]];
  }
}

void linkage_replace_rows(Matrix<const double> X, Matrix<const double> D,
                          Vector<const Index> t, Cube<const double> rows,
                          Linkage method, Index n_clusters, Matrix<Label> labels) {
  const Index n = X.shape[0], d = X.shape[1], s = t.shape[0], b = rows.shape[0];
  require_equal("D.shape[0]", D.shape[0], n);
  require_equal("D.shape[1]", D.shape[1], n);
  require_equal("rows.shape[1]", rows.shape[1], s);
  require_equal("rows.shape[2]", rows.shape[2], d);
  require_equal("labels.shape[0]", labels.shape[0], b);
  require_equal("labels.shape[1]", labels.shape[1], n);
  require_at_least("n_clusters", n_clusters, 1);
  require_at_least("n_samples", n, n_clusters);
  require_different_rows(t, n);
  const bool squared = method == Linkage::kWard;
  const int n_threads = thread_count(b);
  struct Workspace {
    std::vector<double> D, heights;
    std::vector<Index> merges;
  };
  std::vector<Workspace> workspaces(n_threads);
  for (Workspace& own : workspaces) {
    own = {std::vector<double>(n * n), std::vector<double>(n - 1),
           std::vector<Index>(2 * (n - 1))};
  }
  for_each_task(b, n_threads, [&](Index q, int thread) {
    Workspace& own = workspaces[thread];
    const Matrix<double> changed{own.D.data(), {n, n}};
    std::copy(D.data, D.data + n * n, own.D.data());
    for (Index r = 0; r < s; ++r) {
      const Vector<const double> row{rows.row(q) + r * d, {d}};
      replace_row_distances(X, row, t[r], squared, changed);
    }
    // Distances among the replaced rows, which the loop above took from the old rows.
    for (Index r = 0; r < s; ++r) {
      for (Index p = 0; p < r; ++p) {
        const double sq = sq_distance(rows.row(q) + r * d, rows.row(q) + p * d, d);
        changed.row(t[r])[t[p]] = changed.row(t[p])[t[r]] =
            squared ? sq : std::sqrt(sq);
      }
    }
    const Matrix<Index> merges{own.merges.data(), {n - 1, 2}};
    linkage(changed, method, merges, {own.heights.data(), {n - 1}});
    cut_tree({own.merges.data(), {n - 1, 2}}, n_clusters, {labels.row(q), {n}});
  });
}

}  // namespace rfcore
