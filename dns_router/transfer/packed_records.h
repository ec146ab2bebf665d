// PackedRecords: many records in one piece of memory, each in its wire form with nothing
// compressed: owner, type, class, TTL, size and content.
//
// It is what a zone costs to hold twice: some 40 bytes a record and four to find it. Records can be
// sorted, by their bytes, which puts those of a set together and makes the difference of two zones
// one walk through both.
//
// Thread: one until it is const, then any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dns_router/wire/protocol.h"

namespace terrella::dns {

class PackedRecords {
 public:
  // `owner` in wire form; `rdata` of at most 65535 bytes.
  void Add(std::string_view owner, Type type, uint32_t ttl_s, std::string_view rdata);
  // A record as operator[] gives it.
  void AddPacked(std::string_view record);
  void Sort();

  size_t size() const { return starts_.size(); }
  bool empty() const { return starts_.empty(); }
  std::string_view operator[](size_t i) const {
    const size_t end = i + 1 < starts_.size() ? starts_[i + 1] : bytes_.size();
    return std::string_view(bytes_).substr(starts_[i], end - starts_[i]);
  }
  // Of all records.
  size_t bytes() const { return bytes_.size(); }
  bool operator==(const PackedRecords&) const = default;

 private:
  std::string bytes_;
  std::vector<uint32_t> starts_;
};

// What is in `after` and not in `before`; both are sorted.
PackedRecords Added(const PackedRecords& before, const PackedRecords& after);

}  // namespace terrella::dns
