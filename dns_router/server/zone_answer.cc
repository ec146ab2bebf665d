#include "dns_router/server/zone_answer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "dns_router/dnssec/denial.h"
#include "dns_router/policy/https_content.h"

namespace terrella::dns {
namespace {

constexpr size_t kAliasesMax = 8;  // followed in one answer; resolvers ask for the rest
constexpr size_t kAdditionalNamesMax = 16;

// Where the name begins in the content of types whose names stand for hosts with addresses.
std::optional<size_t> HostOffset(Type type) {
  switch (type) {
    case Type::kNs:
      return 0;
    case Type::kMx:
    case Type::kSvcb:
    case Type::kHttps:
      return 2;
    case Type::kSrv:
      return 6;
    default:
      return std::nullopt;
  }
}

std::string_view WireNameAt(std::string_view bytes, size_t at) {
  size_t end = at;
  while (bytes[end] != 0) end += 1 + static_cast<uint8_t>(bytes[end]);
  return bytes.substr(at, end + 1 - at);
}

}  // namespace

ZoneAnswer::ZoneAnswer(const Query& query, const Snapshot& snapshot, const AnswerContext& context,
                       ResponseWriter& writer, EdnsAnswer& edns)
    : query_(query),
      snapshot_(snapshot),
      zone_(snapshot.zone()),
      context_(context),
      writer_(writer),
      edns_(edns),
      apex_offset_(static_cast<uint16_t>(kQuestionNameOffset + query.name_size -
                                         zone_.apex().wire().size())),
      signs_(context.signer != nullptr && query.dnssec_ok && context.signer->enabled()),
      owner_{{}, kQuestionNameOffset, query.name()} {}

AnswerKind ZoneAnswer::Run(Zone::Match match) {
  if (match.by_wildcard) kind_ = AnswerKind::kWildcard;
  Next next = AnswerAt(match, /*first=*/true);
  std::array<std::string_view, kAliasesMax + 1> seen{query_.name()};
  for (size_t i = 1; i <= kAliasesMax && next == Next::kFollow && !writer_.truncated(); ++i) {
    match = zone_.Find(target_);
    if (match.place == Zone::Place::kOutside) break;
    const auto end = seen.begin() + static_cast<ptrdiff_t>(i);
    if (std::find(seen.begin(), end, target_) != end) break;  // a loop: it has been told
    *end = target_;
    next = AnswerAt(match, /*first=*/false);
  }
  if (answered_ != nullptr) WriteAdditional(*answered_, /*required=*/false);
  return kind_;
}

ZoneAnswer::Next ZoneAnswer::AnswerAt(const Zone::Match& match, bool first) {
  const auto type = static_cast<Type>(query_.type);
  lasting_ = match.place != Zone::Place::kNxDomain && !match.by_wildcard;
  if (match.place == Zone::Place::kNxDomain) {
    // Of the last name of the chain (RFC 6604 section 3); a compact denial says it by NXNAME, and
    // by the code only to who is known to take both (RFC 9824 section 5).
    if (!signs_ || query_.compact_ok) writer_.SetRcode(Rcode::kNxDomain);
    WriteNegative(AnswerKind::kNxDomain, match);
    return Next::kDone;
  }
  if (match.place == Zone::Place::kDelegated) {
    // The delegation's DS is this side's (RFC 4035 section 3.1.4.1).
    const bool is_ds = type == Type::kDs && match.owner == owner_.name;
    if (!is_ds) {
      if (first) writer_.ClearAuthoritative();
      WriteReferral(match);
      return Next::kDone;
    }
  }
  if (match.data.steered && HasSteeredType(type)) {
    WriteSteered(type, match);
    return Next::kDone;
  }
  if (type == Type::kAny && first && !match.data.empty()) {
    // An alias is what resolvers need of such a name (RFC 8482 section 4.2).
    const RecordSet* alias = zone_.FindSet(match.data, Type::kCname);
    if (alias != nullptr) {
      WriteSet(Section::kAnswer, owner_, *alias, alias->ttl_s);
    } else {
      WriteHinfo();
    }
    return Next::kDone;
  }
  if (const RecordSet* set = zone_.FindSet(match.data, type)) {
    if (WriteSet(Section::kAnswer, owner_, *set, set->ttl_s)) answered_ = set;
    return Next::kDone;
  }
  if ((type == Type::kNsec || type == Type::kRrsig) && context_.signer != nullptr &&
      context_.signer->enabled()) {
    WriteProof(type, match);
    return Next::kDone;
  }
  if (const RecordSet* alias = zone_.FindSet(match.data, Type::kCname)) {
    return FollowAlias(*alias);
  }
  WriteNegative(AnswerKind::kNoData, match);
  return Next::kDone;
}

// The content of the alias in the message is the owner of what follows.
ZoneAnswer::Next ZoneAnswer::FollowAlias(const RecordSet& alias) {
  target_ = alias.rdata.front();
  writer_.BeginSet();
  writer_.BeginRecord(
      {Section::kAnswer, owner_.offset, Type::kCname, Class::kIn, alias.ttl_s, owner_.labels});
  const size_t at = writer_.size();
  WriteName(target_);
  writer_.EndRecord();
  if (signs_) {
    context_.signer->Begin(owner_.name, Type::kCname, alias.ttl_s);
    context_.signer->Add(target_);
    WriteSignatures(Section::kAnswer, owner_, alias.ttl_s, lasting_);
  }
  if (!writer_.EndSet()) return Next::kDone;
  owner_ = {{}, static_cast<uint16_t>(at), target_};
  return Next::kFollow;
}

bool ZoneAnswer::HasSteeredType(Type type) const {
  return type == Type::kA || type == Type::kAaaa ||
         (type == Type::kHttps && !zone_.options().https_alpn.empty());
}

// By the client's prefix when the resolver told one, else by the resolver's own address. The
// scope says for which clients the resolver may use the answer again (RFC 7871 sections 7.2.1
// and 7.4).
void ZoneAnswer::WriteSteered(Type type, const Zone::Match& match) {
  if (type == Type::kAaaa && !snapshot_.any_v6()) {
    return WriteNegative(AnswerKind::kNoData, match);
  }
  const bool by_subnet = query_.subnet && query_.subnet->source_bits > 0;
  const SteeringChoice choice =
      snapshot_.Choose(owner_.name, by_subnet ? query_.subnet->Address() : context_.client);
  // Also where nothing is chosen, or no address of the family asked for: elsewhere there may be
  // one. RFC 7871 section 7.4 warns that some resolvers take every denial for everybody's; those
  // lose little for its short life, while scope 0 would take it from all. AAAA names the nodes of A
  // all the same: clients prefer IPv6, and would prefer the far node. Without a chain nobody is
  // chosen only when nobody serves, wherever one asks from.
  const bool has_policy = choice.count == 0 && snapshot_.ChainOf(owner_.name) != nullptr;
  const bool by_place = choice.count > 0 || has_policy;
  if (by_subnet && by_place) edns_.scope_bits = static_cast<uint8_t>(choice.scope_bits);
  if (choice.count == 0) {
    edns_.error_present = true;
    edns_.error = ExtendedError::kNetworkError;
    edns_.error_text =
        has_policy ? "the policy of the name leaves no node" : "no edge node is serving";
    if (query_.has_edns && !writer_.ReserveEdns(edns_)) edns_.error_present = false;
    return WriteNegative(AnswerKind::kNoData, match);
  }
  writer_.BeginSet();
  if (signs_) context_.signer->Begin(owner_.name, type, choice.ttl_s);
  size_t written = 1;
  if (type == Type::kHttps) {
    WriteHttps(choice);
    if (signs_) context_.signer->Add(writer_.LastContent());
  } else {
    written = WriteAddresses(type, choice);
  }
  if (signs_ && written > 0) {
    WriteSignatures(Section::kAnswer, owner_, choice.ttl_s, lasting_);
  }
  if (!writer_.EndSet()) return;
  if (written == 0) return WriteNegative(AnswerKind::kNoData, match);
  if (context_.facts == nullptr) return;
  context_.facts->nodes_ttl_s = choice.ttl_s;
  for (const NodeIndex index : choice.chosen()) {
    if (type != Type::kAaaa || snapshot_.node(index).address_v6) context_.facts->Name(index);
  }
}

size_t ZoneAnswer::WriteAddresses(Type type, const SteeringChoice& choice) {
  size_t written = 0;
  for (NodeIndex index : choice.chosen()) {
    const NodeFacts& node = snapshot_.node(index);
    if (type == Type::kAaaa && !node.address_v6) continue;
    const IpAddress& address = type == Type::kA ? node.address : *node.address_v6;
    const std::string_view content(reinterpret_cast<const char*>(address.bytes().data()),
                                   type == Type::kA ? 4u : 16u);
    writer_.Record({Section::kAnswer, owner_.offset, type, Class::kIn, choice.ttl_s, owner_.labels},
                   content);
    if (signs_) context_.signer->Add(content);
    ++written;
  }
  return written;
}

void ZoneAnswer::WriteHttps(const SteeringChoice& choice) {
  writer_.BeginRecord(
      {Section::kAnswer, owner_.offset, Type::kHttps, Class::kIn, choice.ttl_s, owner_.labels});
  PutHttpsContent(snapshot_, choice, writer_);
  writer_.EndRecord();
}

void ZoneAnswer::WriteHinfo() {
  static constexpr std::string_view kRdata("\7RFC8482\0", 9);  // CPU "RFC8482", OS ""
  const uint32_t ttl_s = zone_.options().fixed_ttl_s;
  writer_.BeginSet();
  writer_.Record({Section::kAnswer, owner_.offset, Type::kHinfo, Class::kIn, ttl_s, owner_.labels},
                 kRdata);
  if (signs_) {
    context_.signer->Begin(owner_.name, Type::kHinfo, ttl_s);
    context_.signer->Add(kRdata);
    WriteSignatures(Section::kAnswer, owner_, ttl_s, lasting_);
  }
  writer_.EndSet();
}

// The way onwards: NS in authority, whether it is signed (RFC 4035 section 3.1.4), and the
// addresses without which it cannot be gone (RFC 9471).
void ZoneAnswer::WriteReferral(const Zone::Match& match) {
  kind_ = AnswerKind::kReferral;
  const RecordSet* ns = zone_.FindSet(match.data, Type::kNs);
  CHECK(ns != nullptr);
  const Owner owner = OwnerInZone(match.owner);
  if (!WriteSet(Section::kAuthority, owner, *ns, ns->ttl_s)) return;
  if (signs_) {
    lasting_ = true;
    if (const RecordSet* ds = zone_.FindSet(match.data, Type::kDs)) {
      if (!WriteSet(Section::kAuthority, owner, *ds, ds->ttl_s)) return;
    } else {
      writer_.BeginSet();
      WriteNsec(Section::kAuthority, owner, TypesOf(match, Type::kDs));
      if (!writer_.EndSet()) return;
    }
  }
  WriteAdditional(*ns, /*required=*/true);
}

// NXDOMAIN or NODATA, cacheable for min(SOA TTL, SOA minimum) (RFC 2308 section 3).
void ZoneAnswer::WriteNegative(AnswerKind kind, const Zone::Match& match) {
  if (kind_ == AnswerKind::kPositive || kind == AnswerKind::kNxDomain) kind_ = kind;
  const bool lasting = std::exchange(lasting_, true);  // of the name; the SOA's is
  const Owner apex{{}, apex_offset_, zone_.apex().wire()};
  if (!WriteSet(Section::kAuthority, apex, zone_.soa(), zone_.negative_ttl_s()) || !signs_) return;
  lasting_ = lasting;
  writer_.BeginSet();
  if (kind == AnswerKind::kNxDomain) {
    static constexpr Type kNothing[] = {Type::kRrsig, Type::kNsec, Type::kNxname};
    WriteNsec(Section::kAuthority, owner_, kNothing);
  } else {
    WriteNsec(Section::kAuthority, owner_, TypesOf(match, static_cast<Type>(query_.type)));
  }
  writer_.EndSet();
}

void ZoneAnswer::WriteNsec(Section section, const Owner& owner, std::span<const Type> types) {
  const std::string content = NsecContent(owner.name, types);
  if (content.empty()) return;
  const uint32_t ttl_s = zone_.negative_ttl_s();  // RFC 9077
  writer_.Record({section, owner.offset, Type::kNsec, Class::kIn, ttl_s, owner.labels}, content);
  context_.signer->Begin(owner.name, Type::kNsec, ttl_s);
  context_.signer->Add(content);
  WriteSignatures(section, owner, ttl_s, lasting_);
}

// Asked for by their names they come without DO (RFC 4035 section 3.1.1), and from the alias itself
// (RFC 4034 section 4). Of the signatures one is enough, as for ANY (RFC 8482 section 4.1).
void ZoneAnswer::WriteProof(Type type, const Zone::Match& match) {
  const std::string content = NsecContent(owner_.name, TypesOf(match, Type::kNxname));
  if (content.empty()) return WriteNegative(AnswerKind::kNoData, match);
  const uint32_t ttl_s = zone_.negative_ttl_s();
  writer_.BeginSet();
  if (type == Type::kNsec) {
    writer_.Record({Section::kAnswer, owner_.offset, type, Class::kIn, ttl_s, owner_.labels},
                   content);
  }
  if (type == Type::kRrsig || signs_) {
    context_.signer->Begin(owner_.name, Type::kNsec, ttl_s);
    context_.signer->Add(content);
    WriteSignatures(Section::kAnswer, owner_, ttl_s, lasting_);
  }
  writer_.EndSet();
}

std::vector<Type> ZoneAnswer::TypesOf(const Zone::Match& match, Type except) const {
  std::vector<Type> types{Type::kRrsig, Type::kNsec};
  for (const RecordSet& set : zone_.Sets(match.data)) {
    // At a delegation only these are this side's to speak of (RFC 4035 section 2.3).
    const bool counts = !match.data.delegated || set.type == Type::kNs || set.type == Type::kDs;
    if (counts) types.push_back(set.type);
  }
  if (match.data.steered && !match.data.delegated) {
    types.push_back(Type::kA);
    if (snapshot_.any_v6()) types.push_back(Type::kAaaa);
    if (!zone_.options().https_alpn.empty()) types.push_back(Type::kHttps);
  }
  std::erase(types, except);
  return types;
}

void ZoneAnswer::WriteSignatures(Section section, const Owner& owner, uint32_t ttl_s,
                                 bool lasting) {
  if (!context_.signer->Finish(lasting)) return writer_.Truncate();
  for (const std::string& rrsig : context_.signer->signatures()) {
    writer_.Record({section, owner.offset, Type::kRrsig, Class::kIn, ttl_s, owner.labels}, rrsig);
  }
}

ZoneAnswer::Owner ZoneAnswer::OwnerInZone(std::string_view name) const {
  return {name.substr(0, name.size() - zone_.apex().wire().size()), apex_offset_, name};
}

// Signed is all that is this zone's: neither delegations nor the addresses behind them.
bool ZoneAnswer::WriteSet(Section section, const Owner& owner, const RecordSet& set,
                          uint32_t ttl_s) {
  writer_.BeginSet();
  for (const std::string& rdata : set.rdata) {
    writer_.BeginRecord({section, owner.offset, set.type, Class::kIn, ttl_s, owner.labels});
    WriteRdata(set.type, rdata);
    writer_.EndRecord();
  }
  const bool onwards = section == Section::kAdditional
                           ? signs_ && zone_.Find(owner.name).place == Zone::Place::kDelegated
                           : set.type == Type::kNs && section == Section::kAuthority;
  if (signs_ && !onwards) {
    context_.signer->Begin(owner.name, set.type, set.ttl_s);
    for (const std::string& rdata : set.rdata) context_.signer->Add(rdata);
    WriteSignatures(section, owner, ttl_s, lasting_ || section == Section::kAdditional);
  }
  // An address that is not the way itself may be left out (RFC 2181 section 9).
  return section == Section::kAdditional ? writer_.EndOptionalSet() : writer_.EndSet();
}

// Names are compressed in the types of RFC 1035 alone (RFC 3597 section 4).
void ZoneAnswer::WriteRdata(Type type, std::string_view rdata) {
  switch (type) {
    case Type::kNs:
    case Type::kCname:
    case Type::kPtr:
      WriteName(rdata);
      break;
    case Type::kMx:
      writer_.PutBytes(rdata.substr(0, 2));
      WriteName(rdata.substr(2));
      break;
    case Type::kSoa: {
      const std::string_view primary = WireNameAt(rdata, 0);
      const std::string_view mailbox = WireNameAt(rdata, primary.size());
      WriteName(primary);
      WriteName(mailbox);
      writer_.PutBytes(rdata.substr(primary.size() + mailbox.size()));
      break;
    }
    default:
      writer_.PutBytes(rdata);
  }
}

void ZoneAnswer::WriteName(std::string_view name) {
  const std::string_view apex = zone_.apex().wire();
  if (IsWithin(name, apex)) {
    writer_.PutName(name.substr(0, name.size() - apex.size()), apex_offset_);
  } else {
    writer_.PutBytes(name);
  }
}

void ZoneAnswer::WriteAdditional(const RecordSet& set, bool required) {
  const auto host_offset = HostOffset(set.type);
  if (!host_offset) return;
  std::array<std::string_view, kAdditionalNamesMax> done;
  size_t count = 0;
  for (const std::string& rdata : set.rdata) {
    const std::string_view name = WireNameAt(rdata, *host_offset);
    if (!IsWithin(name, zone_.apex().wire())) continue;
    const auto end = done.begin() + static_cast<ptrdiff_t>(count);
    if (std::find(done.begin(), end, name) != end) continue;
    if (count == done.size()) return;
    done[count++] = name;
    const Zone::Data data = zone_.At(name);
    for (const Type type : {Type::kA, Type::kAaaa}) {
      const RecordSet* addresses = zone_.FindSet(data, type);
      if (addresses == nullptr) continue;
      if (!WriteSet(Section::kAdditional, OwnerInZone(name), *addresses, addresses->ttl_s)) {
        if (required) writer_.Truncate();
        return;
      }
    }
  }
}

}  // namespace terrella::dns
