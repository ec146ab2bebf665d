#include "dns_router/transfer/packed_records.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace terrella::dns {

void PackedRecords::Add(std::string_view owner, Type type, uint32_t ttl_s, std::string_view rdata) {
  CHECK(rdata.size() <= 0xffff);
  const auto put_word = [this](uint32_t word) {
    bytes_.push_back(static_cast<char>(word >> 8));
    bytes_.push_back(static_cast<char>(word));
  };
  CHECK(bytes_.size() <= UINT32_MAX);
  starts_.push_back(static_cast<uint32_t>(bytes_.size()));
  bytes_ += owner;
  put_word(static_cast<uint16_t>(type));
  put_word(static_cast<uint16_t>(Class::kIn));
  put_word(ttl_s >> 16);
  put_word(ttl_s);
  put_word(static_cast<uint32_t>(rdata.size()));
  bytes_ += rdata;
}

void PackedRecords::AddPacked(std::string_view record) {
  CHECK(bytes_.size() <= UINT32_MAX);
  starts_.push_back(static_cast<uint32_t>(bytes_.size()));
  bytes_ += record;
}

void PackedRecords::Sort() {
  std::vector<std::string_view> sorted;
  sorted.reserve(size());
  for (size_t i = 0; i < size(); ++i) sorted.push_back((*this)[i]);
  std::sort(sorted.begin(), sorted.end());
  PackedRecords out;
  out.bytes_.reserve(bytes_.size());
  out.starts_.reserve(starts_.size());
  for (const std::string_view record : sorted) out.AddPacked(record);
  *this = std::move(out);
}

PackedRecords Added(const PackedRecords& before, const PackedRecords& after) {
  PackedRecords out;
  size_t i = 0;
  for (size_t j = 0; j < after.size(); ++j) {
    while (i < before.size() && before[i] < after[j]) ++i;
    if (i < before.size() && before[i] == after[j]) {
      ++i;
    } else {
      out.AddPacked(after[j]);
    }
  }
  return out;
}

}  // namespace terrella::dns
