#include "dns_router/server/signed_answer.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "dns_router/wire/response_writer.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {
namespace {

constexpr size_t kEdnsBytesMax = 200;  // what the OPT record of an answer may take

// The question alone, with an OPT record where the query has one (RFC 6891 section 6.1.1).
std::string Short(const Query& query, Rcode rcode, bool truncated) {
  EdnsAnswer edns;
  edns.rcode = rcode;
  edns.dnssec_ok = query.dnssec_ok;
  const size_t size = kHeaderBytes + query.question.size() + (query.has_edns ? EdnsBytes(edns) : 0);
  std::string out(size, '\0');
  ResponseWriter writer({reinterpret_cast<uint8_t*>(out.data()), out.size()}, out.size());
  writer.Begin(query, rcode, /*authoritative=*/false);
  if (query.has_edns) CHECK(writer.ReserveEdns(edns));
  if (truncated) writer.Truncate();
  writer.Finish();
  return out;
}

size_t LimitOf(const Query& query, const AnswerContext& context) {
  if (context.transport != Transport::kUdp) return kTcpMessageBytesMax;
  if (!query.has_edns) return kUdpBytesWithoutEdns;
  return std::clamp<size_t>(query.udp_payload_bytes, kUdpBytesWithoutEdns, kUdpBytesMax);
}

}  // namespace

size_t AnswerSigned(std::string_view message, const Query& query, const Snapshot* snapshot,
                    const AnswerContext& context, std::span<uint8_t> out) {
  const auto send = [&](const std::string& answer) -> size_t {
    if (answer.size() > out.size()) return 0;  // only for names that are absurd
    std::copy(answer.begin(), answer.end(), out.begin());
    return answer.size();
  };
  const auto tell = [&](Rcode rcode, bool truncated) {
    if (context.facts == nullptr) return;
    context.facts->type = query.type;
    context.facts->rcode = static_cast<uint16_t>(rcode);
    context.facts->truncated = truncated;
  };
  const auto refuse = [&](Rcode rcode, TsigSession* session) -> size_t {
    if (context.transport == Transport::kUdp && context.rate_limiter != nullptr &&
        context.rate_limiter->Take(context.client, AnswerKind::kError, {}, context.now_us) !=
            RateLimiter::Verdict::kSend) {
      if (context.facts != nullptr) context.facts->limit = AnswerFacts::Limit::kDropped;
      return 0;
    }
    std::string refusal = Short(query, rcode, false);
    if (session != nullptr) session->Sign(refusal, context.now_s);
    // What comes from a forged address must not grow on its way: the record goes before the limit.
    const bool truncated = refusal.size() > LimitOf(query, context);
    if (truncated) refusal = Short(query, rcode, true);
    tell(rcode, truncated);
    return send(refusal);
  };
  const auto record = ParseTsig(message, query.tsig_at);
  if (!record) return refuse(Rcode::kFormErr, nullptr);
  TsigSession session =
      TsigSession::ForRequest(context.tsig_keys, message, query.tsig_at, *record, context.now_s);
  if (session.is_malformed()) return refuse(Rcode::kFormErr, nullptr);
  if (session.key() == nullptr) return refuse(Rcode::kNotAuth, &session);
  const size_t limit = std::min(LimitOf(query, context), out.size());
  std::string answer;
  const size_t least = kHeaderBytes + query.question.size() + (query.has_edns ? kEdnsBytesMax : 0);
  if (limit < least + session.record_bytes()) {
    // The record goes before the answer (section 5.3).
    answer = Short(query, Rcode::kNoError, /*truncated=*/true);
    tell(Rcode::kNoError, true);
  } else {
    AnswerContext signed_context = context;
    signed_context.tsig_key = session.key();
    signed_context.rate_limiter = nullptr;  // who has a key is nobody's victim
    const size_t size = Answer(WithoutTsig(message, query.tsig_at), snapshot, signed_context,
                               out.first(limit - session.record_bytes()));
    if (size == 0) return 0;
    answer.assign(reinterpret_cast<const char*>(out.data()), size);
  }
  session.Sign(answer, context.now_s);
  return send(answer);
}

}  // namespace terrella::dns
