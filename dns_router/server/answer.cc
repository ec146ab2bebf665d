#include "dns_router/server/answer.h"

#include <algorithm>

#include "base/check.h"
#include "dns_router/wire/name.h"
#include "dns_router/wire/query.h"
#include "dns_router/wire/response_writer.h"

namespace terrella::dns {
namespace {

constexpr std::string_view kNs1Labels("\3ns1", 4);
constexpr std::string_view kHostmasterLabels("\12hostmaster", 11);
constexpr uint32_t kSoaRefreshS = 3600, kSoaRetryS = 600, kSoaExpireS = 86400;

// The work on one message. Decisions first fill what the answer will say about itself (code, EDNS),
// then Start opens the message and the record sets follow.
class Answerer {
 public:
  Answerer(const Query& query, const Snapshot* snapshot, const AnswerContext& context,
           std::span<uint8_t> out)
      : query_(query),
        snapshot_(snapshot),
        context_(context),
        writer_(out, SizeMax(query, context)) {}

  size_t Refuse(Rcode rcode) {
    Start(rcode, /*authoritative=*/false);
    return writer_.Finish();
  }
  size_t Refuse(Rcode rcode, ExtendedError error, std::string_view text) {
    Explain(error, text);
    return Refuse(rcode);
  }

  size_t Run() {
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
      case Type::kMailb:
      case Type::kMaila:
        return Refuse(Rcode::kNotImp);
      case Type::kIxfr:
      case Type::kAxfr:
        return Refuse(Rcode::kRefused, ExtendedError::kProhibited,
                      "zone transfers are not offered");
      default:
        return AnswerFromZone();
    }
  }

 private:
  static size_t SizeMax(const Query& query, const AnswerContext& context) {
    if (context.transport == Transport::kTcp) return kTcpMessageBytesMax;
    if (!query.has_edns) return kUdpBytesWithoutEdns;
    return std::clamp<size_t>(query.udp_payload_bytes, kUdpBytesWithoutEdns, kUdpBytesMax);
  }

  void Explain(ExtendedError error, std::string_view text) {
    edns_.error_present = true;
    edns_.error = error;
    edns_.error_text = text;
  }

  void Start(Rcode rcode, bool authoritative) {
    writer_.Begin(query_, rcode, authoritative);
    if (!query_.has_edns) return;
    edns_.rcode = rcode;
    edns_.dnssec_ok = query_.dnssec_ok;  // copied (RFC 3225 section 3)
    edns_.nsid_present = query_.wants_nsid;
    edns_.nsid = context_.identity->instance;
    edns_.subnet = query_.subnet ? &*query_.subnet : nullptr;
    if (query_.wants_keepalive && context_.transport == Transport::kTcp) {
      edns_.keepalive_100ms = context_.keepalive_100ms;
    }
    writer_.ReserveEdns(edns_);
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
    const Zone::Match match = snapshot_->zone().Find(query_.name());
    if (match.place == Zone::Place::kOutside) {
      return Refuse(Rcode::kRefused, ExtendedError::kNotAuthoritative, "not a name of this zone");
    }
    // The apex ends the question's name, so it can be pointed at.
    apex_offset_ = static_cast<uint16_t>(kQuestionNameOffset + query_.name_size -
                                         snapshot_->zone().apex().wire().size());
    if (match.place == Zone::Place::kNxDomain) {
      Start(Rcode::kNxDomain, /*authoritative=*/true);
      return FinishNegative();
    }
    return AnswerExisting(match.data);
  }

  size_t AnswerExisting(const Zone::Data& data) {
    const auto type = static_cast<Type>(query_.type);
    const bool ns_is_v4 = snapshot_->zone().options().name_server.is_v4();
    if (type == Type::kA && data.steered) return AnswerSteered();
    Start(Rcode::kNoError, /*authoritative=*/true);
    if (type == Type::kAny && !data.empty()) {
      WriteHinfo();
    } else if (type == Type::kSoa && data.apex) {
      WriteSoa(Section::kAnswer, snapshot_->zone().options().fixed_ttl_s);
    } else if (type == Type::kNs && data.apex) {
      WriteNs();
    } else if (data.name_server && type == (ns_is_v4 ? Type::kA : Type::kAaaa)) {
      WriteNameServerAddress(Section::kAnswer, kQuestionNameOffset);
    } else {
      return FinishNegative();
    }
    return writer_.Finish();
  }

