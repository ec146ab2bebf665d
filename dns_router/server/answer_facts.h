// AnswerFacts: what an answer was about, for those that count answers.
//
// Thread: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dns_router/policy/ranking.h"
#include "dns_router/policy/steering_policy.h"

namespace terrella::dns {

struct AnswerFacts {
  enum class Cookie : uint8_t { kNone, kFirst, kGood, kBad };  // kFirst: without a server's part
  enum class Limit : uint8_t { kNone, kSlipped, kDropped, kShed };

  uint16_t type = 0;  // of the question; 0 when it was not readable
  uint8_t opcode = 0;
  uint16_t rcode = 0;  // with the upper bits of the OPT record
  bool truncated = false;
  bool has_subnet = false;  // the query told a client's block
  uint8_t scope_bits = 0;   // of the answer, when it did
  Cookie cookie = Cookie::kNone;
  Limit limit = Limit::kNone;
  uint8_t node_count = 0;
  std::array<NodeIndex, kAddressesMax> nodes;  // named in the answer
  uint32_t nodes_ttl_s = 0;                    // how long they may be held

  // As before an answer; the places of `nodes` stay as they are.
  void Clear() {
    type = rcode = 0;
    opcode = scope_bits = node_count = 0;
    truncated = has_subnet = false;
    cookie = Cookie::kNone;
    limit = Limit::kNone;
  }
  void Name(NodeIndex node) {
    if (node_count < nodes.size()) nodes[node_count++] = node;
  }
  std::span<const NodeIndex> named() const { return {nodes.data(), node_count}; }
};

}  // namespace terrella::dns
