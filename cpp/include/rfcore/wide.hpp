// Vectors of a stated number of lanes, and functions that have a version for each
// vector unit: for loops whose sums the compiler would not keep in registers by itself.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// kWidth numbers that are added, multiplied and compared lane by lane; one number where
// the compiler has no vectors.
template <class T, int kWidth>
struct Wide {
#if defined(__GNUC__)
  typedef T Type __attribute__((vector_size(sizeof(T) * kWidth)));
#else
  using Type = T;
#endif
};
template <class T>
struct Wide<T, 1> {
  using Type = T;
};

// A function that calls body<width>: of 64 bytes, 32 bytes or 16 bytes of T, as the
// vector unit has them. Declare and call it in one file, where all versions are seen.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
    !defined(RFCORE_NO_CLONES)
#define RFCORE_WIDE(T, name, parameters, body, arguments)          \
  __attribute__((target("arch=x86-64-v4"))) void name parameters { \
    body<64 / sizeof(T)> arguments;                                \
  }                                                                \
  __attribute__((target("arch=x86-64-v3"))) void name parameters { \
    body<32 / sizeof(T)> arguments;                                \
  }                                                                \
  __attribute__((target("default"))) void name parameters {        \
    body<16 / sizeof(T)> arguments;                                \
  }
#elif defined(__GNUC__)
#define RFCORE_WIDE(T, name, parameters, body, arguments) \
  void name parameters {                                  \
    body<16 / sizeof(T)> arguments;                       \
  }
#else
#define RFCORE_WIDE(T, name, parameters, body, arguments) \
  void name parameters {                                  \
    body<1> arguments;                                    \
  }
#endif

}  // namespace rfcore
