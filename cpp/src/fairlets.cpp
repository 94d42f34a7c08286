#include "rfcore/fairlets.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "rfcore/distance.hpp"
#include "rfcore/medoids.hpp"

namespace rfcore {
namespace {

using Bits = std::uint32_t;

// The binary digits of every row's place in the root cube, (n, d).
std::vector<Bits> places(Matrix<const double> X, Vector<const double> shifts) {
  const Index n = X.shape[0], d = X.shape[1];
  std::vector<double> low(d, std::numeric_limits<double>::infinity()), high(d);
  for (Index f = 0; f < d; ++f) high[f] = -low[f];
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) {
      low[f] = std::min(low[f], X.row(i)[f]);
      high[f] = std::max(high[f], X.row(i)[f]);
    }
  }
  double side = 0.0;
  for (Index f = 0; f < d; ++f) side = std::max(side, high[f] - low[f]);
  std::vector<Bits> digits(n * d);
  if (side == 0.0) return digits;
  const double cells = std::ldexp(1.0, kTreeLevels);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) {
      const double u = ((X.row(i)[f] - low[f]) / side + shifts[f]) / 2.0;
      digits[i * d + f] = static_cast<Bits>(std::min(u * cells, cells - 1.0));
    }
  }
  return digits;
}

class Quadtree {
 public:
  Quadtree(std::vector<Bits> digits, Index d, Vector<Index> order, Matrix<Index> nodes)
      : digits_(std::move(digits)), d_(d), order_(order), nodes_(nodes) {}

  Index build() {
    std::iota(order_.data, order_.data + order_.size(), Index{0});
    if (order_.size() > 0) grow(0, order_.size(), 1);
    return size_;
  }

 private:
  // Compares the cells of two rows one level down: the digit of each feature in turn.
  int compare(Index i, Index j, Index level) const {
    const Bits* a = digits_.data() + i * d_;
    const Bits* b = digits_.data() + j * d_;
    const Index shift = kTreeLevels - level;
    for (Index f = 0; f < d_; ++f) {
      const Bits x = a[f] >> shift & 1u, y = b[f] >> shift & 1u;
      if (x != y) return x < y ? -1 : 1;
    }
    return 0;
  }

  void grow(Index begin, Index end, Index level) {
    const Index node = size_++;
    Index* rows = order_.data;
    for (; end - begin > 1 && level <= kTreeLevels; ++level) {
      std::sort(rows + begin, rows + end, [&](Index i, Index j) {
        const int sign = compare(i, j, level);
        return sign != 0 ? sign < 0 : i < j;
      });
      if (compare(rows[begin], rows[end - 1], level) != 0) break;
    }
    if (end - begin > 1 && level <= kTreeLevels) {
      for (Index first = begin, last = begin; first < end; first = last) {
        while (last < end && compare(rows[first], rows[last], level) == 0) ++last;
        grow(first, last, level + 1);
      }
    }
    nodes_.row(node)[0] = begin;
    nodes_.row(node)[1] = end;
    nodes_.row(node)[2] = size_;
  }

  std::vector<Bits> digits_;
  Index d_, size_ = 0;
  Vector<Index> order_;
  Matrix<Index> nodes_;
};

// Rows of each of the two groups.
struct Counts {
  Index of[2] = {0, 0};
  Index& operator[](int group) { return of[group]; }
  Index operator[](int group) const { return of[group]; }
  Index sum() const { return of[0] + of[1]; }
};

// One decomposition: which fairlet each row is in, -1 while it is in none; and the rows
// of each fairlet, those of its larger group first, of group 0 where both are as large.
class Decomposition {
 public:
  Decomposition(Vector<const Index> order, Matrix<const Index> nodes,
                const Label* groups, Index p, Index q, Index* fairlets)
      : order_(order),
        nodes_(nodes),
        groups_(groups),
        p_(p),
        q_(q),
        fairlets_(fairlets) {}

  Index run() {
    std::fill(fairlets_, fairlets_ + order_.size(), Index{-1});
    members_.reserve(order_.size());
    if (order_.size() > 0) decompose(0);
    return size();
  }

