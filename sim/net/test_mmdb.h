// A MaxMind DB written for tests: blocks with places, in a tree of 24, 28 or 32 bits a record.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace terrella::net {

struct TestBlock {
  const char* prefix;  // "102.89.0.0/16"; blocks do not overlap
  const char* country;
  double latitude_deg, longitude_deg;
};

class TestMmdb {
 public:
  TestMmdb(int ip_version, int record_bits) : ip_version_(ip_version), record_bits_(record_bits) {}

  std::string Build(const std::vector<TestBlock>& blocks) {
    nodes_ = {{kNothing, kNothing}};
    for (const TestBlock& block : blocks) Insert(block);
    const uint32_t count = static_cast<uint32_t>(nodes_.size());
    std::string out;
    for (const auto& node : nodes_) PutNode(out, Final(node[0], count), Final(node[1], count));
    out += std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com";
    out += Head(7, 5) + Text("binary_format_major_version") + Number(2) + Text("ip_version") +
           Number(static_cast<uint32_t>(ip_version_)) + Text("node_count") + Number(count) +
           Text("record_size") + Number(static_cast<uint32_t>(record_bits_)) + Text("build_epoch") +
           Number(1'700'000'000);
    return out;
  }

 private:
  // Above any node: a record at kData + its offset, or nothing.
  static constexpr uint64_t kNothing = uint64_t{1} << 40, kData = uint64_t{1} << 41;

  void Insert(const TestBlock& block) {
    const IpPrefix prefix = *IpPrefix::Parse(block.prefix);
    size_t node = 0;
    for (int bit = 0;; ++bit) {
      const auto byte = prefix.address.bytes()[static_cast<size_t>(bit / 8)];
      const size_t side = byte >> (7 - bit % 8) & 1;
      if (bit + 1 == prefix.length_bits) {
        nodes_[node][side] = kData + Record(block);
        return;
      }
      if (nodes_[node][side] == kNothing) {
        nodes_[node][side] = nodes_.size();
        nodes_.push_back({kNothing, kNothing});
      }
      node = nodes_[node][side];
    }
  }
  // A record with a member nobody asks for; names after the first time by pointer, as writers do.
  uint64_t Record(const TestBlock& block) {
    std::string record = Head(7, 4);
    const uint64_t at = data_.size();
    data_ += record;
    PutName("country_code");
    data_ += Text(block.country);
    PutName("names");
    data_ += Head(7, 1) + Text("en") + Head(0, 1, 4) + Text("x");  // a map with an array of one
    PutName("latitude");
    data_ += Real(block.latitude_deg);
    PutName("longitude");
    data_ += Float(static_cast<float>(block.longitude_deg));
    return at;
  }
  void PutName(const char* name) {
    const auto [it, fresh] = names_.try_emplace(name, data_.size());
    if (fresh) {
      data_ += Text(name);
    } else {
      data_ += static_cast<char>(0x20 | it->second >> 8);  // all within 2 KiB
      data_ += static_cast<char>(it->second);
    }
  }
  static std::string Head(int type, size_t size, int extended = 0) {
    std::string out(1, static_cast<char>(type << 5 | static_cast<int>(size)));
    if (type == 0) out += static_cast<char>(extended);
    return out;
  }
  static std::string Text(std::string_view text) { return Head(2, text.size()) += text; }
  static std::string Big(uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
  }
  static std::string Number(uint32_t value) { return Head(6, 4) + Big(value, 4); }
  static std::string Real(double value) {
    return Head(3, 8) + Big(std::bit_cast<uint64_t>(value), 8);
  }
  static std::string Float(float value) {
    return Head(0, 4, 8) + Big(std::bit_cast<uint32_t>(value), 4);
  }
  static uint64_t Final(uint64_t child, uint32_t count) {
    if (child == kNothing) return count;
    return child >= kData ? count + 16 + (child - kData) : child;
  }
  void PutNode(std::string& out, uint64_t left, uint64_t right) const {
    if (record_bits_ == 28) {
      out += Big(left & 0xffffff, 3) + Big((left >> 24) << 4 | right >> 24, 1) +
             Big(right & 0xffffff, 3);
    } else {
      out += Big(left, record_bits_ / 8) + Big(right, record_bits_ / 8);
    }
  }

  int ip_version_, record_bits_;
  std::vector<std::array<uint64_t, 2>> nodes_;
  std::string data_;
  std::map<std::string, size_t> names_;
};

}  // namespace terrella::net
