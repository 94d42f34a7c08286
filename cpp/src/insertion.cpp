#include "rfcore/insertion.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "rfcore/distance.hpp"
#include "rfcore/magnitude.hpp"

namespace rfcore {
namespace {

constexpr double kGone = std::numeric_limits<double>::infinity();

// Distances nearer than this, relatively, are a tie that rounding may break either way;
// rounding in n merges stays orders of magnitude below it.
constexpr double kTolerance = 1e-10;
double upper(double height) {
  return height * (1.0 + kTolerance);
}

// Whether a merge of a and b, with every other distance still in D, is clear. Single
// linkage has no order among equal distances, so there no tie is.
bool is_clear(Matrix<const double> D, Linkage method, const std::vector<double>& sizes,
              Index a, Index b, double height) {
  const Index n = D.shape[0];
  const auto blurs = [&](Index own, Index c, double distance) {
    if (c == a || c == b || distance > upper(height)) return false;
    const bool exact_tie_of_rows = method != Linkage::kSingle && distance == height &&
                                   sizes[own] == 1.0 && sizes[c] == 1.0 &&
                                   sizes[a] * sizes[b] == 1.0;
    return !exact_tie_of_rows;
  };
  for (Index c = 0; c < n; ++c) {
    if (blurs(a, c, D.row(a)[c]) || blurs(b, c, D.row(b)[c])) return false;
  }
  return true;
}

struct Prepared {
  Matrix<const double> D;
  Matrix<const Index> pairs;
  Vector<const double> heights;
  Matrix<const double> history;
  Linkage method;
  Index t;
};

// A cluster whose distances to all others are kept at hand.
struct Followed {
  std::vector<double> distances;  // to each settled cluster, by its smallest row
  std::vector<double> to_followed;
  double size;
  Index row;      // a row of the cluster
  Index nearest;  // settled cluster, n where there is none
  double nearest_distance;
};

// The dendrogram of the other rows, replayed around the new row. A cluster is settled
// while it is also a cluster of the replayed dendrogram, named by its smallest row.
class Insertion {
 public:
  explicit Insertion(Index n)
      : n_(n), created_(n), sizes_(n), settled_(n), parent_(n), scratch_(n) {}

  // False where the question is too close to call; labels are then not set.
  bool run(const Prepared& base, const double* to_new_row, Index n_clusters,
           Label* labels) {
    base_ = &base;
    std::fill(created_.begin(), created_.end(), Index{-1});
    std::fill(sizes_.begin(), sizes_.end(), 1.0);
    std::fill(settled_.begin(), settled_.end(), char{1});
    std::iota(parent_.begin(), parent_.end(), Index{0});
    settled_[base.t] = 0;
    n_followed_ = 0;
    Followed& first = follow(base.t, 1.0);
    std::copy(to_new_row, to_new_row + n_, first.distances.begin());
    first.distances[base.t] = kGone;
    find_nearest(first);
    Index next = 0;
    for (Index n_left = n_; n_left > n_clusters;) {
      if (next < base.pairs.shape[0]) {
        const Index a = base.pairs.row(next)[0], b = base.pairs.row(next)[1];
        const double height = base.heights[next];
        if (!settled_[a] && !settled_[b]) {
          ++next;
          continue;
        }
        const double rival = nearest_followed();
        if (!settled_[a] || !settled_[b]) {
          if (height <= upper(rival)) {
            follow_settled(settled_[a] ? a : b);
            ++next;
            continue;
          }
        } else if (upper(height) < rival ||
                   (height <= upper(rival) && n_left - 1 > n_clusters &&
                    is_apart(a, b, height))) {
          merge_settled(a, b, height, next++);
          --n_left;
          continue;
        } else if (height <= upper(rival)) {
          return false;
        }
      }
      if (!merge_followed(next)) return false;
      --n_left;
    }
    name(labels);
    return true;
  }

