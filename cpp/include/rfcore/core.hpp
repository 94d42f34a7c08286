// What every kernel shares: views on arrays, checked requirements, errors, and the
// fixed chunks that make sums the same bits for any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

namespace rfcore {

using Index = std::int64_t;
using Label = std::int32_t;

// A C-ordered array of rank R that somebody else owns.
template <class T, int R>
struct View {
  T* data = nullptr;
  std::array<Index, R> shape{};

  Index size() const {
    Index product = 1;
    for (Index extent : shape) product *= extent;
    return product;
  }
  // The number of elements behind one step of the first axis.
  Index stride() const {
    Index product = 1;
    for (int axis = 1; axis < R; ++axis) product *= shape[axis];
    return product;
  }
  T& operator[](Index i) const { return data[i]; }
  T* row(Index i) const { return data + i * stride(); }
};

template <class T>
using Vector = View<T, 1>;
template <class T>
using Matrix = View<T, 2>;
template <class T>
using Cube = View<T, 3>;

// A device is missing, an array lives in the wrong place, or a launch failed.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A caller's mistake; becomes ValueError in Python.
inline void require(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(message);
}

// `what=3 should be 8`: both numbers, since one alone never explains.
inline void require_equal(const char* what, Index got, Index expected) {
  if (got != expected) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(got) +
                                " should be " + std::to_string(expected));
  }
}

inline void require_at_least(const char* what, Index got, Index least) {
  if (got < least) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(got) +
                                " should be >= " + std::to_string(least));
  }
}

// More of anything than this is a mistake, and less can be multiplied without overflow.
constexpr Index kLargestCount = Index{1} << 31;

inline void require_count(const char* what, Index got, Index least) {
  require_at_least(what, got, least);
  if (got > kLargestCount) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(got) +
                                " should be <= " + std::to_string(kLargestCount));
  }
}

// Numbers that stand for a place: each in [0, bound).
inline void require_indices(const char* what, const Index* values, Index n,
                            Index bound) {
  for (Index i = 0; i < n; ++i) {
    if (0 <= values[i] && values[i] < bound) continue;
    throw std::invalid_argument(std::string(what) + "[" + std::to_string(i) +
                                "]=" + std::to_string(values[i]) +
                                " should be in [0, " + std::to_string(bound) + ")");
  }
}

// Uniforms of which places are made: each in [0, 1).
inline void require_uniforms(const char* what, const double* values, Index n) {
  for (Index i = 0; i < n; ++i) {
    if (0.0 <= values[i] && values[i] < 1.0) continue;
    throw std::invalid_argument(std::string(what) + "[" + std::to_string(i) + "]=" +
                                std::to_string(values[i]) + " should be in [0, 1)");
  }
}

// Positions of rows that a question replaces: in range, none twice.
inline void require_different_rows(Vector<const Index> t, Index n_rows) {
  for (Index r = 0; r < t.shape[0]; ++r) {
    if (t[r] < 0 || t[r] >= n_rows) {
      throw std::invalid_argument("row " + std::to_string(t[r]) + " should be in [0, " +
                                  std::to_string(n_rows) + ")");
    }
    for (Index q = 0; q < r; ++q) require(t[q] != t[r], "replaced rows should differ");
  }
}

// Sums run over chunks of rows, added in chunk order. The chunks depend on the number
// of rows alone, so the bits of a sum do not depend on the number of threads; there are
// at most kMaxChunks, so neither does the memory for partial sums.
constexpr Index kChunkRows = 256;
constexpr Index kMaxChunks = 64;

struct Chunks {
  explicit Chunks(Index n_rows)
      : n(n_rows),
        rows(std::max(kChunkRows, (n_rows + kMaxChunks - 1) / kMaxChunks)),
        count((n_rows + rows - 1) / rows) {}
  Index begin(Index chunk) const { return chunk * rows; }
  Index end(Index chunk) const { return std::min(n, (chunk + 1) * rows); }

  Index n, rows, count;
};

// Threads for a region of `n_tasks` independent tasks: OpenMP's limit, never more than
// the tasks, and 1 in a forked child, where the parent's thread pool is gone.
int thread_count(Index n_tasks);

// The calling thread's number within its region; 0 outside one.
int thread_index();

// Calls task(i, thread) for i in [0, n_tasks). An exception in a task ends up in the
// caller, after the region.
template <class Task>
void for_each_task(Index n_tasks, int n_threads, Task&& task);

// Wider vector units without -march: the loader picks the clone. The clones give the
// same bits because contraction is off and every reduction has fixed lanes.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
    !defined(RFCORE_NO_CLONES)
#define RFCORE_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
// For comparisons of bytes, which masks of the widest unit make slower.
#define RFCORE_BYTE_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define RFCORE_CLONES
#define RFCORE_BYTE_CLONES
#endif

// Inlined into each clone, so that it is compiled for the clone's vector unit.
#if defined(__GNUC__)
#define RFCORE_INLINE inline __attribute__((always_inline))
#else
#define RFCORE_INLINE inline
#endif

template <class Task>
void for_each_task(Index n_tasks, int n_threads, Task&& task) {
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
  for (Index i = 0; i < n_tasks; ++i) {
    try {
      task(i, thread_index());
    } catch (...) {
#pragma omp critical(rfcore_failure)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace rfcore
