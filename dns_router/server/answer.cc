#include "dns_router/server/answer.h"

#include <algorithm>

#include "base/check.h"
#include "dns_router/server/explain_answer.h"
#include "dns_router/server/signed_answer.h"
#include "dns_router/server/zone_answer.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/wire/query.h"
#include "dns_router/wire/response_writer.h"

namespace terrella::dns {
namespace {

// The work on one message. Decisions first fill what the answer will say about itself (code, EDNS),
// then Start opens the message and the record sets follow.
class Answerer {
 public:
  Answerer(const Query& query, const Snapshot* snapshot, const AnswerContext& context,
           std::span<uint8_t> out)
      : query_(query),
        snapshot_(snapshot),
        context_(context),
        out_(out),
        writer_(out, SizeMax(query, context)) {
    if (query.cookie && context.cookies != nullptr) TakeCookie();
    limiter_ =
        context.transport == Transport::kUdp && !cookie_is_valid_ ? context.rate_limiter : nullptr;
    // Most answers are of this kind.
    if (limiter_ != nullptr) {
      place_ = limiter_->Find(context.client, AnswerKind::kPositive, query.name());
    }
  }

  size_t Refuse(Rcode rcode) {
    Start(rcode, /*authoritative=*/false);
    return writer_.Finish();
  }
  size_t Refuse(Rcode rcode, ExtendedError error, std::string_view text) {
    Explain(error, text);
    return Refuse(rcode);
  }

  size_t Run() {
    if (query_.question.empty()) {  // only the cookie was asked for (RFC 7873 section 5.4)
      const bool is_wrong = context_.cookies != nullptr && query_.cookie &&
                            !query_.cookie->server.empty() && !cookie_is_valid_;
      return Refuse(is_wrong ? Rcode::kBadCookie : Rcode::kNoError);
    }
    const auto klass = static_cast<Class>(query_.klass);
    if (klass == Class::kChaos) return AnswerChaos();
    if (klass != Class::kIn) {
      return Refuse(Rcode::kRefused, ExtendedError::kNotAuthoritative, "only class IN is served");
    }
    switch (static_cast<Type>(query_.type)) {
      case Type::kOpt:
      case Type::kTkey:
      case Type::kTsig:
        return Refuse(Rcode::kFormErr);  // records of the protocol, not of a zone
      case Type::kNxname:                // RFC 9824 section 3.5
        return Refuse(Rcode::kFormErr, ExtendedError::kInvalidQueryType, "NXNAME is no question");
      case Type::kMailb:
      case Type::kMaila:
        return Refuse(Rcode::kNotImp);
      case Type::kIxfr:
      case Type::kAxfr:
        return Refuse(Rcode::kRefused, ExtendedError::kProhibited,
                      context_.transfers == nullptr ? "zone transfers are not offered"
                                                    : "no zone transfer for this client");
      default:
        return AnswerFromZone();
    }
  }

  // Whether this client gets nothing now for having proved nothing.
  bool Sheds() const {
    return context_.only_proven && !cookie_is_valid_ && context_.tsig_key == nullptr;
  }

  // What is sent in place of an answer of `size` bytes once the client's rate is considered.
  size_t Limit(size_t size) {
    if (limiter_ == nullptr) return size;
    if (kind_ != AnswerKind::kPositive) place_ = limiter_->Find(context_.client, kind_, {});
    switch (limiter_->Take(place_, context_.now_us)) {
      case RateLimiter::Verdict::kSend:
        return size;
      case RateLimiter::Verdict::kDrop:
        limit_ = AnswerFacts::Limit::kDropped;
        return 0;
      case RateLimiter::Verdict::kSlip:
        break;
    }
    limit_ = AnswerFacts::Limit::kSlipped;
    writer_ = ResponseWriter(out_, SizeMax(query_, context_));
    edns_.error_present = false;
    const bool knows_cookies = edns_.client_cookie != nullptr;
    Start(knows_cookies ? Rcode::kBadCookie : Rcode::kNoError, /*authoritative=*/false);
    if (!knows_cookies) writer_.Truncate();
    return writer_.Finish();
  }

