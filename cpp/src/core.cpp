#include "rfcore/core.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace rfcore {
namespace {

bool in_forked_child = false;

#if defined(__unix__) || defined(__APPLE__)
const int fork_guard = pthread_atfork(nullptr, nullptr, [] { in_forked_child = true; });
#endif

}  // namespace

int thread_count(Index n_tasks) {
#ifdef _OPENMP
  if (in_forked_child || omp_in_parallel()) return 1;
  return static_cast<int>(
      std::max<Index>(1, std::min<Index>(n_tasks, omp_get_max_threads())));
#else
  (void)n_tasks;
  return 1;
#endif
}

int thread_index() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

}  // namespace rfcore
