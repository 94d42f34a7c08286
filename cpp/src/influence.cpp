#include "rfcore/influence.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rfcore {
namespace {

// Columns that are summed side by side, and rows that share what is read of them.
constexpr Index kColumns = 4;
constexpr Index kRows = 8;

// Sums of kRows rows over kColumns columns, which stand side by side in the panel.
template <class T>
RFCORE_INLINE void times_panel(const T* const* rows, const double* panel, Index d,
                               double (*sums)[kColumns]) {
  for (Index f = 0; f < d; ++f) {
    const double* w = panel + f * kColumns;
    for (Index r = 0; r < kRows; ++r) {
      const double x = static_cast<double>(rows[r][f]);
#pragma omp simd
      for (Index j = 0; j < kColumns; ++j) sums[r][j] += x * w[j];
    }
  }
}

// Rows [i, i + kRows) times all columns; the last row again where fewer are left.
template <class T>
RFCORE_INLINE void times_columns(Matrix<const T> X, Index i, const double* panels,
                                 Vector<const double> constant, Matrix<double> out) {
  const Index b = X.shape[0], d = X.shape[1], m = constant.shape[0];
  const T* rows[kRows];
  for (Index r = 0; r < kRows; ++r) rows[r] = X.row(std::min(i + r, b - 1));
  for (Index first = 0; first < m; first += kColumns) {
    double sums[kRows][kColumns] = {};
    times_panel(rows, panels + first * d, d, sums);
    for (Index r = 0; r < std::min(kRows, b - i); ++r) {
      for (Index j = first; j < std::min(m, first + kColumns); ++j) {
        out.row(i + r)[j] = constant[j] + sums[r][j - first];
      }
    }
  }
}

RFCORE_CLONES
void times_rows(Matrix<const double> X, const double* panels,
                Vector<const double> constant, Matrix<double> out) {
  for (Index i = 0; i < X.shape[0]; i += kRows) {
    times_columns(X, i, panels, constant, out);
  }
}

RFCORE_CLONES
void times_rows(Matrix<const float> X, const double* panels,
                Vector<const double> constant, Matrix<double> out) {
  for (Index i = 0; i < X.shape[0]; i += kRows) {
    times_columns(X, i, panels, constant, out);
  }
}

template <class T>
RFCORE_INLINE void add_row(const T* x, const T* shift, Index d, double slope,
                           double magnitude, double* gradient, double* sizes) {
#pragma omp simd
  for (Index f = 0; f < d; ++f) {
    const double value = static_cast<double>(x[f] - shift[f]);
    gradient[f] += slope * value;
    sizes[f] += magnitude * std::abs(value);
  }
}

RFCORE_CLONES
void add_row_of(const double* x, const double* shift, Index d, double slope,
                double magnitude, double* gradient, double* sizes) {
  add_row(x, shift, d, slope, magnitude, gradient, sizes);
}

RFCORE_CLONES
void add_row_of(const float* x, const float* shift, Index d, double slope,
                double magnitude, double* gradient, double* sizes) {
  add_row(x, shift, d, slope, magnitude, gradient, sizes);
}

template <class T>
RFCORE_INLINE void scale(const T* x, const T* shift, Index d, T root, T* scaled) {
#pragma omp simd
  for (Index f = 0; f < d; ++f) scaled[f] = root * (x[f] - shift[f]);
}

RFCORE_CLONES
void scale_row(const double* x, const double* shift, Index d, double root,
               double* scaled) {
  scale(x, shift, d, root, scaled);
}

RFCORE_CLONES
void scale_row(const float* x, const float* shift, Index d, float root, float* scaled) {
  scale(x, shift, d, root, scaled);
}

void require_columns(const char* what, Index p, Index d) {
  if (p != d + 1) require_equal(what, p, d);
}

}  // namespace

template <class T>
void rows_times(Matrix<const T> X, Matrix<const double> W,
                Vector<const double> constant, Matrix<double> out) {
  const Index b = X.shape[0], d = X.shape[1], m = W.shape[0];
  require_equal("W.shape[1]", W.shape[1], d);
  require_equal("constant.shape[0]", constant.shape[0], m);
  require_equal("out.shape[0]", out.shape[0], b);
  require_equal("out.shape[1]", out.shape[1], m);
  const Index n_panels = (m + kColumns - 1) / kColumns;
  std::vector<double> panels(n_panels * d * kColumns, 0.0);
  for (Index j = 0; j < m; ++j) {
    double* panel = panels.data() + (j / kColumns) * d * kColumns + j % kColumns;
    for (Index f = 0; f < d; ++f) panel[f * kColumns] = W.row(j)[f];
  }
  times_rows(X, panels.data(), constant, out);
}

template <class T>
void sum_slopes(Matrix<const T> X, Vector<const T> shift, Matrix<const double> slopes,
                Matrix<const double> magnitudes, Matrix<double> gradient,
                Matrix<double> sizes) {
  const Index b = X.shape[0], d = X.shape[1], c = slopes.shape[1];
  const Index p = gradient.shape[1];
  require_equal("shift.shape[0]", shift.shape[0], d);
  require_equal("slopes.shape[0]", slopes.shape[0], b);
  require_equal("magnitudes.shape[0]", magnitudes.shape[0], b);
  require_equal("magnitudes.shape[1]", magnitudes.shape[1], c);
  require_equal("gradient.shape[0]", gradient.shape[0], c);
  require_columns("gradient.shape[1]", p, d);
  require_equal("sizes.shape[0]", sizes.shape[0], c);
  require_equal("sizes.shape[1]", sizes.shape[1], p);
  std::fill(gradient.data, gradient.data + gradient.size(), 0.0);
  std::fill(sizes.data, sizes.data + sizes.size(), 0.0);
  for (Index i = 0; i < b; ++i) {
    for (Index k = 0; k < c; ++k) {
      const double slope = slopes.row(i)[k], magnitude = magnitudes.row(i)[k];
      add_row_of(X.row(i), shift.data, d, slope, magnitude, gradient.row(k),
                 sizes.row(k));
      if (p > d) {
        gradient.row(k)[d] += slope;
        sizes.row(k)[d] += magnitude;
      }
    }
  }
}

template <class T>
void scale_rows(Matrix<const T> X, Vector<const T> shift, Vector<const T> root,
                Matrix<T> scaled) {
  const Index b = X.shape[0], d = X.shape[1];
  require_equal("shift.shape[0]", shift.shape[0], d);
  require_equal("root.shape[0]", root.shape[0], b);
  require_equal("scaled.shape[0]", scaled.shape[0], b);
  require_columns("scaled.shape[1]", scaled.shape[1], d);
  for (Index i = 0; i < b; ++i) {
    scale_row(X.row(i), shift.data, d, root[i], scaled.row(i));
    if (scaled.shape[1] > d) scaled.row(i)[d] = root[i];
  }
}

#define RFCORE_INSTANTIATE(T)                                                         \
  template void rows_times<T>(Matrix<const T>, Matrix<const double>,                  \
                              Vector<const double>, Matrix<double>);                  \
  template void sum_slopes<T>(Matrix<const T>, Vector<const T>, Matrix<const double>, \
                              Matrix<const double>, Matrix<double>, Matrix<double>);  \
  template void scale_rows<T>(Matrix<const T>, Vector<const T>, Vector<const T>,      \
                              Matrix<T>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