  // The nodes named are in `facts` already.
  void Tell(AnswerFacts& facts) const {
    if (!query_.question.empty()) facts.type = query_.type;
    facts.opcode = query_.opcode;
    facts.rcode =
        static_cast<uint16_t>((out_[3] & 15u) | (static_cast<unsigned>(edns_.rcode) & ~15u));
    facts.truncated = writer_.truncated();
    facts.has_subnet = query_.subnet && query_.subnet->source_bits > 0;
    facts.scope_bits = edns_.scope_bits;
    facts.limit = limit_;
    if (limit_ != AnswerFacts::Limit::kNone) facts.node_count = 0;
    if (query_.cookie && context_.cookies != nullptr) {
      using enum AnswerFacts::Cookie;
      facts.cookie = cookie_is_valid_ ? kGood : query_.cookie->server.empty() ? kFirst : kBad;
    }
  }

 private:
  // Cookies are renewed half-way through their life, so that a client's next one is never late.
  void TakeCookie() {
    const QueryCookie& cookie = *query_.cookie;
    const auto made_s = context_.cookies->Verify(cookie, context_.client, context_.now_s);
    cookie_is_valid_ = made_s.has_value();
    edns_.client_cookie = &cookie.client;
    const auto age_s = static_cast<int32_t>(context_.now_s - made_s.value_or(0));
    if (made_s && age_s >= 0 && age_s < static_cast<int32_t>(CookieSecrets::kRenewalS)) {
      std::copy(cookie.server.begin(), cookie.server.end(), edns_.server_cookie.begin());
    } else {
      edns_.server_cookie = context_.cookies->Make(cookie.client, context_.client, context_.now_s);
    }
  }

  static size_t SizeMax(const Query& query, const AnswerContext& context) {
    if (context.transport != Transport::kUdp) return kTcpMessageBytesMax;
    if (!query.has_edns) return kUdpBytesWithoutEdns;
    return std::clamp<size_t>(query.udp_payload_bytes, kUdpBytesWithoutEdns, kUdpBytesMax);
  }

  void Explain(ExtendedError error, std::string_view text) {
    edns_.error_present = true;
    edns_.error = error;
    edns_.error_text = text;
  }

  void Start(Rcode rcode, bool authoritative) {
    if (!authoritative) kind_ = AnswerKind::kError;
    writer_.Begin(query_, rcode, authoritative);
    if (!query_.has_edns) return;
    edns_.rcode = rcode;
    edns_.dnssec_ok = query_.dnssec_ok;  // copied (RFC 3225 section 3)
    edns_.nsid_present = query_.wants_nsid;
    edns_.nsid = context_.identity->instance;
    edns_.subnet = query_.subnet ? &*query_.subnet : nullptr;
    edns_.padded = query_.has_padding && IsEncrypted(context_.transport);
    if (query_.wants_keepalive && context_.transport != Transport::kUdp) {
      edns_.keepalive_100ms = context_.keepalive_100ms;
    }
    CHECK(writer_.ReserveEdns(edns_));
  }

  size_t AnswerChaos() {
    const std::string_view name = query_.name();
    static constexpr std::string_view kIdServer("\2id\6server\0", 11);
    static constexpr std::string_view kHostnameBind("\10hostname\4bind\0", 15);
    static constexpr std::string_view kVersionBind("\7version\4bind\0", 14);
    static constexpr std::string_view kVersionServer("\7version\6server\0", 16);
    const std::string* text = nullptr;
    if (name == kIdServer || name == kHostnameBind) text = &context_.identity->instance;
    if (name == kVersionBind || name == kVersionServer) text = &context_.identity->version;
    if (text == nullptr) {
      return Refuse(Rcode::kRefused, ExtendedError::kNotAuthoritative, "no such CHAOS name");
    }
    Start(Rcode::kNoError, /*authoritative=*/true);
    if (query_.type == static_cast<uint16_t>(Type::kTxt) ||
        query_.type == static_cast<uint16_t>(Type::kAny)) {
      writer_.BeginSet();
      writer_.BeginRecord({Section::kAnswer, kQuestionNameOffset, Type::kTxt, Class::kChaos, 0});
      const char length = static_cast<char>(text->size());
      writer_.PutBytes({&length, 1});
      writer_.PutBytes(*text);
      writer_.EndRecord();
      writer_.EndSet();
    }
    return writer_.Finish();
  }

