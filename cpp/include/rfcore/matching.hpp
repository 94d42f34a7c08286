// The heaviest perfect matching of a small table.
#pragma once

#include <vector>

#include "rfcore/core.hpp"

namespace rfcore {

// max over matchings pi of sum_i table[i, pi(i)], the table filled up with zeros to a
// square. Shortest augmenting paths with potentials, O(max(k, l)^3).
// Source: Jonker and Volgenant 1987, doi:10.1007/BF02278710.
inline Index heaviest_matching(const Index* table, Index k, Index l) {
  const Index size = std::max(k, l);
  const auto cost = [&](Index i, Index j) {
    return i < k && j < l ? -table[i * l + j] : Index{0};
  };
  constexpr Index kFar = INT64_MAX / 2;
  // Row and column `size` stand for the free end of a path.
  std::vector<Index> row_potential(size + 1, 0), column_potential(size + 1, 0);
  std::vector<Index> row_of(size + 1, size), slack(size + 1), previous(size + 1);
  std::vector<char> visited(size + 1);
  for (Index i = 0; i < size; ++i) {
    row_of[size] = i;
    Index column = size;
    std::fill(slack.begin(), slack.end(), kFar);
    std::fill(visited.begin(), visited.end(), 0);
    while (row_of[column] != size) {
      visited[column] = 1;
      const Index row = row_of[column];
      Index step = kFar, next = size;
      for (Index j = 0; j < size; ++j) {
        if (visited[j]) continue;
        const Index reduced = cost(row, j) - row_potential[row] - column_potential[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j] < step) {
          step = slack[j];
          next = j;
        }
      }
      for (Index j = 0; j <= size; ++j) {
        if (visited[j]) {
          row_potential[row_of[j]] += step;
          column_potential[j] -= step;
        } else {
          slack[j] -= step;
        }
      }
      column = next;
    }
    for (; column != size; column = previous[column]) {
      row_of[column] = row_of[previous[column]];
    }
  }
  Index weight = 0;
  for (Index j = 0; j < size; ++j) weight -= cost(row_of[j], j);
  return weight;
}

}  // namespace rfcore
