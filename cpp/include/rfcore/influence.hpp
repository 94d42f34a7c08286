// What a linear model's gradient, Hessian and influence take from a block of its rows.
//
// Each kernel runs on the calling thread: blocks are what the caller shares out.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// A block of rows times a few columns.
//   out[i, j] = constant[j] + sum_f X[i, f] W[j, f]
// Ties, empty: b = 0 and m = 0 are allowed; d = 0 gives the constant.
// Requires: finite values.
// Returns: out in double for either dtype.
// Cost: b m d products, and X comes from memory once: a matrix product that is made for
//   wide matrices takes several times that of so few columns.
// Repeats: bit for bit: each sum runs over f in order.
// Throws: std::invalid_argument on unequal shapes.
// Source: definition.
template <class T>
void rows_times(Matrix<const T> X,              // in (b, d)
                Matrix<const double> W,         // in (m, d)
                Vector<const double> constant,  // in (m,)
                Matrix<double> out);            // out (b, m)

// The gradient that a block of rows adds, and the sum of the sizes of its terms.
//   gradient[k, f] = sum_i slopes[i, k] x_i[f]
//   sizes[k, f] = sum_i magnitudes[i, k] |x_i[f]|
//   where x_i = X[i] - shift, and a 1 behind it where gradient has d + 1 columns
// Ties, empty: b = 0 gives zeros.
// Requires: finite values.
// Returns: sums in double for either dtype; the shift is taken away in X's.
// Cost: 2 b c d products.
// Repeats: bit for bit: each sum runs over the rows in order.
// Throws: std::invalid_argument on unequal shapes.
// Source: thesis, equation 4.4 (the gradient of the rows' losses).
template <class T>
void sum_slopes(Matrix<const T> X,                // in (b, d)
                Vector<const T> shift,            // in (d,)
                Matrix<const double> slopes,      // in (b, c)
                Matrix<const double> magnitudes,  // in (b, c)
                Matrix<double> gradient,          // out (c, p), p = d or d + 1
                Matrix<double> sizes);            // out (c, p)

// Rows times a number each, whose Gram matrix is the weighted one of the rows.
//   scaled[i] = root[i] x_i, x_i as in sum_slopes
// Ties, empty: b = 0 is allowed.
// Requires: finite values.
// Returns: scaled, in X's dtype.
// Cost: b d products.
// Repeats: bit for bit.
// Throws: std::invalid_argument on unequal shapes.
// Source: scaled' scaled = sum_i root[i]^2 x_i x_i'.
template <class T>
void scale_rows(Matrix<const T> X,      // in (b, d)
                Vector<const T> shift,  // in (d,)
                Vector<const T> root,   // in (b,)
                Matrix<T> scaled);      // out (b, p), p = d or d + 1

}  // namespace rfcore
