#include "rfcore/summary.hpp"

#include <numeric>

namespace rfcore {
namespace {

// Summaries of one task.
constexpr Index kRows = 64;

RFCORE_CLONES Bit pack_row(const Bit* flags, Index n, Bit* bytes) {
  return pack_flags(flags, n, bytes);
}

// Four words side by side, spelled as a vector so that the sums below stay in
// registers.
constexpr Index kWide = 4;
using Words = Word __attribute__((vector_size(kWide * sizeof(Word))));
// Vectors that are added before their bits are counted.
constexpr Index kGroup = 8;
constexpr Index kStepWords = kGroup * kWide;

// Adds three bits in each position: their sum in a, their carry in `carry`.
RFCORE_INLINE void add_bits(Words& a, const Words& b, const Words& c, Words& carry) {
  const Words differ = a ^ b;
  carry = (a & b) | (differ & c);
  a = differ ^ c;
}

// Adds to each byte how many bits are set in it.
RFCORE_INLINE void add_bytes(Words bits, Words& bytes) {
  bits -= bits >> 1 & 0x5555555555555555u;
  bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
  bytes += (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

RFCORE_INLINE Index sum_of_bytes(const Words& bytes) {
  constexpr Word kEvenBytes = 0x00ff00ff00ff00ffu, kSum = 0x0001000100010001u;
  const Words pairs = (bytes & kEvenBytes) + (bytes >> kByteBits & kEvenBytes);
  return static_cast<Index>((pairs[0] + pairs[1] + pairs[2] + pairs[3]) * kSum >> 48);
}

RFCORE_INLINE void load_shared(const Word* row, const Word* mask, Words& shared) {
  Words other;
  std::memcpy(&shared, row, sizeof shared);
  std::memcpy(&other, mask, sizeof other);
  shared &= other;
}

// Adds two vectors of words to the sums; the carry counts twos.
RFCORE_INLINE void add_two(const Word* row, const Word* mask, Words& ones,
                           Words& twos) {
  Words first, second;
  load_shared(row, mask, first);
  load_shared(row + kWide, mask + kWide, second);
  add_bits(ones, first, second, twos);
}

// The bits that a row shares with a mask. Adding words as columns of bits first (Harley
// and Seal) leaves one count of bits for every eight words.
RFCORE_INLINE Index count_in_row(const Word* row, const Word* mask, Index words) {
  // Additions of at most 8 to a byte before it could overflow.
  constexpr Index kMostWords = 255 / kByteBits * kStepWords;
  Words ones{}, twos{}, fours{};
  Index eights_found = 0;
  for (Index begin = 0; begin < words; begin += kMostWords) {
    Words bytes{};
    for (Index w = begin; w < std::min(words, begin + kMostWords); w += kStepWords) {
      Words two_a, two_b, four_a, four_b, eights;
      add_two(row + w, mask + w, ones, two_a);
      add_two(row + w + 2 * kWide, mask + w + 2 * kWide, ones, two_b);
      add_bits(twos, two_a, two_b, four_a);
      add_two(row + w + 4 * kWide, mask + w + 4 * kWide, ones, two_a);
      add_two(row + w + 6 * kWide, mask + w + 6 * kWide, ones, two_b);
      add_bits(twos, two_a, two_b, four_b);
      add_bits(fours, four_a, four_b, eights);
      add_bytes(eights, bytes);
    }
    eights_found += sum_of_bytes(bytes);
  }
  Words one{}, two{}, four{};
  add_bytes(ones, one);
  add_bytes(twos, two);
  add_bytes(fours, four);
  return 8 * eights_found + 4 * sum_of_bytes(four) + sum_of_bytes(one + 2 * two);
}

RFCORE_CLONES void count_shared(const Word* row, const Word* masks, Index words,
                                Index n_masks, Index* counts) {
  for (Index j = 0; j < n_masks; ++j) {
    counts[j] = count_in_row(row, masks + j * words, words);
  }
}

// A packed row for each group, then one with a bit for each frame.
struct Masks {
  Masks(Index n, Index n_masks)
      : words((packed_words(n) + kStepWords - 1) / kStepWords * kStepWords),
        bits(words * n_masks) {}

  Index words;
  std::vector<Word> bits;
};

Masks pack_presence(Matrix<const Bit> presence) {
  const Index n = presence.shape[0], g = presence.shape[1];
  Masks masks(n, g + 1);
  std::vector<Bit> column(n, 1);
  for (Index j = g; j >= 0; --j) {
    if (j < g) {
      for (Index i = 0; i < n; ++i) column[i] = presence[i * g + j];
    }
    Word* row = masks.bits.data() + j * masks.words;
    require(pack_row(column.data(), n, reinterpret_cast<Bit*>(row)) <= 1,
            summary::kPresence);
  }
  return masks;
}

struct Counts {
  std::vector<Index> groups, sizes, totals;  // (b, g) (b,) (g,)
};

Counts count(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed) {
  const Index b = selected.shape[0], n = presence.shape[0], g = presence.shape[1];
  const Index n_tasks = (b + kRows - 1) / kRows;
  const Masks masks = pack_presence(presence);
  Counts found{std::vector<Index>(b * g), std::vector<Index>(b), std::vector<Index>(g)};
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < g; ++j) found.totals[j] += presence.row(i)[j];
  }
  for_each_task(n_tasks, thread_count(n_tasks), [&](Index task, int) {
    // Zeros behind the last frame.
    std::vector<Word> row(masks.words);
    std::vector<Index> counts(g + 1);
    Bit* bytes = reinterpret_cast<Bit*>(row.data());
    for (Index q = task * kRows; q < std::min(b, (task + 1) * kRows); ++q) {
      if (packed) {
        std::memcpy(bytes, selected.row(q), packed_bytes(n));
      } else {
        require(pack_row(selected.row(q), n, bytes) <= 1, summary::kSelected);
      }
      count_shared(row.data(), masks.bits.data(), masks.words, g + 1, counts.data());
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