  Index size() const { return static_cast<Index>(ends_.size()); }
  const Index* begin(Index fairlet) const {
    return members_.data() + (fairlet == 0 ? 0 : ends_[fairlet - 1]);
  }
  const Index* end(Index fairlet) const { return members_.data() + ends_[fairlet]; }

 private:
  Index child_after(Index child) const { return nodes_.row(child)[2]; }

  bool is_free(Index place) const { return fairlets_[order_[place]] < 0; }

  Counts count(Index node) const {
    Counts counts;
    for (Index at = nodes_.row(node)[0]; at < nodes_.row(node)[1]; ++at) {
      if (is_free(at)) ++counts[groups_[order_[at]]];
    }
    return counts;
  }

  // The most rows of one group that `other` rows of the other group balance.
  Index most(Index other) const { return other * q_ / p_; }

  void decompose(Index node) {
    const Index first = node + 1, end = child_after(node);
    // A level of the recursion owns its vectors: it ends before its siblings begin.
    std::vector<Index> children;
    std::vector<Counts> left, taken;
    for (Index child = first; child < end; child = child_after(child)) {
      children.push_back(child);
      left.push_back(count(child));
    }
    if (children.empty()) {
      give_up({node}, {count(node)});
      return;
    }
    taken.resize(children.size());
    Counts given;
    for (std::size_t i = 0; i < children.size(); ++i) {
      for (int group = 0; group < 2; ++group) {
        const Index excess = left[i][group] - most(left[i][1 - group]);
        if (excess > 0) take(excess, group, left[i], taken[i], given);
      }
    }
    for (int group = 0; group < 2; ++group) {
      balance(group, left, taken, given);
    }
    give_up(children, taken);
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (left[i].sum() > 0) decompose(children[i]);
    }
  }

  static void take(Index rows, int group, Counts& left, Counts& taken, Counts& given) {
    left[group] -= rows;
    taken[group] += rows;
    given[group] += rows;
  }

  // Gives up rows of the other group, and what they held in balance, until the rows of
  // `group` that were given up are balanced: first those that cost none of `group`.
  void balance(int group, std::vector<Counts>& left, std::vector<Counts>& taken,
               Counts& given) const {
    const int other = 1 - group;
    for (const bool free_only : {true, false}) {
      for (std::size_t i = 0; i < left.size(); ++i) {
        while (given[group] > most(given[other]) && left[i][other] > 0) {
          const Index forced =
              std::max<Index>(0, left[i][group] - most(left[i][other] - 1));
          if (forced > 0 && (free_only || is_whole(left[i], group))) break;
          take(1, other, left[i], taken[i], given);
          take(forced, group, left[i], taken[i], given);
        }
      }
    }
  }

  // Whether only fairlets of q rows of `group` and p others are left, or nothing.
  bool is_whole(const Counts& left, int group) const {
    return left[group] * p_ == left[1 - group] * q_;
  }

  // Cuts the first rows of each child, in tree order, into fairlets.
  void give_up(const std::vector<Index>& children, const std::vector<Counts>& taken) {
    std::vector<Index> rows[2];
    for (std::size_t i = 0; i < children.size(); ++i) {
      Counts wanted = taken[i];
      const Index end = nodes_.row(children[i])[1];
      for (Index at = nodes_.row(children[i])[0]; at < end && wanted.sum() > 0; ++at) {
        const Label group = groups_[order_[at]];
        if (!is_free(at) || wanted[group] == 0) continue;
        rows[group].push_back(order_[at]);
        --wanted[group];
      }
    }
    cut(rows);
  }

  // Fairlets of q and p rows while the majority is larger by q - p, then one that takes
  // the rest of the difference, then pairs.
  void cut(const std::vector<Index> (&rows)[2]) {
    const int large = rows[0].size() >= rows[1].size() ? 0 : 1;
    const std::vector<Index>&majority = rows[large], &minority = rows[1 - large];
    Index a = majority.size(), b = minority.size();
    const auto make = [&](Index from_majority, Index from_minority) {
      const Index* many = majority.data() + majority.size() - a;
      const Index* few = minority.data() + minority.size() - b;
      if (from_majority == from_minority && large == 1) std::swap(many, few);
      join(many, from_majority);
      join(few, from_minority);
      ends_.push_back(members_.size());
      a -= from_majority;
      b -= from_minority;
    };
    while (q_ > p_ && a - b >= q_ - p_) make(q_, p_);
    if (a > b) {
      const Index few = std::min(p_, b);
      make(a - b + few, few);
    }
    while (a > 0) make(1, 1);
  }

  void join(const Index* rows, Index n_rows) {
    for (Index i = 0; i < n_rows; ++i) fairlets_[rows[i]] = size();
    members_.insert(members_.end(), rows, rows + n_rows);
  }

  Vector<const Index> order_;
  Matrix<const Index> nodes_;
  const Label* groups_;
  Index p_, q_;
  Index* fairlets_;
  std::vector<Index> members_, ends_;
};