 private:
  Index root(Index i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  Followed& follow(Index row, double size) {
    if (n_followed_ == static_cast<Index>(followed_.size())) {
      followed_.push_back({std::vector<double>(n_), {}, 0.0, 0, 0, 0.0});
    }
    Followed& cluster = followed_[n_followed_++];
    cluster.row = row;
    cluster.size = size;
    return cluster;
  }

  void find_nearest(Followed& cluster) {
    cluster.nearest = first_minimum(cluster.distances.data(), n_);
    cluster.nearest_distance =
        cluster.nearest < n_ ? cluster.distances[cluster.nearest] : kGone;
  }

  // Distances of a settled cluster to all other settled ones: the later of two clusters
  // has met the earlier one.
  void settled_distances(Index slot, std::vector<double>& out) const {
    const Prepared& base = *base_;
    const Index own = created_[slot];
    const double* met = own < 0 ? base.D.row(slot) : base.history.row(own);
    for (Index c = 0; c < n_; ++c) {
      if (!settled_[c] || c == slot) {
        out[c] = kGone;
      } else {
        out[c] = created_[c] > own ? base.history.row(created_[c])[slot] : met[c];
      }
    }
  }

  // The smallest distance that a followed cluster has to any other.
  double nearest_followed() const {
    double least = kGone;
    for (Index i = 0; i < n_followed_; ++i) {
      least = std::min(least, followed_[i].nearest_distance);
      for (Index j = 0; j < i; ++j) {
        least = std::min(least, followed_[i].to_followed[j]);
      }
    }
    return least;
  }

  // A settled cluster lost its partner of the replayed dendrogram.
  void follow_settled(Index slot) {
    settled_distances(slot, scratch_);
    settled_[slot] = 0;
    Followed& cluster = follow(slot, sizes_[slot]);
    cluster.distances.swap(scratch_);
    cluster.to_followed.assign(n_followed_ - 1, kGone);
    for (Index j = 0; j < n_followed_ - 1; ++j) {
      cluster.to_followed[j] = followed_[j].distances[slot];
      forget_settled(followed_[j], slot);
    }
    find_nearest(cluster);
  }

  void forget_settled(Followed& cluster, Index slot) {
    cluster.distances[slot] = kGone;
    if (cluster.nearest == slot) find_nearest(cluster);
  }

  // Whether no followed cluster comes near a or b: then their merge and one at the same
  // height commute, and only a cut between the two could tell them apart.
  bool is_apart(Index a, Index b, double height) const {
    const double reach = upper(upper(height));
    for (Index i = 0; i < n_followed_; ++i) {
      const std::vector<double>& distances = followed_[i].distances;
      if (std::min(distances[a], distances[b]) <= reach) return false;
    }
    return true;
  }

  void merge_settled(Index a, Index b, double height, Index merge) {
    for (Index i = 0; i < n_followed_; ++i) {
      Followed& cluster = followed_[i];
      double* distances = cluster.distances.data();
      distances[a] = lance_williams(base_->method, distances[a], distances[b], height,
                                    sizes_[a], sizes_[b], cluster.size);
      distances[b] = kGone;
      if (cluster.nearest == a || cluster.nearest == b) find_nearest(cluster);
    }
    sizes_[a] += sizes_[b];
    settled_[b] = 0;
    created_[a] = merge;
    parent_[root(b)] = root(a);
  }

  double& between(Index i, Index j) {
    return followed_[std::max(i, j)].to_followed[std::min(i, j)];
  }

  // The nearest pair with a followed cluster merges. False where another pair is as
  // near.
  bool merge_followed(Index next) {
    const double height = nearest_followed();
    Index n_near = 0, own = -1, other = -1;
    for (Index i = 0; i < n_followed_; ++i) {
      for (Index j = 0; j < i; ++j) {
        if (between(i, j) > upper(height)) continue;
        ++n_near;
        own = j;
        other = i;
      }
      if (followed_[i].nearest_distance > upper(height)) continue;
      for (Index c = 0; c < n_; ++c)
        n_near += followed_[i].distances[c] <= upper(height);
      own = i;
      other = -1;
    }
    if (n_near != 1) return false;
    if (other >= 0) {
      Followed& partner = followed_[other];
      absorb(
          own, partner.distances, partner.size, partner.row, height,
          [&](Index j) { return between(other, j); }, other);
      drop(other);
      return true;
    }
    const Index slot = followed_[own].nearest;
    // Distances that are no numbers leave no nearest cluster.
    if (slot == n_ || is_merged_soon(slot, height, next)) return false;
    settled_distances(slot, scratch_);
    settled_[slot] = 0;
    absorb(
        own, scratch_, sizes_[slot], slot, height,
        [&](Index j) { return followed_[j].distances[slot]; }, -1);
    for (Index j = 0; j < n_followed_; ++j) {
      if (j != own) forget_settled(followed_[j], slot);
    }
    return true;
  }

  // Whether the replayed dendrogram merges a cluster at nearly this height.
  bool is_merged_soon(Index slot, double height, Index next) const {
    for (; next < base_->pairs.shape[0] && base_->heights[next] <= upper(height);
         ++next) {
      if (base_->pairs.row(next)[0] == slot || base_->pairs.row(next)[1] == slot) {
        return true;
      }
    }
    return false;
  }

  // A followed cluster takes in another one, whose distances are given.
  template <class ToFollowed>
  void absorb(Index own, const std::vector<double>& distances, double size, Index row,
              double height, ToFollowed&& to_followed, Index skip) {
    Followed& cluster = followed_[own];
    for (Index j = 0; j < n_followed_; ++j) {
      if (j == own || j == skip) continue;
      between(own, j) = lance_williams(base_->method, between(own, j), to_followed(j),
                                       height, cluster.size, size, followed_[j].size);
    }
    merge_rows(base_->method, cluster.distances.data(), distances.data(), sizes_.data(),
               n_, height, cluster.size, size);
    for (Index c = 0; c < n_; ++c) {
      if (!settled_[c]) cluster.distances[c] = kGone;
    }
    cluster.size += size;
    parent_[root(row)] = root(cluster.row);
    find_nearest(cluster);
  }

  // The last followed cluster takes the place of one that is gone.
  void drop(Index gone) {
    const Index last = n_followed_ - 1;
    if (gone != last) {
      std::vector<double> to_followed(gone);
      for (Index j = 0; j < gone; ++j) to_followed[j] = between(last, j);
      for (Index j = gone + 1; j < last; ++j) {
        followed_[j].to_followed[gone] = between(last, j);
      }
      std::swap(followed_[gone], followed_[last]);
      followed_[gone].to_followed = std::move(to_followed);
    }
    n_followed_ = last;
  }

  void name(Label* labels) {
    std::vector<Label> names(n_, -1);
    Label named = 0;
    for (Index i = 0; i < n_; ++i) {
      Label& label = names[root(i)];
      if (label < 0) label = named++;
      labels[i] = label;
    }
  }

  Index n_;
  const Prepared* base_ = nullptr;
  std::vector<Index> created_;  // merge that made the settled cluster, -1 for a row
  std::vector<double> sizes_;
  std::vector<char> settled_;
  std::vector<Index> parent_;
  std::vector<double> scratch_;
  std::vector<Followed>
      followed_;  // the first n_followed_; the rest is memory to reuse
  Index n_followed_ = 0;
};

// Merges of all rows but t, each of two clusters that are there, named by their
// smallest rows.
void require_tree(Matrix<const Index> pairs, Index t, Index n) {
  require_indices("pairs", pairs.data, pairs.size(), n);
  std::vector<char> there(n, 1);
  there[t] = 0;
  for (Index i = 0; i < pairs.shape[0]; ++i) {
    const Index a = pairs.row(i)[0], b = pairs.row(i)[1];
    require(a < b && there[a] && there[b], "pairs should be merges of clusters");
    there[b] = 0;
  }
}

}  // namespace

bool prepare_insertion(Matrix<const double> D, Index t, Linkage method,
                       Matrix<Index> pairs, Vector<double> heights,
                       Matrix<double> history) {
  const Index n = D.shape[0];
  require_at_least("n_samples", n, 2);
  require_equal("D.shape[1]", D.shape[1], n);
  require_equal("pairs.shape[0]", pairs.shape[0], n - 2);
  require_equal("pairs.shape[1]", pairs.shape[1], 2);
  require_equal("heights.shape[0]", heights.shape[0], n - 2);
  require_equal("history.shape[0]", history.shape[0], n - 2);
  require_equal("history.shape[1]", history.shape[1], n);
  require(0 <= t && t < n, "t should be a row of X");
  std::vector<double> others((n - 1) * (n - 1));
  for (Index i = 0, to = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      if (i != t && j != t) others[to++] = D.row(i)[j];
    }
  }
  sorted_merges({others.data(), {n - 1, n - 1}}, method, pairs, heights);

