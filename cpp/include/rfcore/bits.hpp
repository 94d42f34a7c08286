// Flags as bits, in the order of NumPy's packbits: flag i is bit 7 - i % 8 of byte i
// / 8.
#pragma once

#include <cstring>

#include "rfcore/core.hpp"

namespace rfcore {

// A flag as a byte, 0 or 1, or eight flags as the bits of one.
using Bit = std::uint8_t;
using Word = std::uint64_t;

constexpr Index kWordBits = 64;
constexpr Index kByteBits = 8;

constexpr Index packed_bytes(Index n_flags) {
  return (n_flags + kByteBits - 1) / kByteBits;
}
constexpr Index packed_words(Index n_flags) {
  return (n_flags + kWordBits - 1) / kWordBits;
}

// Packs n flags; bits beyond them are 0. Gives the bitwise or of all bytes read, which
// is at most 1 just where they are flags.
RFCORE_INLINE Bit pack_flags(const Bit* flags, Index n, Bit* bytes) {
  // Moves bit 0 of byte i to bit 63 - i, without carries.
  constexpr Word kGather = 0x8040201008040201u;
  Word seen = 0, eight = 0;
  const Index whole = n / kByteBits;
  for (Index i = 0; i < whole; ++i) {
    std::memcpy(&eight, flags + kByteBits * i, sizeof eight);
    seen |= eight;
    bytes[i] = static_cast<Bit>((eight * kGather) >> (kWordBits - kByteBits));
  }
  Bit last = 0, rest = 0;
  for (Index i = whole * kByteBits; i < n; ++i) {
    rest |= flags[i];
    last |= static_cast<Bit>((flags[i] & 1) << (kByteBits - 1 - i % kByteBits));
  }
  if (n % kByteBits != 0) bytes[whole] = last;
  for (Index shift = 0; shift < kWordBits; shift += kByteBits) {
    rest |= static_cast<Bit>(seen >> shift);
  }
  return rest;
}

}  // namespace rfcore