void check(Vector<const Index> order, Matrix<const Index> nodes,
           Matrix<const Label> groups, Index p, Index q, Matrix<Index> fairlets,
           Vector<Index> n_fairlets) {
  const Index b = groups.shape[0], n = order.shape[0];
  require_equal("groups.shape[1]", groups.shape[1], n);
  require_equal("nodes.shape[1]", nodes.shape[1], 3);
  require_equal("fairlets.shape[0]", fairlets.shape[0], b);
  require_equal("fairlets.shape[1]", fairlets.shape[1], n);
  require_equal("n_fairlets.shape[0]", n_fairlets.shape[0], b);
  require_at_least("p", p, 1);
  require_count("q", q, p);
  require(std::gcd(p, q) == 1, "p and q should have no common divisor");
  std::vector<bool> seen(n, false);
  for (Index i = 0; i < n; ++i) {
    require(0 <= order[i] && order[i] < n && !seen[order[i]],
            "order should name each row once");
    seen[order[i]] = true;
  }
  require(n == 0 || nodes.shape[0] >= 1, "nodes should have a root");
  for (Index v = 0; v < nodes.shape[0]; ++v) {
    const Index* node = nodes.row(v);
    require(0 <= node[0] && node[0] <= node[1] && node[1] <= n,
            "nodes should be ranges of rows");
    require(v < node[2] && node[2] <= nodes.shape[0],
            "nodes should be in the order of the tree");
  }
  require(n == 0 || nodes.row(0)[1] - nodes.row(0)[0] == n,
          "nodes should have a root of all rows");
  for (Index v = 0; v < nodes.shape[0]; ++v) {
    const Index end = nodes.row(v)[2];
    Index child = v + 1, at = nodes.row(v)[0];
    if (child == end) continue;
    for (; child < end && nodes.row(child)[0] == at; child = nodes.row(child)[2]) {
      at = nodes.row(child)[1];
    }
    require(child == end && at == nodes.row(v)[1],
            "children should partition the rows of their node");
  }
  for (Index question = 0; question < b; ++question) {
    Counts counts;
    for (Index i = 0; i < n; ++i) {
      const Label group = groups.row(question)[i];
      require(group == 0 || group == 1, "groups should be 0 or 1");
      ++counts[group];
    }
    require(counts[0] * p <= counts[1] * q && counts[1] * p <= counts[0] * q,
            "groups should be balanced: n_0 p <= n_1 q and n_1 p <= n_0 q");
  }
}

// The row of each fairlet with the least sum of distances to the others.
std::vector<Index> fairlet_centers(Matrix<const double> X, const Decomposition& cut) {
  std::vector<Index> centers(cut.size());
  for (Index fairlet = 0; fairlet < cut.size(); ++fairlet) {
    double best = std::numeric_limits<double>::infinity();
    for (const Index* a = cut.begin(fairlet); a != cut.end(fairlet); ++a) {
      double sum = 0.0;
      for (const Index* b = cut.begin(fairlet); b != cut.end(fairlet); ++b) {
        sum += std::sqrt(sq_distance(X.row(*a), X.row(*b), X.shape[1]));
      }
      if (sum < best) {
        best = sum;
        centers[fairlet] = *a;
      }
    }
  }
  return centers;
}

