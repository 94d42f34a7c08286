#include "rfcore/tables.hpp"

#include <cmath>

namespace rfcore {
namespace {

// Rows that are checked and then counted while they are near.
constexpr Index kBlockRows = 4096;
// Up to so many cells, comparing all rows with each cell beats a store for each row.
constexpr Index kFewCells = 32;
constexpr Index kLanes = 64;
static_assert(kBlockRows / kLanes < 256, "a lane counts a block in 8 bits");
// Up to so many cells, each of several tables takes every so many-th row: rows in a run
// of one cell then do not wait for each other's stores.
constexpr Index kSplitCells = 1024;
constexpr Index kSplits = 4;

// Tables may always have so many cells, and else no more than pairs of rows: with fewer
// names than rows there are no more.
constexpr Index kMostCells = Index{1} << 24;

// A negative label is an unsigned one beyond all numbers of names.
RFCORE_CLONES bool in_range(const Label* labels, Index n, Index names) {
  std::uint32_t largest = 0;
  for (Index i = 0; i < n; ++i) {
    largest = std::max(largest, static_cast<std::uint32_t>(labels[i]));
  }
  return n == 0 || largest < names;
}

RFCORE_CLONES void encode(const Label* a, const Label* b, Index n, Label l,
                          std::uint8_t* codes) {
  for (Index i = 0; i < n; ++i) codes[i] = static_cast<std::uint8_t>(a[i] * l + b[i]);
}

RFCORE_BYTE_CLONES void count_codes(const std::uint8_t* codes, Index n, Index cells,
                                    Index* table) {
  for (Index cell = 0; cell < cells; ++cell) {
    const auto code = static_cast<std::uint8_t>(cell);
    std::uint8_t lanes[kLanes] = {};
    for (Index i = 0; i < n; i += kLanes) {
      for (Index lane = 0; lane < kLanes; ++lane) {
        lanes[lane] += codes[i + lane] == code;
      }
    }
    std::uint32_t sum = 0;
    for (Index lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
    table[cell] += sum;
  }
}

void count_few(const Label* a, const Label* b, Index n, Index cells, Index l,
               Index* table) {
  constexpr std::uint8_t kNoCell = 0xff;
  std::uint8_t codes[kBlockRows];
  encode(a, b, n, static_cast<Label>(l), codes);
  const Index padded = (n + kLanes - 1) / kLanes * kLanes;
  std::fill(codes + n, codes + padded, kNoCell);
  count_codes(codes, padded, cells, table);
}

void count_split(const Label* a, const Label* b, Index n, Index cells, Index l,
                 Index* table) {
  std::uint32_t counts[kSplits][kSplitCells];
  for (Index s = 0; s < kSplits; ++s) std::fill_n(counts[s], cells, 0u);
  const Index whole = n / kSplits * kSplits;
  for (Index i = 0; i < whole; i += kSplits) {
    for (Index s = 0; s < kSplits; ++s) ++counts[s][a[i + s] * l + b[i + s]];
  }
  for (Index i = whole; i < n; ++i) ++counts[0][a[i] * l + b[i]];
  for (Index s = 0; s < kSplits; ++s) {
    for (Index cell = 0; cell < cells; ++cell) table[cell] += counts[s][cell];
  }
}

struct Margins {
  Margins(const Index* table, Index k, Index l) : sums(k + l) {
    for (Index i = 0; i < k; ++i) {
      for (Index j = 0; j < l; ++j) {
        sums[i] += table[i * l + j];
        sums[k + j] += table[i * l + j];
      }
    }
    rows = sums.data();
    columns = rows + k;
    for (Index i = 0; i < k; ++i) n += rows[i];
  }

  std::vector<Index> sums;
  const Index *rows, *columns;
  Index n = 0;
};

double entropy(const Index* counts, Index size, Index n) {
  double sum = 0.0;
  for (Index i = 0; i < size; ++i) {
    if (counts[i] == 0) continue;
    const double share = static_cast<double>(counts[i]) / static_cast<double>(n);
    sum -= share * std::log(share);
  }
  return sum;
}

Index sum_of_squares(const Index* counts, Index size) {
  Index sum = 0;
  for (Index i = 0; i < size; ++i) sum += counts[i] * counts[i];
  return sum;
}

// Calls use(count, row's margin, column's margin) for the cells that have rows.
template <class Use>
void for_each_cell(const Index* table, Index k, Index l, const Margins& margins,
                   Use&& use) {
  for (Index i = 0; i < k; ++i) {
    for (Index j = 0; j < l; ++j) {
      const Index count = table[i * l + j];
      if (count > 0) use(count, margins.rows[i], margins.columns[j]);
    }
  }
}

void check_number_of_names(const char* what, Index names) {
  // Beyond the names of a label, the size of a table would overflow.
  constexpr Index kMost = Index{1} << 31;
  require_at_least(what, names, 0);
  if (names > kMost) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(names) +
                                " should be <= " + std::to_string(kMost));
  }
}

}  // namespace