  size_t AnswerFromZone() {
    if (snapshot_ == nullptr) {
      return Refuse(Rcode::kServFail, ExtendedError::kNotReady, "no view of the network yet");
    }
    if (query_.type == static_cast<uint16_t>(Type::kTxt)) {
      if (const auto name = ExplainedName(query_, *snapshot_, context_)) return AnswerWhy(*name);
    }
    const Zone::Match match = snapshot_->zone().Find(query_.name());
    if (match.place == Zone::Place::kOutside) {
      return Refuse(Rcode::kRefused, ExtendedError::kNotAuthoritative, "not a name of this zone");
    }
    Start(Rcode::kNoError, /*authoritative=*/true);
    kind_ = ZoneAnswer(query_, *snapshot_, context_, writer_, edns_).Run(match);
    return writer_.Finish();
  }

  size_t AnswerWhy(std::string_view name) {
    const auto lines = ExplainLines(query_, name, *snapshot_, context_, &edns_.scope_bits);
    Start(Rcode::kNoError, /*authoritative=*/true);
    WriteExplanation(query_, lines, context_, writer_);
    return writer_.Finish();
  }

  const Query& query_;
  const Snapshot* snapshot_;
  const AnswerContext& context_;
  const std::span<uint8_t> out_;
  ResponseWriter writer_;
  EdnsAnswer edns_;
  AnswerKind kind_ = AnswerKind::kPositive;
  bool cookie_is_valid_ = false;
  RateLimiter* limiter_ = nullptr;  // null: this client is not limited
  RateLimiter::Place place_;
  AnswerFacts::Limit limit_ = AnswerFacts::Limit::kNone;
};

// An IXFR over UDP that may be answered: with the SOA, which tells the client to come over TCP, or
// that it has what there is (RFC 1995 section 2).
bool IsDatagramTransfer(const Query& query, const Snapshot* snapshot,
                        const AnswerContext& context) {
  return query.type == static_cast<uint16_t>(Type::kIxfr) && context.transfers != nullptr &&
         context.transport == Transport::kUdp && snapshot != nullptr &&
         query.name() == snapshot->zone().apex().wire() &&
         context.transfers->Allows(context.client, context.tsig_key);
}

}  // namespace

size_t Answer(std::string_view message, const Snapshot* snapshot, const AnswerContext& context,
              std::span<uint8_t> out) {
  DCHECK(context.identity->instance.size() <= kInstanceBytesMax);
  if (context.facts != nullptr) context.facts->Clear();
  Query query;
  const ParseResult parsed = ParseQuery(message, query);
  if (parsed == ParseResult::kDrop) return 0;
  if (query.tsig_at != 0 && parsed != ParseResult::kFormErr) {
    return AnswerSigned(message, query, snapshot, context, out);
  }
  if (IsDatagramTransfer(query, snapshot, context)) query.type = static_cast<uint16_t>(Type::kSoa);
  if (parsed == ParseResult::kFormErr) {  // what was malformed may have been one of these
    query.subnet.reset();
    query.cookie.reset();
  }
  Answerer answerer(query, snapshot, context, out);
  if (answerer.Sheds()) {
    if (context.facts != nullptr) context.facts->limit = AnswerFacts::Limit::kShed;
    return 0;
  }
  size_t size;
  switch (parsed) {
    case ParseResult::kFormErr:
      size = answerer.Refuse(Rcode::kFormErr);
      break;
    case ParseResult::kNotImp:
      size = answerer.Refuse(Rcode::kNotImp);
      break;
    case ParseResult::kBadVers:
      size = answerer.Refuse(Rcode::kBadVers);
      break;
    default:
      size = answerer.Run();
  }
  size = answerer.Limit(size);
  if (context.facts != nullptr) answerer.Tell(*context.facts);
  return size;
}

}  // namespace terrella::dns
