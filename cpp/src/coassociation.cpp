#include "rfcore/coassociation.hpp"

#include <vector>

#include "rfcore/lloyd.hpp"

namespace rfcore {
namespace {

// Rows and columns of a block; its counts stay in the first cache.
constexpr Index kSide = 128;
// A longer line, so that the rows of a transposed block do not meet in one cache set.
constexpr Index kLine = kSide + 8;
// Comparisons that a byte can count.
constexpr Index kByteRuns = 255;
constexpr Index kBytes = 256;

using Count = std::uint16_t;

// The labels block of rows after block of rows, within it partition after partition:
// all that a block of S reads lies together. Past the last row there are zeros.
template <class Code>
std::vector<Code> pack(Matrix<const Label> labels, Index n_blocks) {
  const Index r = labels.shape[0], n = labels.shape[1];
  std::vector<Code> packed(n_blocks * r * kSide, 0);
  for (Index p = 0; p < r; ++p) {
    for (Index i = 0; i < n; ++i) {
      packed[(i / kSide * r + p) * kSide + i % kSide] =
          static_cast<Code>(labels.row(p)[i]);
    }
  }
  return packed;
}

#if defined(__GNUC__)
// A line of a block as vectors that stay in registers while the partitions pass.
constexpr Index kLanes = 32;
constexpr Index kVectors = kSide / kLanes;
typedef std::uint8_t Bytes __attribute__((vector_size(kLanes), aligned(1), may_alias));

RFCORE_INLINE void count_line(const std::uint8_t* own, const std::uint8_t* others,
                              Index r, Count* counts) {
  Bytes sum[kVectors] = {};
  for (Index p = 0; p < r; ++p) {
    const Bytes* line = reinterpret_cast<const Bytes*>(others + p * kSide);
    const Bytes label = own[p * kSide] - Bytes{};
    for (Index v = 0; v < kVectors; ++v) sum[v] -= (Bytes)(line[v] == label);
  }
  for (Index v = 0; v < kVectors; ++v) {
    for (Index l = 0; l < kLanes; ++l) counts[v * kLanes + l] += sum[v][l];
  }
}
#else
RFCORE_INLINE void count_line(const std::uint8_t* own, const std::uint8_t* others,
                              Index r, Count* counts) {
  std::uint8_t sum[kSide] = {};
  for (Index p = 0; p < r; ++p) {
    for (Index l = 0; l < kSide; ++l) {
      sum[l] += others[p * kSide + l] == own[p * kSide];
    }
  }
  for (Index l = 0; l < kSide; ++l) counts[l] += sum[l];
}
#endif

RFCORE_INLINE void count_line(const Label* own, const Label* others, Index r,
                              Count* counts) {
  for (Index p = 0; p < r; ++p) {
    for (Index l = 0; l < kSide; ++l) {
      counts[l] += others[p * kSide + l] == own[p * kSide];
    }
  }
}

template <class Code>
RFCORE_INLINE void count_lines(const Code* own, const Code* others, Index n_rows,
                               Index r, Count* counts) {
  for (Index i = 0; i < n_rows; ++i) {
    Count* line = counts + i * kLine;
    std::fill(line, line + kSide, Count{0});
    for (Index p = 0; p < r; p += kByteRuns) {
      count_line(own + p * kSide + i, others + p * kSide, std::min(kByteRuns, r - p),
                 line);
    }
  }
}

RFCORE_BYTE_CLONES
void count_block(const std::uint8_t* own, const std::uint8_t* others, Index n_rows,
                 Index r, Count* counts) {
  count_lines(own, others, n_rows, r, counts);
}

RFCORE_BYTE_CLONES
void count_block(const Label* own, const Label* others, Index n_rows, Index r,
                 Count* counts) {
  count_lines(own, others, n_rows, r, counts);
}

RFCORE_INLINE Count as_entry(Count count, Index, Count) {
  return count;
}
RFCORE_INLINE float as_entry(Count count, Index r, float) {
  return static_cast<float>(count) / static_cast<float>(r);
}

// A block and, off the diagonal, its mirror image, written line by line.
template <class T>
RFCORE_INLINE void write(const Count* counts, Index row, Index column, Index n_rows,
                         Index n_columns, Index r, Matrix<T> S) {
  for (Index i = 0; i < n_rows; ++i) {
    T* line = S.row(row + i) + column;
    for (Index j = 0; j < n_columns; ++j) {
      line[j] = as_entry(counts[i * kLine + j], r, T{});
    }
  }
  if (row == column) return;
  for (Index j = 0; j < n_columns; ++j) {
    T* line = S.row(column + j) + row;
    for (Index i = 0; i < n_rows; ++i) {
      line[i] = as_entry(counts[i * kLine + j], r, T{});
    }
  }
}

RFCORE_BYTE_CLONES
void write_block(const Count* counts, Index row, Index column, Index n_rows,
                 Index n_columns, Index r, Matrix<Count> S) {
  write(counts, row, column, n_rows, n_columns, r, S);
}

RFCORE_BYTE_CLONES
void write_block(const Count* counts, Index row, Index column, Index n_rows,
                 Index n_columns, Index r, Matrix<float> S) {
  write(counts, row, column, n_rows, n_columns, r, S);
}

template <class Code, class T>
void compare_all(Matrix<const Label> labels, Matrix<T> S) {
  const Index r = labels.shape[0], n = labels.shape[1];
  const Index n_blocks = (n + kSide - 1) / kSide;
  const std::vector<Code> packed = pack<Code>(labels, n_blocks);
  const int n_threads = thread_count(n_blocks);
  std::vector<std::vector<Count>> counts(n_threads);
  for (auto& own : counts) own.resize(kSide * kLine);
  for_each_task(n_blocks, n_threads, [&](Index i, int thread) {
    const Index row = i * kSide, n_rows = std::min(kSide, n - row);
    for (Index j = i; j < n_blocks; ++j) {
      const Index column = j * kSide, n_columns = std::min(kSide, n - column);
      count_block(packed.data() + i * r * kSide, packed.data() + j * r * kSide, n_rows,
                  r, counts[thread].data());
      write_block(counts[thread].data(), row, column, n_rows, n_columns, r, S);
    }
  });
}

void require_positions(Matrix<const Index> positions, Index n, const char* message) {
  for (Index e = 0; e < positions.size(); ++e) {
    require(0 <= positions.data[e] && positions.data[e] < n, message);
  }
}

template <class T>
void check(Matrix<const T> X, const PartitionPlan& plan, Matrix<Label> labels) {
  const Index r = labels.shape[0];
  require_equal("rows.shape[0]", plan.rows.shape[0], r);
  require_equal("features.shape[0]", plan.features.shape[0], r);
  require_equal("uniforms.shape[0]", plan.uniforms.shape[0], r);
  require_equal("labels.shape[1]", labels.shape[1], X.shape[0]);
  require_at_least("features.shape[1]", plan.features.shape[1], 1);
  require_at_least("n_samples", plan.rows.shape[1], plan.n_clusters);
  require_positions(plan.rows, X.shape[0], "rows should be in [0, n)");
  require_positions(plan.features, X.shape[1], "features should be in [0, d)");
}

// A part of X: some rows, given or else consecutive, and some features.
template <class T>
void gather(Matrix<const T> X, const Index* rows, Index begin, Index n_rows,
            const Index* features, Index m, std::vector<T>& part) {
  part.resize(n_rows * m);
  for (Index i = 0; i < n_rows; ++i) {
    const T* row = X.row(rows == nullptr ? begin + i : rows[i]);
    for (Index f = 0; f < m; ++f) part[i * m + f] = row[features[f]];
  }
}

// Room of one thread.
template <class T>
struct Part {
  std::vector<T> values;
  std::vector<double> centers, sq;
  std::vector<Label> labels;
};

template <class T>
void partition(Matrix<const T> X, const PartitionPlan& plan, Index p, Label* labels,
               Part<T>& part) {
  const Index n = X.shape[0], s = plan.rows.shape[1], m = plan.features.shape[1];
  const Index k = plan.n_clusters, *features = plan.features.row(p);
  part.centers.resize(k * m);
  part.labels.resize(s);
  part.sq.resize(kChunkRows);
  gather(X, plan.rows.row(p), 0, s, features, m, part.values);
  const LloydPlan own{{nullptr, {0, k, m}},
                      {plan.uniforms.row(p), {1, plan.uniforms.shape[1]}},
                      k,
                      plan.max_iter,
                      plan.tol};
  lloyd(Matrix<const T>{part.values.data(), {s, m}}, own, {part.centers.data(), {k, m}},
        {part.labels.data(), {s}});
  for (Index begin = 0; begin < n; begin += kChunkRows) {
    const Index count = std::min(kChunkRows, n - begin);
    gather(X, nullptr, begin, count, features, m, part.values);
    assign_nearest(Matrix<const T>{part.values.data(), {count, m}},
                   {part.centers.data(), {k, m}}, {labels + begin, {count}},
                   {part.sq.data(), {count}});
  }
}

}  // namespace

void require_co_association(Index r, Index n, const std::array<Index, 2>& S) {
  require_at_least("labels.shape[0]", r, 1);
  require(r <= kMostPartitions, "labels.shape[0] should be <= 65535");
  require_equal("S.shape[0]", S[0], n);
  require_equal("S.shape[1]", S[1], n);
}

template <class T>
void co_association(Matrix<const Label> labels, Matrix<T> S) {
  const Index r = labels.shape[0], n = labels.shape[1];
  require_co_association(r, n, S.shape);
  const bool bytes =
      std::all_of(labels.data, labels.data + labels.size(),
                  [](Label label) { return 0 <= label && label < kBytes; });
  if (bytes) {
    compare_all<std::uint8_t>(labels, S);
  } else {
    compare_all<Label>(labels, S);
  }
}

template <class T>
void basic_partitions(Matrix<const T> X, const PartitionPlan& plan,
                      Matrix<Label> labels) {
  check(X, plan, labels);
  const Index r = labels.shape[0];
  const int n_threads = thread_count(r);
  std::vector<Part<T>> parts(n_threads);
  for_each_task(r, n_threads, [&](Index p, int thread) {
    partition(X, plan, p, labels.row(p), parts[thread]);
  });
}

#define RFCORE_INSTANTIATE(T) \
  template void co_association<T>(Matrix<const Label>, Matrix<T>);
RFCORE_INSTANTIATE(Count)
RFCORE_INSTANTIATE(float)
#undef RFCORE_INSTANTIATE
template void basic_partitions<float>(Matrix<const float>, const PartitionPlan&,
                                      Matrix<Label>);
template void basic_partitions<double>(Matrix<const double>, const PartitionPlan&,
                                       Matrix<Label>);

}  // namespace rfcore