  // By the client's prefix when the resolver told one, else by the resolver's own address. The
  // scope says for which clients the resolver may use the answer again (RFC 7871 sections 7.2.1
  // and 7.4).
  size_t AnswerSteered() {
    const bool by_subnet = query_.subnet && query_.subnet->source_bits > 0;
    const LocationMatch match =
        snapshot_->geography().Locate(by_subnet ? query_.subnet->Address() : context_.client);
    const auto chosen = snapshot_->steering().ChosenAt(match.location);
    if (chosen.empty()) {
      Explain(ExtendedError::kNetworkError, "no edge node is serving");
      Start(Rcode::kNoError, /*authoritative=*/true);
      return FinishNegative();
    }
    if (by_subnet) edns_.scope_bits = static_cast<uint8_t>(match.prefix_bits);
    Start(Rcode::kNoError, /*authoritative=*/true);
    writer_.BeginSet();
    for (NodeIndex index : chosen) {
      WriteAddress({Section::kAnswer, kQuestionNameOffset, Type::kA, Class::kIn,
                    snapshot_->zone().options().steered_ttl_s},
                   snapshot_->node(index).address);
    }
    writer_.EndSet();
    return writer_.Finish();
  }

  void WriteAddress(const RecordHeader& header, const IpAddress& address) {
    const char* bytes = reinterpret_cast<const char*>(address.bytes().data());
    writer_.Record(header, {bytes, address.is_v4() ? 4u : 16u});
  }

  void WriteNameServerAddress(Section section, uint16_t owner_offset) {
    const ZoneOptions& options = snapshot_->zone().options();
    writer_.BeginSet();
    WriteAddress({section, owner_offset, options.name_server.is_v4() ? Type::kA : Type::kAaaa,
                  Class::kIn, options.fixed_ttl_s},
                 options.name_server);
    writer_.EndSet();
  }

  // The NS set with the name server's address beside it.
  void WriteNs() {
    writer_.BeginSet();
    writer_.BeginRecord({Section::kAnswer, apex_offset_, Type::kNs, Class::kIn,
                         snapshot_->zone().options().fixed_ttl_s});
    const size_t name_offset = writer_.size();
    writer_.PutName(kNs1Labels, apex_offset_);
    writer_.EndRecord();
    if (writer_.EndSet()) {
      WriteNameServerAddress(Section::kAdditional, static_cast<uint16_t>(name_offset));
    }
  }

  void WriteHinfo() {
    static constexpr std::string_view kRdata("\7RFC8482\0", 9);  // CPU "RFC8482", OS ""
    writer_.BeginSet();
    writer_.Record({Section::kAnswer, kQuestionNameOffset, Type::kHinfo, Class::kIn,
                    snapshot_->zone().options().fixed_ttl_s},
                   kRdata);
    writer_.EndSet();
  }

  void WriteSoa(Section section, uint32_t ttl_s) {
    const Zone& zone = snapshot_->zone();
    writer_.BeginSet();
    writer_.BeginRecord({section, apex_offset_, Type::kSoa, Class::kIn, ttl_s});
    writer_.PutName(kNs1Labels, apex_offset_);
    writer_.PutName(kHostmasterLabels, apex_offset_);
    writer_.PutLong(zone.serial());
    writer_.PutLong(kSoaRefreshS);
    writer_.PutLong(kSoaRetryS);
    writer_.PutLong(kSoaExpireS);
    writer_.PutLong(zone.options().negative_ttl_s);
    writer_.EndRecord();
    writer_.EndSet();
  }

  // NXDOMAIN or NODATA, cacheable for min(SOA TTL, SOA minimum) (RFC 2308 section 3).
  size_t FinishNegative() {
    const ZoneOptions& options = snapshot_->zone().options();
    WriteSoa(Section::kAuthority, std::min(options.fixed_ttl_s, options.negative_ttl_s));
    return writer_.Finish();
  }

  const Query& query_;
  const Snapshot* snapshot_;
  const AnswerContext& context_;
  ResponseWriter writer_;
  EdnsAnswer edns_;
  uint16_t apex_offset_ = kQuestionNameOffset;
};

}  // namespace

size_t Answer(std::string_view message, const Snapshot* snapshot, const AnswerContext& context,
              std::span<uint8_t> out) {
  DCHECK(context.identity->instance.size() <= kInstanceBytesMax);
  Query query;
  const ParseResult parsed = ParseQuery(message, query);
  if (parsed == ParseResult::kDrop) return 0;
  Answerer answerer(query, snapshot, context, out);
  switch (parsed) {
    case ParseResult::kFormErr:
      query.subnet.reset();  // what was malformed may have been this
      return answerer.Refuse(Rcode::kFormErr);
    case ParseResult::kNotImp:
      return answerer.Refuse(Rcode::kNotImp);
    case ParseResult::kBadVers:
      return answerer.Refuse(Rcode::kBadVers);
    default:
      return answerer.Run();
  }
}

}  // namespace terrella::dns