LabelPairs one_with_others(Vector<const Label> a, Matrix<const Label> others, Index k,
                           Index l) {
  require_equal("others.shape[1]", others.shape[1], a.shape[0]);
  return {{a.data, {1, a.shape[0]}}, others, k, l, others.shape[0]};
}

void check_names(Index k, Index l) {
  check_number_of_names("k", k);
  check_number_of_names("l", l);
}

void check_shared(const LabelPairs& pairs) {
  check_names(pairs.k, pairs.l);
  const Index n = pairs.n();
  if (pairs.l > 0 && pairs.k > std::max(kMostCells, n * n) / pairs.l) {
    throw std::invalid_argument(
        "a table of k=" + std::to_string(pairs.k) + " by l=" + std::to_string(pairs.l) +
        " names should be smaller for " + std::to_string(n) + " rows");
  }
  const auto in_range_or_many = [](Matrix<const Label> labelings, Index names) {
    return labelings.shape[0] != 1 || in_range(labelings.data, labelings.size(), names);
  };
  require(in_range_or_many(pairs.a, pairs.k), pairs.a_outside);
  require(in_range_or_many(pairs.b, pairs.l), pairs.b_outside);
}

void count_table(const LabelPairs& pairs, Index q, Index* table) {
  const Index n = pairs.n(), k = pairs.k, l = pairs.l, cells = k * l;
  std::fill_n(table, cells, Index{0});
  for (Index begin = 0; begin < n; begin += kBlockRows) {
    const Label *a = pairs.a_row(q) + begin, *b = pairs.b_row(q) + begin;
    const Index count = std::min(kBlockRows, n - begin);
    if (pairs.a.shape[0] != 1) require(in_range(a, count, k), pairs.a_outside);
    if (pairs.b.shape[0] != 1) require(in_range(b, count, l), pairs.b_outside);
    if (cells <= kFewCells) {
      count_few(a, b, count, cells, l, table);
    } else if (cells <= kSplitCells) {
      count_split(a, b, count, cells, l, table);
    } else {
      for (Index i = 0; i < count; ++i) ++table[a[i] * l + b[i]];
    }
  }
}

double table_nmi(const Index* table, Index k, Index l) {
  const Margins margins(table, k, l);
  const Index n = margins.n;
  bool same = true;
  double information = 0.0;
  for_each_cell(table, k, l, margins, [&](Index count, Index row, Index column) {
    same = same && count == row && count == column;
    const double ratio =
        static_cast<double>(count * n) / static_cast<double>(row * column);
    information +=
        static_cast<double>(count) / static_cast<double>(n) * std::log(ratio);
  });
  // Also where both are one cluster, or have no rows: 0 / 0 below.
  if (same) return 1.0;
  const double mean =
      (entropy(margins.rows, k, n) + entropy(margins.columns, l, n)) / 2.0;
  return std::clamp(information / mean, 0.0, 1.0);
}

double table_ari(const Index* table, Index k, Index l) {
  const Margins margins(table, k, l);
  // Ordered pairs of different rows: together in both, in one only, in neither.
  const Index both = sum_of_squares(table, k * l);
  const Index only_a = sum_of_squares(margins.rows, k) - both;
  const Index only_b = sum_of_squares(margins.columns, l) - both;
  if (only_a == 0 && only_b == 0) return 1.0;
  const auto x = static_cast<double>(only_a), y = static_cast<double>(only_b);
  const auto together = static_cast<double>(both - margins.n);
  const auto apart =
      static_cast<double>(margins.n * margins.n - both - only_a - only_b);
  return 2.0 * (together * apart - x * y) /
         ((together + x) * (x + apart) + (together + y) * (y + apart));
}

double table_balance(const Index* table, Index k, Index l) {
  const Margins margins(table, k, l);
  double least = 1.0;
  for (Index i = 0; i < k; ++i) {
    if (margins.rows[i] == 0) continue;
    for (Index j = 0; j < l; ++j) {
      if (margins.columns[j] == 0) continue;
      // Equal shares are equal products, which the quotient shows exactly.
      const auto in_cluster = static_cast<double>(table[i * l + j] * margins.n);
      const auto overall = static_cast<double>(margins.rows[i] * margins.columns[j]);
      least = std::min(least,
                       std::min(in_cluster, overall) / std::max(in_cluster, overall));
    }
  }
  return least;
}

double table_group_entropy(const Index* table, Index k, Index l) {
  const Margins margins(table, k, l);
  double sum = 0.0;
  for_each_cell(table, k, l, margins, [&](Index count, Index row, Index) {
    const double share = static_cast<double>(count) / static_cast<double>(row);
    sum -= share * std::log(share);
  });
  const auto occurs = [](Index count) { return count > 0; };
  return sum / static_cast<double>(
                   std::count_if(margins.columns, margins.columns + l, occurs));
}

}  // namespace rfcore
