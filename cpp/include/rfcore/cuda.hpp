// The device versions of the kernels. Each has the name, the argument order and the
// contract of its host version, bits included, and the stream last; what follows is all
// that differs.
//
// Requires: every array that is not empty lives on one CUDA device, in C order; the
//   stream belongs to that device.
// Returns: once the stream has done the work, so that a fault on the device is an
//   exception of the call that caused it.
// Throws: std::invalid_argument as on the host, before any array is changed.
//   DeviceError where the build has no device kernels, no device is there, an array
//   lives on the host or on another device, or the device reports a fault.
// Memory: temporary arrays come from a pool of rfcore's own on the device, which keeps
//   at most 64 MiB between calls.
#pragma once

#include "rfcore/bits.hpp"

namespace rfcore::cuda {

// A CUDA stream by its address; 0 is the default stream, as CuPy and torch count it.
struct Stream {
  std::uintptr_t address = 0;
};

// "cuda", "emulated" (the device code on the host, for tests) or "none".
const char* backend() noexcept;

// Whether this build has device kernels and finds a device; false when emulated.
bool is_available() noexcept;

// Devices that this build could use; 0 where is_available() is false.
int device_count() noexcept;

// Waits for what `producer` still has to write to the array `name` at `data`, unless
// `stream` runs after it anyway.
void wait_for(const char* name, const void* data, Stream producer, Stream stream);

template <class T>
void pairwise_sq_distances(Matrix<const T> X,   // in (n, d)
                           Matrix<const T> Y,   // in (m, d)
                           Matrix<double> out,  // out (n, m)
                           Stream stream);      // in

template <class T>
void replace_row_distances(Matrix<const T> X,    // in (n, d)
                           Vector<const T> row,  // in (d,)
                           Index t,              // in
                           bool squared,         // in
                           Matrix<double> D,     // out (n, n)
                           Stream stream);       // in

template <class T>
void assign_nearest(Matrix<const T> X,       // in (n, d)
                    Matrix<const double> C,  // in (k, d)
                    Vector<Label> labels,    // out (n,)
                    Vector<double> sq,       // out (n,)
                    Stream stream);          // in

// Temporary memory: n + min(64, n / 256) k (d + 1) doubles.
template <class T>
double lloyd_step(Matrix<const T> X,       // in (n, d)
                  Matrix<const double> C,  // in (k, d)
                  Vector<Label> labels,    // out (n,)
                  Matrix<double> means,    // out (k, d)
                  Vector<double> counts,   // out (k,)
                  Stream stream);          // in

// Temporary memory: (1 + trials) n doubles, where the host needs 3 n.
template <class T>
void kmeans_plus_plus(Matrix<const T> X,              // in (n, d)
                      Vector<const double> uniforms,  // in (u,)
                      Vector<Index> chosen,           // out (k,)
                      Stream stream);                 // in

template <class T>
void farthest_first(Matrix<const T> X,     // in (n, d)
                    Index first,           // in
                    Vector<Index> chosen,  // out (k,)
                    Vector<double> sq,     // out (n,)
                    Stream stream);        // in

void contingency(Vector<const Label> a,       // in (n,)
                 Matrix<const Label> others,  // in (b, n)
                 Cube<Index> table,           // out (b, k, l)
                 Stream stream);              // in

// Temporary memory: as many tables as fit in 128 MiB, at least one.
void co_membership_distance(Vector<const Label> a,       // in (n,)
                            Matrix<const Label> others,  // in (b, n)
                            Index k,                     // in, labels of a
                            Index l,                     // in, labels of others
                            Vector<double> distance,     // out (b,)
                            Stream stream);              // in

// The (k, l) tables are counted on the device, copied to the host and matched there; no
// array of length n is copied. Temporary memory: as co_membership_distance, on both.
void n_switched(Vector<const Label> a,       // in (n,)
                Matrix<const Label> others,  // in (b, n)
                Index k,                     // in, labels of a
                Index l,                     // in, labels of others
                Vector<Index> switched,      // out (b,)
                Stream stream);              // in

// The measures below are read off the (k, l) tables on the host, as in n_switched.
void nmi(Vector<const Label> a,       // in (n,)
         Matrix<const Label> others,  // in (b, n)
         Index k,                     // in
         Index l,                     // in
         Vector<double> out,          // out (b,)
         Stream stream);              // in

void ari(Vector<const Label> a,       // in (n,)
         Matrix<const Label> others,  // in (b, n)
         Index k,                     // in
         Index l,                     // in
         Vector<double> out,          // out (b,)
         Stream stream);              // in

void balance(Matrix<const Label> labels,  // in (b, n) or (1, n)
             Matrix<const Label> groups,  // in (b, n) or (1, n)
             Index k,                     // in
             Index l,                     // in
             Vector<double> out,          // out (b,)
             Stream stream);              // in

void group_entropy(Matrix<const Label> labels,  // in (b, n) or (1, n)
                   Matrix<const Label> groups,  // in (b, n) or (1, n)
                   Index k,                     // in
                   Index l,                     // in
                   Vector<double> out,          // out (b,)
                   Stream stream);              // in

// Temporary memory: a packed row for each group, and the counts.
void count_groups(Matrix<const Bit> selected,  // in (b, n) or (b, ceil(n / 8))
                  Matrix<const Bit> presence,  // in (n, g)
                  bool packed,                 // in
                  Matrix<Index> counts,        // out (b, g)
                  Vector<Index> sizes,         // out (b,)
                  Stream stream);              // in

// The counts are compared on the host. Temporary memory: as count_groups, on both.
void sum_bal(Matrix<const Bit> selected,  // in (b, n) or (b, ceil(n / 8))
             Matrix<const Bit> presence,  // in (n, g)
             bool packed,                 // in
             Vector<double> values,       // out (b,)
             Vector<Label> violating,     // out (b,)
             Stream stream);              // in

// Temporary memory: a label and a distance for each row of X.
template <class T>
void tally_nearest(Matrix<const T> X,           // in (n, d)
                   Cube<const double> centers,  // in (b, k, d)
                   Vector<const Label> groups,  // in (n,)
                   Cube<Index> counts,          // out (b, k, l)
                   Matrix<double> sums,         // out (b, l)
                   Stream stream);              // in

template <class T>
void co_association(Matrix<const Label> labels,  // in (r, n)
                    Matrix<T> S,                 // out (n, n)
                    Stream stream);              // in

}  // namespace rfcore::cuda
