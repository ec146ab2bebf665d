// UrlRecord: a URL in parts, as the URL Standard (section 4.1) describes it.
//
// What the parser and the setters work on. The rest of the program uses Url, which keeps the
// serialization.
//
// Invariants: a list path is "" or a run of "/segment"; an opaque path has no leading '/'. A
// special URL has a host; `port` is never the scheme's default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace terrella::runtime {

// The special schemes (section 4.2) and everything else.
enum class SchemeKind : uint8_t { kHttp, kHttps, kWs, kWss, kFtp, kFile, kOther };

SchemeKind SchemeKindOf(std::string_view scheme);
inline bool IsSpecial(SchemeKind kind) {
  return kind != SchemeKind::kOther;
}
std::optional<uint16_t> DefaultPort(SchemeKind kind);

struct UrlRecord {
  std::string scheme;  // lower case, without ':'
  SchemeKind kind = SchemeKind::kOther;
  std::string username, password;
  std::optional<std::string> host;  // serialized; nullopt is the null host, "" the empty one
  std::optional<uint16_t> port;
  bool has_opaque_path = false;
  std::string path;
  std::optional<std::string> query, fragment;  // without '?' and '#'

  void SetScheme(std::string_view name);
  void SetPort(uint16_t value);  // drops the scheme's default
  bool is_special() const { return IsSpecial(kind); }
  bool has_credentials() const { return !username.empty() || !password.empty(); }
  // Whether a username, password or port may be set on it.
  bool can_have_credentials() const { return host && !host->empty() && kind != SchemeKind::kFile; }
};

}  // namespace terrella::runtime
