#include "distance.cuh"

namespace rfcore::cuda {
namespace {

struct Write {
  __device__ void operator()(Index i, Index j, double sq) const { out[i * m + j] = sq; }

  double* out;
  Index m;
};

struct WriteCross {
  __device__ void operator()(Index i, Index, double sq) const {
    const double distance = i == t ? 0.0 : squared ? sq : sqrt(sq);
    D[t * n + i] = distance;
    D[i * n + t] = distance;
  }

  double* D;
  Index n, t;
  bool squared;
};

}  // namespace

template <class T>
void pairwise_sq_distances(Matrix<const T> X, Matrix<const T> Y, Matrix<double> out,
                           Stream stream) {
  const Index n = X.shape[0], d = X.shape[1], m = Y.shape[0];
  require_equal("Y.shape[1]", Y.shape[1], d);
  require_equal("out.shape[0]", out.shape[0], n);
  require_equal("out.shape[1]", out.shape[1], m);
  const Call call(stream, {{"X", X}, {"Y", Y}, {"out", out}});
  for_each_pair(call, Rows<T>{X.data, d}, n, Rows<T>{Y.data, d}, m, d,
                Write{out.data, m});
  call.finish();
}

template <class T>
void replace_row_distances(Matrix<const T> X, Vector<const T> row, Index t,
                           bool squared, Matrix<double> D, Stream stream) {
  const Index n = X.shape[0], d = X.shape[1];
  require_equal("row.shape[0]", row.shape[0], d);
  require_equal("D.shape[0]", D.shape[0], n);
  require_equal("D.shape[1]", D.shape[1], n);
  require(0 <= t && t < n, "t should be a row of X");
  const Call call(stream, {{"X", X}, {"row", row}, {"D", D}});
  for_each_pair(call, Rows<T>{X.data, d}, n, Rows<T>{row.data, d}, 1, d,
                WriteCross{D.data, n, t, squared});
  call.finish();
}

#define RFCORE_INSTANTIATE(T)                                                     \
  template void pairwise_sq_distances<T>(Matrix<const T>, Matrix<const T>,        \
                                         Matrix<double>, Stream);                 \
  template void replace_row_distances<T>(Matrix<const T>, Vector<const T>, Index, \
                                         bool, Matrix<double>, Stream);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore::cuda
