// Distances of points, those of several candidates side by side.
#pragma once

#include <memory>
#include <vector>

#include "rfcore/core.hpp"

namespace rfcore {

// Candidates of a panel, side by side in one vector.
constexpr Index kPanel = 8;

// The distances of s points, kept, or computed panel by panel from the rows of X.
//   panel(p)[i kPanel + l] = sqrt(sum_f (X[rows[i], f] - X[rows[p kPanel + l], f])^2)
// Each is the sum of sq_distance, to the bit. Past the last point a panel holds
// distances to nobody.
class Panels {
 public:
  // Of all pairs, computed at once and kept; a half of them are computed.
  static Panels of_rows(Matrix<const double> X,     // in (n, d)
                        Vector<const Index> rows);  // in (s,)
  // Of all pairs, from a symmetric matrix.
  static Panels of_distances(Matrix<const double> D);  // in (s, s)
  // Of rows of X, computed when a panel is asked for.
  static Panels on_demand(Matrix<const double> X,     // in (n, d)
                          Vector<const Index> rows);  // in (s,)

  // The same distances, to be replaced on their own.
  Panels copy() const;

  Index count() const { return count_; }
  Index n_panels() const { return (count_ + kPanel - 1) / kPanel; }

  // The panel's distances (s, kPanel), in `room` where they are not kept.
  const double* panel(Index p, std::vector<double>& room) const;

  // The same of any points, up to kPanel of them, computed from the rows.
  const double* panel_of(const Index* points, Index n_points,
                         std::vector<double>& room) const;

  // Of each of k clusters the points nearest to its geometric median, up to so many,
  // the first of equals; computed from the rows.
  std::vector<Index> central(const Label* labels, Index k, Index n_points) const;

  // Puts other distances (s,) to point t in place, its own 0. Only where they are kept.
  void replace(Index t, const double* to);

 private:
  explicit Panels(Index count) : count_(count) {}
  Index size() const { return n_panels() * count_ * kPanel; }
  void gather(Matrix<const double> X, Vector<const Index> rows);
  void row_of(Index point, double* row) const;

  Index count_, d_ = 0;
  std::vector<double> columns_;     // (n_blocks, d, block)
  std::unique_ptr<double[]> kept_;  // (n_panels, s, kPanel)
};

}  // namespace rfcore
