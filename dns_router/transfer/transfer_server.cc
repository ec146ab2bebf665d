#include "dns_router/transfer/transfer_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/status.h"

namespace terrella::dns {
namespace {

uint32_t LongAt(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

bool IsTransferType(uint16_t type) {
  return type == static_cast<uint16_t>(Type::kAxfr) || type == static_cast<uint16_t>(Type::kIxfr);
}

// The serial of the SOA in the authority section of an IXFR (RFC 1995 section 3).
std::optional<uint32_t> SerialIn(std::string_view message, const Query& query) {
  size_t at = kHeaderBytes + query.question.size();
  std::array<char, kNameBytesMax> name;
  if (message[8] != 0 || message[9] != 1 || !ReadName(message, at, /*compressed=*/true, name)) {
    return std::nullopt;
  }
  const auto word = [&](size_t i) {
    return static_cast<unsigned>(static_cast<uint8_t>(message[i]) << 8 |
                                 static_cast<uint8_t>(message[i + 1]));
  };
  // ParseQuery has seen that records are whole.
  const size_t end = at + 10 + word(at + 8);
  if (word(at) != static_cast<uint16_t>(Type::kSoa)) return std::nullopt;
  at += 10;
  const std::string_view whole = message.substr(0, end);
  if (!ReadName(whole, at, /*compressed=*/true, name) ||
      !ReadName(whole, at, /*compressed=*/true, name) || end - at != 20) {
    return std::nullopt;
  }
  return LongAt(message, at);
}

}  // namespace

bool TransferAccess::Allows(const IpAddress& client, const TsigKey* key) const {
  if (needs_key && key == nullptr) return false;
  if (prefixes.empty()) return needs_key;
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.Contains(client); });
}

absl::StatusOr<std::vector<IpPrefix>> ParsePrefixes(std::string_view text) {
  std::vector<IpPrefix> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    ASSIGN_OR_RETURN(out.emplace_back(), IpPrefix::Parse(text.substr(0, comma)));
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  return out;
}

bool TransferServer::IsTransferQuestion(std::string_view message) {
  size_t at = kHeaderBytes;
  while (at < message.size() && message[at] != 0) at += 1 + static_cast<uint8_t>(message[at]);
  if (message.size() < at + 3) return false;
  return IsTransferType(static_cast<uint16_t>(static_cast<uint8_t>(message[at + 1]) << 8 |
                                              static_cast<uint8_t>(message[at + 2])));
}

std::unique_ptr<OutgoingTransfer> TransferServer::Begin(std::string_view message,
                                                        const IpAddress& client,
                                                        const TsigKeys* keys, uint64_t now_s) {
  Query query;
  if (ParseQuery(message, query) != ParseResult::kOk || !IsTransferType(query.type) ||
      query.klass != static_cast<uint16_t>(Class::kIn)) {
    return nullptr;
  }
  OutgoingTransfer::Request request{.client = client,
                                    .id = query.id,
                                    .recursion_desired = query.recursion_desired,
                                    .question = std::string(query.question),
                                    .has_edns = query.has_edns,
                                    .dnssec_ok = query.dnssec_ok,
                                    .serial = {},
                                    .tsig = {}};
  if (query.tsig_at != 0) {
    const auto record = ParseTsig(message, query.tsig_at);
    if (!record) return nullptr;
    request.tsig = TsigSession::ForRequest(keys, message, query.tsig_at, *record, now_s);
    if (request.tsig->key() == nullptr) return nullptr;
  }
  if (!access_.Allows(client, request.tsig ? request.tsig->key() : nullptr)) return nullptr;
  const auto fail = [&](Rcode rcode) {
    return std::make_unique<OutgoingTransfer>(std::move(request), rcode);
  };
  std::shared_ptr<const ZoneTransferState> state = history_.state();
  if (state == nullptr || !counters_.running.HasRoomFor(client)) {
    return fail(Rcode::kServFail);
  }
  if (query.name() != state->version->apex().wire()) return fail(Rcode::kNotAuth);
  if (query.type == static_cast<uint16_t>(Type::kIxfr)) {
    request.serial = SerialIn(message, query);
    if (!request.serial) return fail(Rcode::kFormErr);
  }
  return std::make_unique<OutgoingTransfer>(std::move(request), std::move(state), counters_);
}

}  // namespace terrella::dns
