// How large numbers are.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// The largest absolute value.
//   max_i |x[i]|
// Ties, empty: 0 where there is none; NaN where one is NaN.
// Requires: nothing.
// Returns: a number >= 0, infinity or NaN.
// Cost: one pass over x.
// Repeats: bit for bit for any number of threads.
// Throws: nothing.
// Source: definition.
template <class T>
double largest_magnitude(Vector<const T> x);  // in (n,)

// Throws std::invalid_argument where one of the values is not finite.
void require_finite(const char* what, Vector<const double> values);

}  // namespace rfcore
