#include "edge_node/runtime/url/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/status.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/url/host.h"
#include "edge_node/runtime/url/ip_host.h"
#include "edge_node/runtime/url/parser.h"
#include "edge_node/runtime/url/percent_encode.h"
#include "edge_node/runtime/url/record.h"

namespace terrella::runtime {
namespace {

// Bytes that stand for themselves in a part of an http URL.
enum PlainIn : uint8_t { kPlainHost = 1, kPlainPath = 2, kPlainQuery = 4, kPlainFragment = 8 };

std::array<uint8_t, 256> MakePlainTable() {
  std::array<uint8_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    uint8_t plain = 0;
    const bool is_host =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (is_host) plain |= kPlainHost;
    if (!InEncodeSet(EncodeSet::kPath, c) && c != '\\') plain |= kPlainPath;
    if (!InEncodeSet(EncodeSet::kSpecialQuery, c)) plain |= kPlainQuery;
    if (!InEncodeSet(EncodeSet::kFragment, c)) plain |= kPlainFragment;
    table[byte] = plain;
  }
  return table;
}

// The first byte at or after `at` that is not plain in that part.
size_t SkipPlain(std::string_view input, size_t at, PlainIn part) {
  static const std::array<uint8_t, 256> table = MakePlainTable();
  while (at < input.size() && (table[static_cast<uint8_t>(input[at])] & part)) ++at;
  return at;
}

// A lower-case ASCII host that its parser would leave as it is. Doubtful ones are sent the long
// way.
bool IsPlainHost(std::string_view host) {
  if (host.empty() || host.find("xn--") != std::string_view::npos) return false;
  if (!EndsInNumber(host)) return true;
  const std::optional<uint32_t> address = ParseIpv4Host(host);
  return address && FormatIpv4Host(*address) == host;
}

// ":8080" as its serialization would be: no leading zero, in range, not the default.
bool IsPlainPort(std::string_view port, std::string_view scheme_default) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  return error == std::errc() && end == port.data() + port.size() && port.size() <= 5 &&
         value <= 65535 && (port[0] != '0' || port.size() == 1) && port != scheme_default;
}

// Whether a plain path may hold a dot segment.
bool MayHaveDotSegment(std::string_view path) {
  return path.find("/.") != std::string_view::npos || path.find("/%2") != std::string_view::npos;
}

}  // namespace

absl::StatusOr<Url> Url::Parse(std::string_view input, const Url* base, const UrlLimits& limits) {
  if (input.size() > limits.input_bytes_max) {
    return InvalidArgument("URL of {} bytes, at most {} are taken", input.size(),
                           limits.input_bytes_max);
  }
  if (std::optional<Url> url = ParseFast(input)) return *std::move(url);
  std::string repaired;
  if (!IsWellFormedUtf8(input)) {
    repaired = ToWellFormedUtf8(input);
    input = repaired;
  }
  std::optional<UrlRecord> base_record;
  if (base != nullptr) base_record = base->ToRecord();
  ASSIGN_OR_RETURN(UrlRecord record, ParseUrlRecord(input, base_record ? &*base_record : nullptr));
  return FromRecord(record);
}

// An absolute http(s) URL that is its own serialization (but for a missing path): what a request
// has.
std::optional<Url> Url::ParseFast(std::string_view input) {
  const bool is_https = input.starts_with("https://");
  if (!is_https && !input.starts_with("http://")) return std::nullopt;
  UrlOffsets at;
  at.scheme_end = is_https ? 6 : 5;
  at.username_end = at.host_begin = at.scheme_end + 2;
  at.host_end = static_cast<uint32_t>(SkipPlain(input, at.host_begin, kPlainHost));
  if (!IsPlainHost(input.substr(at.host_begin, at.host_end - at.host_begin))) return std::nullopt;
  size_t end = at.host_end;
  if (end < input.size() && input[end] == ':') {
    end = std::min(input.find('/', end), input.size());
    const std::string_view port = input.substr(at.host_end + 1, end - at.host_end - 1);
    if (!IsPlainPort(port, is_https ? "443" : "80")) return std::nullopt;
  }
  at.path_begin = static_cast<uint32_t>(end);
  const bool has_path = end < input.size();
  if (has_path) {
    if (input[end] != '/') return std::nullopt;
    end = SkipPlain(input, end, kPlainPath);
    if (MayHaveDotSegment(input.substr(at.path_begin, end - at.path_begin))) return std::nullopt;
  }
  if (end < input.size() && input[end] == '?') {
    at.query_begin = static_cast<uint32_t>(end);
    end = SkipPlain(input, end + 1, kPlainQuery);
  }
  if (end < input.size() && input[end] == '#') {
    at.fragment_begin = static_cast<uint32_t>(end);
    end = SkipPlain(input, end + 1, kPlainFragment);
  }
  if (end != input.size()) return std::nullopt;
  Url url;
  url.href_ = input;
  if (!has_path) url.href_.push_back('/');
  url.offsets_ = at;
  return url;
}

