// The exact 0/1 knapsack, by dynamic programming over capacities.
#pragma once

#include "rfcore/bits.hpp"

namespace rfcore {

// The items of greatest total value whose weights fit.
//   table[i, c] = max(table[i - 1, c], table[i - 1, c - weights[i]] + values[i]),
//   rounded to T; items are taken last to first, item i where its candidate, summed in
//   double, is greater than table[i - 1, c]
// Ties, empty: an item that adds nothing is left out, so the earlier items win; so is
//   one that is heavier than the capacity. No items: 0.
// Requires: finite values, weights >= 0, capacity >= 0.
// Returns: table[n, capacity], the total value of the taken items in their order.
// Cost: n capacity; n (capacity + 1) bits and two rows of the table.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes, a weight or capacity below 0.
// Source: Bellman 1957; the tie rule is the one that published video summarizers share.
template <class T>
double knapsack(Vector<const double> values,  // in (n,)
                Vector<const Index> weights,  // in (n,)
                Index capacity,               // in
                T zero,                       // in, 0 of the table's type
                Vector<Bit> taken);           // out (n,)

}  // namespace rfcore