RFCORE_CLONES
void assign_nearest_medoid(Matrix<const double> X, const Index* medoids, Index k,
                           Label* labels) {
  for (Index i = 0; i < X.shape[0]; ++i) {
    double best = std::numeric_limits<double>::infinity();
    for (Index c = 0; c < k; ++c) {
      const double sq = sq_distance(X.row(i), X.row(medoids[c]), X.shape[1]);
      if (sq < best) {
        best = sq;
        labels[i] = static_cast<Label>(c);
      }
    }
  }
}

}  // namespace

Index build_quadtree(Matrix<const double> X, Vector<const double> shifts,
                     Vector<Index> order, Matrix<Index> nodes) {
  const Index n = X.shape[0], d = X.shape[1];
  require_equal("shifts.shape[0]", shifts.shape[0], d);
  require_uniforms("shifts", shifts.data, d);
  require_equal("order.shape[0]", order.shape[0], n);
  require_equal("nodes.shape[0]", nodes.shape[0], 2 * n);
  require_equal("nodes.shape[1]", nodes.shape[1], 3);
  return Quadtree(places(X, shifts), d, order, nodes).build();
}

void decompose_fairlets(Vector<const Index> order, Matrix<const Index> nodes,
                        Matrix<const Label> groups, Index p, Index q,
                        Matrix<Index> fairlets, Vector<Index> n_fairlets) {
  check(order, nodes, groups, p, q, fairlets, n_fairlets);
  const Index b = groups.shape[0];
  for_each_task(b, thread_count(b), [&](Index question, int) {
    n_fairlets[question] =
        Decomposition(order, nodes, groups.row(question), p, q, fairlets.row(question))
            .run();
  });
}

void cluster_fairlets(Matrix<const double> X, Vector<const Index> order,
                      Matrix<const Index> nodes, Matrix<const Label> groups, Index p,
                      Index q, Matrix<const double> uniforms, Index max_iter,
                      bool nearest, Matrix<Label> labels, Matrix<Index> medoids,
                      Vector<double> cost, Matrix<Index> fairlets,
                      Vector<Index> n_fairlets) {
  check(order, nodes, groups, p, q, fairlets, n_fairlets);
  const Index b = groups.shape[0], n = X.shape[0], k = uniforms.shape[1];
  require_equal("order.shape[0]", order.shape[0], n);
  require_equal("labels.shape[0]", labels.shape[0], b);
  require_equal("labels.shape[1]", labels.shape[1], n);
  require_equal("medoids.shape[0]", medoids.shape[0], b);
  require_equal("medoids.shape[1]", medoids.shape[1], k);
  require_equal("cost.shape[0]", cost.shape[0], b);
  for_each_task(b, thread_count(b), [&](Index question, int) {
    Label* own = labels.row(question);
    Index* chosen = medoids.row(question);
    Index* fairlet = fairlets.row(question);
    Decomposition cut(order, nodes, groups.row(question), p, q, fairlet);
    const Index s = cut.run();
    n_fairlets[question] = s;
    std::fill(own, own + n, Label{0});
    std::fill(chosen, chosen + k, Index{0});
    cost[question] = 0.0;
    if (s < k) return;
    const std::vector<Index> centers = fairlet_centers(X, cut);
    std::vector<Label> cluster(s);
    cost[question] =
        k_medoids(X, {centers.data(), {s}}, uniforms, max_iter, {chosen, {k}},
                  {cluster.data(), {s}}, nullptr, std::max(kFairletCandidates, k));
    for (Index c = 0; c < k; ++c) chosen[c] = centers[chosen[c]];
    if (nearest) {
      assign_nearest_medoid(X, chosen, k, own);
    } else {
      for (Index i = 0; i < n; ++i) own[i] = cluster[fairlet[i]];
    }
  });
}

}  // namespace rfcore
