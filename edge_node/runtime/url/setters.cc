// The attribute setters of the URL class (URL Standard, section 6.1): each runs the part of the
// parser the standard names as its "state override".
#include <string>
#include <utility>

#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/url/host.h"
#include "edge_node/runtime/url/parser.h"
#include "edge_node/runtime/url/percent_encode.h"
#include "edge_node/runtime/url/record.h"
#include "edge_node/runtime/url/url.h"

namespace terrella::runtime {
namespace {

std::string Cleaned(std::string_view value) {
  return WithoutTabsAndNewlines(ToWellFormedUtf8(value));
}

std::string Encoded(EncodeSet set, std::string_view value) {
  std::string out;
  AppendEncoded(set, ToWellFormedUtf8(value), out);
  return out;
}

// Scheme state with an override.
void ChangeScheme(std::string_view value, UrlRecord& record) {
  std::string scheme(value.substr(0, SchemeLength(value)));
  if (scheme.empty()) return;
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c |= 0x20;
  }
  const SchemeKind kind = SchemeKindOf(scheme);
  if (IsSpecial(kind) != record.is_special()) return;
  if (kind == SchemeKind::kFile && (record.has_credentials() || record.port)) return;
  if (record.kind == SchemeKind::kFile && record.host == "") return;
  record.SetScheme(scheme);
  if (record.port) record.SetPort(*std::exchange(record.port, std::nullopt));
}

// File host state with an override.
void ChangeFileHost(std::string_view text, UrlRecord& record) {
  if (text.empty()) {
    record.host = "";
    return;
  }
  absl::StatusOr<std::string> host = ParseHost(text, /*is_opaque=*/false);
  if (host.ok()) record.host = *host == "localhost" ? "" : *std::move(host);
}

// Host state (then port state) or hostname state with an override.
void ChangeHost(std::string_view value, bool with_port, UrlRecord& record) {
  const std::string_view text = value.substr(0, AuthorityLength(value, record.is_special()));
  if (record.kind == SchemeKind::kFile) return ChangeFileHost(text, record);
  const HostPort parts = SplitHostPort(text);
  if (parts.has_colon && (parts.host.empty() || !with_port)) return;
  if (parts.host.empty()) {
    if (record.is_special() || record.has_credentials() || record.port) return;
  }
  absl::StatusOr<std::string> host = ParseHost(parts.host, !record.is_special());
  if (!host.ok()) return;
  record.host = *std::move(host);
  size_t digits = 0;
  // An unfit port leaves the old one: nothing to report, as the standard has it.
  if (parts.has_colon) TakePort(parts.port, record, digits).IgnoreError();
}

}  // namespace

void Url::SetProtocol(std::string_view value) {
  UrlRecord record = ToRecord();
  ChangeScheme(Cleaned(value) + ":", record);
  *this = FromRecord(record);
}

void Url::SetUsername(std::string_view value) {
  UrlRecord record = ToRecord();
  if (!record.can_have_credentials()) return;
  record.username = Encoded(EncodeSet::kUserinfo, value);
  *this = FromRecord(record);
}

void Url::SetPassword(std::string_view value) {
  UrlRecord record = ToRecord();
  if (!record.can_have_credentials()) return;
  record.password = Encoded(EncodeSet::kUserinfo, value);
  *this = FromRecord(record);
}

void Url::SetHost(std::string_view value) {
  UrlRecord record = ToRecord();
  if (record.has_opaque_path) return;
  ChangeHost(Cleaned(value), /*with_port=*/true, record);
  *this = FromRecord(record);
}

void Url::SetHostname(std::string_view value) {
  UrlRecord record = ToRecord();
  if (record.has_opaque_path) return;
  ChangeHost(Cleaned(value), /*with_port=*/false, record);
  *this = FromRecord(record);
}

void Url::SetPort(std::string_view value) {
  UrlRecord record = ToRecord();
  if (!record.can_have_credentials()) return;
  size_t digits = 0;
  if (value.empty()) {
    record.port.reset();
  } else if (!TakePort(Cleaned(value), record, digits).ok()) {
    return;
  }
  *this = FromRecord(record);
}

void Url::SetPathname(std::string_view value) {
  UrlRecord record = ToRecord();
  if (record.has_opaque_path) return;
  const std::string text = Cleaned(value);
  record.path.clear();
  const bool has_slash = text.starts_with('/') || (record.is_special() && text.starts_with('\\'));
  if (!text.empty() || record.is_special() || !record.host) {
    AppendPath(std::string_view(text).substr(has_slash ? 1 : 0), record);
  }
  *this = FromRecord(record);
}

void Url::SetSearch(std::string_view value) {
  UrlRecord record = ToRecord();
  record.query.reset();
  if (!value.empty()) {
    if (value.starts_with('?')) value.remove_prefix(1);
    const EncodeSet set = record.is_special() ? EncodeSet::kSpecialQuery : EncodeSet::kQuery;
    record.query = Encoded(set, Cleaned(value));
  }
  *this = FromRecord(record);
}

void Url::SetHash(std::string_view value) {
  UrlRecord record = ToRecord();
  record.fragment.reset();
  if (!value.empty()) {
    if (value.starts_with('#')) value.remove_prefix(1);
    record.fragment = Encoded(EncodeSet::kFragment, Cleaned(value));
  }
  *this = FromRecord(record);
}

}  // namespace terrella::runtime
