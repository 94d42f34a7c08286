// The threads of one CUDA block as fibers of one thread of the host. Whenever they wait
// they go on in another order, so that a missing barrier shows.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulated {

constexpr int kWarp = 32;

// A built-in coordinate: `.x` asks for the value of the moment.
struct Position {
  struct Coordinate {
    operator unsigned() const { return ask(); }
    unsigned (*ask)();
  };
  explicit Position(unsigned (*ask)()) : x{ask} {}
  Coordinate x;
};

enum class State { kReady, kMeets, kExchanges, kDone };

struct Fiber {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(std::size_t{1} << 17);
  State state = State::kReady;
  std::uint64_t given = 0;
  void* shadow = nullptr;
};

class Block {
 public:
  unsigned number = 0, n_blocks = 0;

  unsigned thread() const { return current_; }
  unsigned n_threads() const { return n_threads_; }

  // __syncthreads_or
  int meet(int flag) {
    flags_ |= flag;
    wait(State::kMeets);
    return met_flags_;
  }

  // What the threads of the own warp gave.
  template <class T>
  std::array<T, kWarp> exchange(T value) {
    static_assert(sizeof(T) <= sizeof(std::uint64_t), "a warp exchanges words");
    std::memcpy(&fibers_[current_].given, &value, sizeof(T));
    wait(State::kExchanges);
    std::array<T, kWarp> values;
    const auto& given = exchanged_[current_ / kWarp];
    for (int lane = 0; lane < kWarp; ++lane) {
      std::memcpy(&values[lane], &given[lane], sizeof(T));
    }
    return values;
  }

  // False where threads are left that wait for ever.
  bool run(unsigned n_threads, const std::function<void()>& body) {
    prepare(n_threads, body);
    std::vector<unsigned> ready;
    do {
      ready.clear();
      for (unsigned t = 0; t < n_threads_; ++t) {
        if (fibers_[t].state == State::kReady) ready.push_back(t);
      }
      std::shuffle(ready.begin(), ready.end(), order_);
      for (unsigned t : ready) resume(t);
      release();
    } while (!ready.empty());
    return all(0, n_threads_, State::kDone);
  }

 private:
  void prepare(unsigned n_threads, const std::function<void()>& body) {
    n_threads_ = n_threads;
    body_ = &body;
    flags_ = 0;
    if (fibers_.size() < n_threads) fibers_ = std::vector<Fiber>(n_threads);
    exchanged_.resize((n_threads + kWarp - 1) / kWarp);
    for (unsigned t = 0; t < n_threads; ++t) {
      Fiber& fiber = fibers_[t];
      fiber.state = State::kReady;
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = fiber.stack.data();
      fiber.context.uc_stack.ss_size = fiber.stack.size();
      fiber.context.uc_link = nullptr;
      makecontext(&fiber.context, &Block::enter, 0);
    }
  }

  static void enter();

  bool all(unsigned begin, unsigned end, State state) const {
    return std::all_of(fibers_.begin() + begin, fibers_.begin() + end,
                       [&](const Fiber& fiber) { return fiber.state == state; });
  }

  void make_ready(unsigned begin, unsigned end) {
    for (unsigned t = begin; t < end; ++t) fibers_[t].state = State::kReady;
  }

  // A barrier opens when the whole block waits there, an exchange when the whole warp
  // does. A thread that left its block or warp early leaves the others waiting.
  void release() {
    if (all(0, n_threads_, State::kMeets)) {
      met_flags_ = flags_;
      flags_ = 0;
      make_ready(0, n_threads_);
    }
    for (unsigned begin = 0; begin + kWarp <= n_threads_; begin += kWarp) {
      if (!all(begin, begin + kWarp, State::kExchanges)) continue;
      for (int lane = 0; lane < kWarp; ++lane) {
        exchanged_[begin / kWarp][lane] = fibers_[begin + lane].given;
      }
      make_ready(begin, begin + kWarp);
    }
  }

  void resume(unsigned t) {
    current_ = t;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&shadow_, fibers_[t].stack.data(),
                                   fibers_[t].stack.size());
#endif
    swapcontext(&scheduler_, &fibers_[t].context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(shadow_, nullptr, nullptr);
#endif
  }

  void wait(State state) {
    Fiber& fiber = fibers_[current_];
    fiber.state = state;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(state == State::kDone ? nullptr : &fiber.shadow,
                                   host_stack_, host_stack_size_);
#endif
    swapcontext(&fiber.context, &scheduler_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fiber.shadow, nullptr, nullptr);
#endif
  }

  unsigned n_threads_ = 0, current_ = 0;
  const std::function<void()>* body_ = nullptr;
  std::vector<Fiber> fibers_;
  std::vector<std::array<std::uint64_t, kWarp>> exchanged_;
  int flags_ = 0, met_flags_ = 0;
  std::mt19937 order_;
  ucontext_t scheduler_;
  void* shadow_ = nullptr;
  const void* host_stack_ = nullptr;
  std::size_t host_stack_size_ = 0;
};

inline Block& block() {
  static Block the_block;
  return the_block;
}

inline void Block::enter() {
  Block& self = block();
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self.host_stack_, &self.host_stack_size_);
#endif
  (*self.body_)();
  self.wait(State::kDone);
}

inline bool run_block(unsigned number, unsigned n_blocks, unsigned n_threads,
                      const std::function<void()>& body) {
  block().number = number;
  block().n_blocks = n_blocks;
  return block().run(n_threads, body);
}

}  // namespace emulated
