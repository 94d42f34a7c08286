#include "rfcore/distance.hpp"

#include <cmath>

namespace rfcore {
namespace {

RFCORE_CLONES
void row_sq_distances(const double* a, const double* Y, Index m, Index d, double* out) {
  for (Index j = 0; j < m; ++j) out[j] = sq_distance(a, Y + j * d, d);
}

RFCORE_CLONES
void row_sq_distances(const float* a, const float* Y, Index m, Index d, double* out) {
  for (Index j = 0; j < m; ++j) out[j] = sq_distance(a, Y + j * d, d);
}

}  // namespace

template <class T>
void pairwise_sq_distances(Matrix<const T> X, Matrix<const T> Y, Matrix<double> out) {
  const Index n = X.shape[0], d = X.shape[1], m = Y.shape[0];
  require_equal("Y.shape[1]", Y.shape[1], d);
  require_equal("out.shape[0]", out.shape[0], n);
  require_equal("out.shape[1]", out.shape[1], m);
#pragma omp parallel for schedule(static) num_threads(thread_count(n))
  for (Index i = 0; i < n; ++i) row_sq_distances(X.row(i), Y.data, m, d, out.row(i));
}

template <class T>
void replace_row_distances(Matrix<const T> X, Vector<const T> row, Index t,
                           bool squared, Matrix<double> D) {
  const Index n = X.shape[0], d = X.shape[1];
  require_equal("row.shape[0]", row.shape[0], d);
  require_equal("D.shape[0]", D.shape[0], n);
  require_equal("D.shape[1]", D.shape[1], n);
  require(0 <= t && t < n, "t should be a row of X");
  double* changed = D.row(t);
  row_sq_distances(row.data, X.data, n, d, changed);
  changed[t] = 0.0;
  if (!squared) {
    for (Index i = 0; i < n; ++i) changed[i] = std::sqrt(changed[i]);
  }
  for (Index i = 0; i < n; ++i) D.row(i)[t] = changed[i];
}

#define RFCORE_INSTANTIATE(T)                                                     \
  template void pairwise_sq_distances<T>(Matrix<const T>, Matrix<const T>,        \
                                         Matrix<double>);                         \
  template void replace_row_distances<T>(Matrix<const T>, Vector<const T>, Index, \
                                         bool, Matrix<double>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
