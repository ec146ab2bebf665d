// ExplainAnswer: the TXT records of _explain.NAME: why this client is answered for NAME as it is.
//
//   $ dig +short TXT _explain.hello.edge.test @127.0.0.1
//   "0 client 127.0.0.1 in somewhere, by the resolver's address; cell 127.0.0.0/10; ttl 5 s"
//   "1 -> FRA 127.16.0.1 12.3 ms ready: nearest healthy"
//   "2 LHR 127.16.0.5 20.1 ms ready: 7.8 ms further"
//
// A line a record, numbered, since the records of a set have no order. Over UDP there are the
// nearest kUdpNodesMax nodes and those chosen, over TCP all. Only clients of AnswerContext's
// explain_to are told; for all others the name is like any other.
//
// Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns_router/policy/snapshot.h"
#include "dns_router/server/answer.h"
#include "dns_router/wire/query.h"
#include "dns_router/wire/response_writer.h"

namespace terrella::dns {

constexpr size_t kExplainUdpNodesMax = 8;

// The name that is asked about, when this question for TXT is one, of a client that may ask it.
std::optional<std::string_view> ExplainedName(const Query& query, const Snapshot& snapshot,
                                              const AnswerContext& context);

// The lines about `name`, as above. The scope of the answer goes into `scope_bits`.
std::vector<std::string> ExplainLines(const Query& query, std::string_view name,
                                      const Snapshot& snapshot, const AnswerContext& context,
                                      uint8_t* scope_bits);

// Writes them as the answer, signed when that is asked for. `writer` has begun one.
void WriteExplanation(const Query& query, std::span<const std::string> lines,
                      const AnswerContext& context, ResponseWriter& writer);

}  // namespace terrella::dns
