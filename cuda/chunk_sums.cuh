// Sums over the fixed chunks of rows, with the bits of the host.
#pragma once

#include "device.cuh"

namespace rfcore::cuda {

// partials[s, c] = the sum of chunk c of values[s], from its first row to its last.
// Requires: values >= 0 (so that adding 0 changes no bit).
void sum_chunks(const Call& call, const double* values,  // in (n_series, n)
                Index n, Index n_series,                 // in
                double* partials);                       // out (n_series, chunks)

}  // namespace rfcore::cuda