  std::vector<double> replay(D.data, D.data + n * n), sizes(n, 1.0);
  const Matrix<double> R{replay.data(), {n, n}};
  for (Index i = 0; i < n; ++i) R.row(i)[i] = R.row(i)[t] = R.row(t)[i] = kGone;
  bool clear = true;
  for (Index i = 0; i < n - 2; ++i) {
    Index& a = pairs.row(i)[0];
    Index& b = pairs.row(i)[1];
    a += a >= t;
    b += b >= t;
    const double AB = R.row(a)[b];
    clear = clear && is_clear({replay.data(), {n, n}}, method, sizes, a, b, AB);
    merge_rows(method, R.row(a), R.row(b), sizes.data(), n, AB, sizes[a], sizes[b]);
    R.row(a)[a] = R.row(a)[b] = kGone;
    for (Index c = 0; c < n; ++c) {
      R.row(c)[a] = R.row(a)[c];
      R.row(c)[b] = R.row(b)[c] = kGone;
    }
    sizes[a] += sizes[b];
    std::copy(R.row(a), R.row(a) + n, history.row(i));
  }
  return clear;
}

Index linkage_insert_row(Matrix<const double> X, Matrix<const double> D, Index t,
                         Matrix<const double> rows, Linkage method, Index n_clusters,
                         Matrix<const Index> pairs, Vector<const double> heights,
                         Matrix<const double> history, Matrix<Label> labels) {
  const Index n = X.shape[0], d = X.shape[1], b = rows.shape[0];
  require_equal("D.shape[0]", D.shape[0], n);
  require_equal("D.shape[1]", D.shape[1], n);
  require(0 <= t && t < n, "t should be a row of X");
  require_equal("rows.shape[1]", rows.shape[1], d);
  require_equal("pairs.shape[0]", pairs.shape[0], n - 2);
  require_equal("pairs.shape[1]", pairs.shape[1], 2);
  require_equal("heights.shape[0]", heights.shape[0], n - 2);
  require_equal("history.shape[0]", history.shape[0], n - 2);
  require_equal("history.shape[1]", history.shape[1], n);
  require_equal("labels.shape[0]", labels.shape[0], b);
  require_equal("labels.shape[1]", labels.shape[1], n);
  require_tree(pairs, t, n);
  require_finite("D", {D.data, {D.size()}});
  require_finite("rows", {rows.data, {rows.size()}});
  require_at_least("n_clusters", n_clusters, 1);
  require_at_least("n_samples", n, n_clusters);
  const Prepared base{D, pairs, heights, history, method, t};
  const int n_threads = thread_count(b);
  std::vector<Insertion> insertions(n_threads, Insertion(n));
  std::vector<std::vector<double>> distances(n_threads, std::vector<double>(n));
  std::vector<Index> unclear(n_threads, 0);
  for_each_task(b, n_threads, [&](Index q, int thread) {
    std::vector<double>& own = distances[thread];
    pairwise_sq_distances<double>({rows.row(q), {1, d}}, X, {own.data(), {1, n}});
    if (method != Linkage::kWard) {
      for (double& distance : own) distance = std::sqrt(distance);
    }
    if (insertions[thread].run(base, own.data(), n_clusters, labels.row(q))) {
      return;
    }
    ++unclear[thread];
    const Vector<const Index> changed{&t, {1}};
    linkage_replace_rows(X, D, changed, {rows.row(q), {1, 1, d}}, method, n_clusters,
                         {labels.row(q), {1, n}});
  });
  return std::accumulate(unclear.begin(), unclear.end(), Index{0});
}

}  // namespace rfcore
