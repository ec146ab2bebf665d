// AnswerSigned: answers a query that carries a TSIG record (RFC 8945 section 5): checks it, has the
// query answered as if it had none, and signs the answer with the same key.
//
// Secondaries sign not only transfers but also the questions for the SOA before them. What fails
// gets NOTAUTH and the record's own error.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dns_router/server/answer.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {

// `query`: as ParseQuery left it, with a TSIG record. As Answer otherwise.
size_t AnswerSigned(std::string_view message, const Query& query, const Snapshot* snapshot,
                    const AnswerContext& context, std::span<uint8_t> out);

}  // namespace terrella::dns
