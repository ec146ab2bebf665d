// HeavyHitters: which keys of a stream come most often, in fixed memory: Space-Saving (Metwally,
// Agrawal, El Abbadi 2005).
//
// There are kPlaces counters. A key without one takes over the smallest, with its count as the
// error: a key's true weight is between count - error and count, and every key of more than a
// kPlaces-th of the whole is there, whatever else floods in. A search compares hashes in a row,
// which for so few is faster than any tree.
//
// Thread: one. Owns: copies of the keys; assigning to them keeps their memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace terrella::dns {

template <class Key>
class HeavyHitters {
 public:
  static constexpr size_t kPlaces = 128;

  // `hash`: of the key, the same for equal ones. `key`: what a Key can be compared with and
  // assigned from.
  template <class Text>
  void Add(uint64_t hash, const Text& key, uint64_t weight) {
    size_t place = 0;
    while (place < used_ && (hashes_[place] != hash || keys_[place] != key)) ++place;
    if (place < used_) {
      counts_[place] += weight;
      return;
    }
    if (used_ < kPlaces) {
      place = used_++;
      counts_[place] = 0;
    } else {
      place =
          static_cast<size_t>(std::min_element(counts_.begin(), counts_.end()) - counts_.begin());
    }
    errors_[place] = counts_[place];
    counts_[place] += weight;
    hashes_[place] = hash;
    keys_[place] = key;
  }
  void Clear() { used_ = 0; }
  // `take(key, count, error)` of each, in no order.
  template <class Take>
  void ForEach(Take take) const {
    for (size_t i = 0; i < used_; ++i) take(keys_[i], counts_[i], errors_[i]);
  }

 private:
  size_t used_ = 0;
  std::array<uint64_t, kPlaces> hashes_, counts_, errors_;
  std::array<Key, kPlaces> keys_;
};

}  // namespace terrella::dns