// The URL serializer (section 4.5).
Url Url::FromRecord(const UrlRecord& record) {
  Url url;
  std::string& href = url.href_;
  UrlOffsets& at = url.offsets_;
  const auto here = [&href] { return static_cast<uint32_t>(href.size()); };
  href.append(record.scheme).push_back(':');
  at.scheme_end = at.username_end = at.host_begin = at.host_end = here();
  if (record.host) {
    href.append("//").append(record.username);
    at.username_end = here();
    if (!record.password.empty()) href.append(1, ':').append(record.password);
    if (record.has_credentials()) href.push_back('@');
    at.host_begin = here();
    href.append(*record.host);
    at.host_end = here();
    if (record.port) fmt::format_to(std::back_inserter(href), ":{}", *record.port);
  } else if (!record.has_opaque_path && record.path.starts_with("//")) {
    href.append("/.");  // so that the path is not read as an authority
  }
  at.path_begin = here();
  href.append(record.path);
  if (record.query) {
    at.query_begin = here();
    href.append(1, '?').append(*record.query);
  }
  if (record.fragment) {
    at.fragment_begin = here();
    href.append(1, '#').append(*record.fragment);
  }
  return url;
}

UrlRecord Url::ToRecord() const {
  UrlRecord record;
  record.SetScheme(Slice(0, offsets_.scheme_end - 1));
  if (has_host()) {
    record.username = username();
    record.password = password();
    record.host = hostname();
    uint16_t number = 0;
    const std::string_view digits = port();
    if (!digits.empty()) {
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      record.port = number;
    }
  }
  record.has_opaque_path = has_opaque_path();
  record.path = pathname();
  const size_t query_end = std::min<size_t>(offsets_.fragment_begin, href_.size());
  if (offsets_.query_begin != UrlOffsets::npos) {
    record.query = Slice(offsets_.query_begin + 1, query_end);
  }
  if (offsets_.fragment_begin != UrlOffsets::npos) {
    record.fragment = Slice(offsets_.fragment_begin + 1, href_.size());
  }
  return record;
}

uint32_t Url::path_end() const {
  return std::min(
      {offsets_.query_begin, offsets_.fragment_begin, static_cast<uint32_t>(href_.size())});
}

std::string_view Url::username() const {
  return has_host() ? Slice(offsets_.scheme_end + 2, offsets_.username_end) : std::string_view();
}

std::string_view Url::password() const {
  if (offsets_.username_end == offsets_.host_begin || href_[offsets_.username_end] != ':')
    return {};
  return Slice(offsets_.username_end + 1, offsets_.host_begin - 1);
}

std::string_view Url::host() const {
  return has_host() ? Slice(offsets_.host_begin, offsets_.path_begin) : std::string_view();
}

std::string_view Url::port() const {
  if (!has_host() || offsets_.host_end == offsets_.path_begin) return {};
  return Slice(offsets_.host_end + 1, offsets_.path_begin);
}

std::string_view Url::pathname() const {
  return Slice(offsets_.path_begin, path_end());
}

std::string_view Url::search() const {
  if (offsets_.query_begin == UrlOffsets::npos) return {};
  const size_t end = std::min<size_t>(offsets_.fragment_begin, href_.size());
  return end - offsets_.query_begin > 1 ? Slice(offsets_.query_begin, end) : std::string_view();
}

std::string_view Url::hash() const {
  if (offsets_.fragment_begin == UrlOffsets::npos) return {};
  const std::string_view all = Slice(offsets_.fragment_begin, href_.size());
  return all.size() > 1 ? all : std::string_view();
}

bool Url::has_opaque_path() const {
  return !has_host() && !pathname().starts_with('/');
}

std::string Url::origin() const {
  const SchemeKind kind = SchemeKindOf(Slice(0, offsets_.scheme_end - 1));
  if (IsSpecial(kind) && kind != SchemeKind::kFile) {
    return fmt::format("{}//{}", protocol(), host());
  }
  if (protocol() == "blob:") {
    const absl::StatusOr<Url> inner = Parse(pathname());
    if (inner.ok() && (inner->protocol() == "http:" || inner->protocol() == "https:")) {
      return inner->origin();
    }
  }
  return "null";
}

}  // namespace terrella::runtime
