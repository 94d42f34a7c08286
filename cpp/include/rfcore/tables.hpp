// Contingency tables of pairs of labelings, and the measures that are read off a table.
#pragma once

#include <vector>

#include "rfcore/core.hpp"

namespace rfcore {

// Pairs of labelings of the same rows, with k and l names. A side that holds one
// labeling stands with it in all pairs.
struct LabelPairs {
  Matrix<const Label> a, b;  // (1, n) or (n_pairs, n)
  Index k, l;
  Index n_pairs;
  const char* a_outside = "labels should be in [0, k)";
  const char* b_outside = "labels should be in [0, l)";

  Index n() const { return a.shape[1]; }
  const Label* a_row(Index q) const { return a.row(a.shape[0] == 1 ? 0 : q); }
  const Label* b_row(Index q) const { return b.row(b.shape[0] == 1 ? 0 : q); }
};

// One labeling with each of several others.
LabelPairs one_with_others(Vector<const Label> a,       // in (n,)
                           Matrix<const Label> others,  // in (b, n)
                           Index k, Index l);           // in

// Throws std::invalid_argument where k or l is no number of names.
void check_names(Index k, Index l);

// Checks what all pairs share: the numbers of names, and a labeling that stands alone.
void check_shared(const LabelPairs& pairs);

// The table of pair q, after check_shared.
// Throws: std::invalid_argument on a label out of range, the table then half counted.
void count_table(const LabelPairs& pairs, Index q, Index* table);  // out (k, l)

// Hands use(q, table) the table of each pair, in parallel.
template <class Use>
void for_each_table(const LabelPairs& pairs, Use&& use) {
  check_shared(pairs);
  const int n_threads = thread_count(pairs.n_pairs);
  std::vector<std::vector<Index>> tables(n_threads,
                                         std::vector<Index>(pairs.k * pairs.l));
  for_each_task(pairs.n_pairs, n_threads, [&](Index q, int thread) {
    Index* table = tables[thread].data();
    count_table(pairs, q, table);
    use(q, static_cast<const Index*>(table));
  });
}

// The measures of the kernels of the same name, of one table (k, l) of counts n_ij.
// Both devices call them here, compiled once, so that logarithms agree to the bit. The
// square of the number of rows should be below 2^63.
double table_nmi(const Index* table, Index k, Index l);
double table_ari(const Index* table, Index k, Index l);
double table_balance(const Index* table, Index k, Index l);
double table_group_entropy(const Index* table, Index k, Index l);

}  // namespace rfcore
