#include "rfcore/summary.hpp"

#include <numeric>

namespace rfcore {
namespace {

// Summaries of one task.
constexpr Index kRows = 64;

RFCORE_CLONES Bit pack_row(const Bit* flags, Index n, Bit* bytes) {
  return pack_flags(flags, n, bytes);
}

// The bits that a row shares with each mask. Four sums at a time, since the counter of
// bits has a latency of several words.
RFCORE_CLONES void count_shared(const Word* row, const Word* masks, Index words,
                                Index n_masks, Index* counts) {
  constexpr Index kLanes = 4;
  for (Index j = 0; j < n_masks; ++j) {
    const Word* mask = masks + j * words;
    Index sums[kLanes] = {};
    Index w = 0;
    for (; w + kLanes <= words; w += kLanes) {
      for (Index lane = 0; lane < kLanes; ++lane) {
        sums[lane] += __builtin_popcountll(row[w + lane] & mask[w + lane]);
      }
    }
    for (; w < words; ++w) sums[0] += __builtin_popcountll(row[w] & mask[w]);
    counts[j] = sums[0] + sums[1] + sums[2] + sums[3];
  }
}

// One packed row for each group, then one with a bit for each frame.
std::vector<Word> pack_presence(Matrix<const Bit> presence) {
  const Index n = presence.shape[0], g = presence.shape[1], words = packed_words(n);
  std::vector<Word> masks((g + 1) * words);
  std::vector<Bit> column(n, 1);
  const auto pack = [&](Index j) {
    return pack_row(column.data(), n, reinterpret_cast<Bit*>(masks.data() + j * words));
  };
  pack(g);
  for (Index j = 0; j < g; ++j) {
    for (Index i = 0; i < n; ++i) column[i] = presence[i * g + j];
    require(pack(j) <= 1, summary::kPresence);
  }
  return masks;
}

struct Counts {
  std::vector<Index> groups, sizes, totals;  // (b, g) (b,) (g,)
};

Counts count(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed) {
  const Index b = selected.shape[0], n = presence.shape[0], g = presence.shape[1];
  const Index words = packed_words(n), n_tasks = (b + kRows - 1) / kRows;
  const std::vector<Word> masks = pack_presence(presence);
  Counts found{std::vector<Index>(b * g), std::vector<Index>(b),
               std::vector<Index>(g + 1)};
  count_shared(masks.data() + g * words, masks.data(), words, g, found.totals.data());
  found.totals.resize(g);
  for_each_task(n_tasks, thread_count(n_tasks), [&](Index task, int) {
    std::vector<Word> row(words);
    std::vector<Index> counts(g + 1);
    Bit* bytes = reinterpret_cast<Bit*>(row.data());
    for (Index q = task * kRows; q < std::min(b, (task + 1) * kRows); ++q) {
      if (packed) {
        std::memcpy(bytes, selected.row(q), packed_bytes(n));
      } else {
        require(pack_row(selected.row(q), n, bytes) <= 1, summary::kSelected);
      }
      count_shared(row.data(), masks.data(), words, g + 1, counts.data());
      std::copy_n(counts.data(), g, found.groups.data() + q * g);
      found.sizes[q] = counts[g];
    }
  });
  return found;
}

}  // namespace

namespace summary {

void check_shapes(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
                  Index n_summaries) {
  const Index n = presence.shape[0];
  require_at_least("presence.shape[0]", n, 1);
  require_at_least("presence.shape[1]", presence.shape[1], 1);
  require_equal("selected.shape[1]", selected.shape[1], packed ? packed_bytes(n) : n);
  require_equal("selected.shape[0]", selected.shape[0], n_summaries);
}

void compare_shares(const std::vector<Index>& counts, const std::vector<Index>& sizes,
                    const std::vector<Index>& totals, Index n, Vector<double> values,
                    Vector<Label> violating) {
  const Index b = values.shape[0], g = static_cast<Index>(totals.size());
  require(std::accumulate(totals.begin(), totals.end(), Index{0}) > 0,
          "presence should show at least one group");
  for (Index q = 0; q < b; ++q) {
    if (sizes[q] == 0) {
      throw std::invalid_argument("selected[" + std::to_string(q) +
                                  "] should hold at least one frame");
    }
  }
  for (Index q = 0; q < b; ++q) {
    double least = 2.0;
    for (Index j = 0; j < g; ++j) {
      if (totals[j] == 0) continue;
      // Both shares times n k, so that equal ratios are equal numbers.
      const auto all = static_cast<double>(totals[j] * sizes[q]);
      const auto own = static_cast<double>(counts[q * g + j] * n);
      const double ratio = std::min(all, own) / std::max(all, own);
      if (ratio < least) {
        least = ratio;
        violating[q] = static_cast<Label>(j);
      }
    }
    values[q] = least;
  }
}

}  // namespace summary

void count_groups(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
                  Matrix<Index> counts, Vector<Index> sizes) {
  summary::check_shapes(selected, presence, packed, sizes.shape[0]);
  require_equal("counts.shape[0]", counts.shape[0], sizes.shape[0]);
  require_equal("counts.shape[1]", counts.shape[1], presence.shape[1]);
  const Counts found = count(selected, presence, packed);
  std::copy(found.groups.begin(), found.groups.end(), counts.data);
  std::copy(found.sizes.begin(), found.sizes.end(), sizes.data);
}

void sum_bal(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
             Vector<double> values, Vector<Label> violating) {
  summary::check_shapes(selected, presence, packed, values.shape[0]);
  require_equal("violating.shape[0]", violating.shape[0], values.shape[0]);
  const Counts found = count(selected, presence, packed);
  summary::compare_shares(found.groups, found.sizes, found.totals, presence.shape[0],
                          values, violating);
}

}  // namespace rfcore
