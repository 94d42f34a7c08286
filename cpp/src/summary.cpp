#include "rfcore/summary.hpp"

#include <numeric>

namespace rfcore {
namespace {

// Summaries of one task.
constexpr Index kRows = 64;

RFCORE_CLONES Bit pack_row(const Bit* flags, Index n, Bit* bytes) {
  return pack_flags(flags, n, bytes);
}

// Adds three bits in each position: their sum in a, their carry as the result.
RFCORE_INLINE Word add_bits(Word& a, Word b, Word c) {
  const Word differ = a ^ b;
  const Word carry = (a & b) | (differ & c);
  a = differ ^ c;
  return carry;
}

// How many bits are set in each byte.
RFCORE_INLINE Word count_in_bytes(Word bits) {
  bits -= bits >> 1 & 0x5555555555555555u;
  bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
  return (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

RFCORE_INLINE Index sum_of_bytes(Word bytes) {
  constexpr Word kEvenBytes = 0x00ff00ff00ff00ffu, kSum = 0x0001000100010001u;
  const Word pairs = (bytes & kEvenBytes) + (bytes >> kByteBits & kEvenBytes);
  return static_cast<Index>(pairs * kSum >> 48);
}

// Packed rows whose shared bits are counted together, one a lane: masks[w, lane].
struct Masks {
  Masks(Index n_words, Index n_masks)
      : words((n_words + kGroup - 1) / kGroup * kGroup),
        lanes((n_masks + kWide - 1) / kWide * kWide),
        bits(words * lanes) {}

  // Words of a row that are added before their bits are counted.
  static constexpr Index kGroup = 8;
  // Lanes of the widest vector unit.
  static constexpr Index kWide = 8;

  Index words, lanes;
  std::vector<Word> bits;
};

// Temporary memory of count_shared.
struct Tally {
  explicit Tally(Index lanes) : ones(lanes), twos(lanes), fours(lanes), bytes(lanes) {}
  std::vector<Word> ones, twos, fours, bytes;
};

// Adds eight words of a row, where each lane has its own mask; bytes counts eights.
RFCORE_CLONES void add_words(const Word* row, const Word* masks, Index lanes,
                             Word* __restrict ones, Word* __restrict twos,
                             Word* __restrict fours, Word* __restrict bytes) {
  for (Index lane = 0; lane < lanes; ++lane) {
    const Word* mask = masks + lane;
    const auto word = [&](Index w) { return row[w] & mask[w * lanes]; };
    Word one = ones[lane], two = twos[lane], four = fours[lane];
    const Word two_a = add_bits(one, word(0), word(1));
    const Word two_b = add_bits(one, word(2), word(3));
    const Word four_a = add_bits(two, two_a, two_b);
    const Word two_c = add_bits(one, word(4), word(5));
    const Word two_d = add_bits(one, word(6), word(7));
    const Word four_b = add_bits(two, two_c, two_d);
    bytes[lane] += count_in_bytes(add_bits(four, four_a, four_b));
    ones[lane] = one;
    twos[lane] = two;
    fours[lane] = four;
  }
}

// Adds the bytes, each of which stands for eight bits, and clears them.
void flush(Tally& tally, Index n_masks, Index* counts) {
  for (Index j = 0; j < n_masks; ++j) {
    counts[j] += Masks::kGroup * sum_of_bytes(tally.bytes[j]);
    tally.bytes[j] = 0;
  }
}

// The bits that a row shares with each mask. Adding words as columns of bits first
// (Harley and Seal) leaves one count of bits for every eight words.
void count_shared(const Word* row, const Masks& masks, Tally& tally, Index n_masks,
                  Index* counts) {
  // Additions of at most 8 to a byte before it could overflow.
  constexpr Index kMostAdded = 255 / kByteBits;
  std::fill_n(counts, n_masks, Index{0});
  for (auto* bits : {&tally.ones, &tally.twos, &tally.fours, &tally.bytes}) {
    std::fill(bits->begin(), bits->end(), Word{0});
  }
  Index added = 0;
  for (Index w = 0; w < masks.words; w += Masks::kGroup) {
    add_words(row + w, masks.bits.data() + w * masks.lanes, masks.lanes,
              tally.ones.data(), tally.twos.data(), tally.fours.data(),
              tally.bytes.data());
    if (++added % kMostAdded == 0) flush(tally, n_masks, counts);
  }
  flush(tally, n_masks, counts);
  for (Index j = 0; j < n_masks; ++j) {
    counts[j] += sum_of_bytes(count_in_bytes(tally.ones[j])) +
                 2 * sum_of_bytes(count_in_bytes(tally.twos[j])) +
                 4 * sum_of_bytes(count_in_bytes(tally.fours[j]));
  }
}

// A mask for each group, then one with a bit for each frame.
Masks pack_presence(Matrix<const Bit> presence) {
  const Index n = presence.shape[0], g = presence.shape[1];
  Masks masks(packed_words(n), g + 1);
  std::vector<Bit> column(n, 1);
  std::vector<Word> row(masks.words);
  for (Index j = g; j >= 0; --j) {
    if (j < g) {
      for (Index i = 0; i < n; ++i) column[i] = presence[i * g + j];
    }
    const Bit seen = pack_row(column.data(), n, reinterpret_cast<Bit*>(row.data()));
    require(seen <= 1, summary::kPresence);
    for (Index w = 0; w < masks.words; ++w) masks.bits[w * masks.lanes + j] = row[w];
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
    Tally tally(masks.lanes);
    Bit* bytes = reinterpret_cast<Bit*>(row.data());
    for (Index q = task * kRows; q < std::min(b, (task + 1) * kRows); ++q) {
      if (packed) {
        std::memcpy(bytes, selected.row(q), packed_bytes(n));
      } else {
        require(pack_row(selected.row(q), n, bytes) <= 1, summary::kSelected);
      }
      count_shared(row.data(), masks, tally, g + 1, counts.data());
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
