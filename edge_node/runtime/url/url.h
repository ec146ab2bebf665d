// Url: a parsed URL, by the WHATWG URL Standard.
//
// One string, the serialization (href), and where its parts begin; the getters are views into it. A
// setter takes the URL apart into a UrlRecord, changes it and writes it anew: setters are rare,
// getters and parsing are not. What the URL is for (HTTP, files) is nobody's business here.
//
// Thread: any; a value. Invariant: parsing href() gives an equal Url.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::runtime {

struct UrlRecord;

struct UrlLimits {
  size_t input_bytes_max = size_t{16} << 20;
};

// Offsets into href, ascending. Without a host, username_end = host_begin = host_end = scheme_end.
//
//   https://user:pass@example.com:8080/path?query#fragment
//         |     |    |           |    |    |     |
//  scheme_end   |    |    host_end    |    |     fragment_begin (at '#'; npos: no fragment)
//    username_end    |         path_begin  query_begin (at '?'; npos: no query)
//                    host_begin (past '@')
struct UrlOffsets {
  static constexpr uint32_t npos = UINT32_MAX;
  uint32_t scheme_end = 0;  // past ':'
  uint32_t username_end = 0;
  uint32_t host_begin = 0;
  uint32_t host_end = 0;
  uint32_t path_begin = 0;
  uint32_t query_begin = npos;
  uint32_t fragment_begin = npos;
  bool operator==(const UrlOffsets&) const = default;
};

class Url {
 public:
  // `input` is UTF-8; what is ill-formed is read as U+FFFD. InvalidArgument says what is wrong.
  static absl::StatusOr<Url> Parse(std::string_view input, const Url* base = nullptr,
                                   const UrlLimits& limits = {});

  const std::string& href() const { return href_; }
  std::string_view protocol() const { return Slice(0, offsets_.scheme_end); }  // with ':'
  std::string_view username() const;
  std::string_view password() const;
  std::string_view host() const;  // "example.com:8080"
  std::string_view hostname() const { return Slice(offsets_.host_begin, offsets_.host_end); }
  std::string_view port() const;  // "" for none or the scheme's default
  std::string_view pathname() const;
  std::string_view search() const;  // with '?', "" when the query is empty or missing
  std::string_view hash() const;    // with '#', "" when the fragment is empty or missing
  // "https://example.com:8080", or "null" for an opaque origin (section 4.7).
  std::string origin() const;

  bool has_opaque_path() const;
  const UrlOffsets& offsets() const { return offsets_; }

  // The setters of the URL class (section 6.1), href apart. An unfit value changes nothing, or, as
  // the standard has it, only what came before the fault ("example.com:99999" sets the host alone).
  void SetProtocol(std::string_view value);
  void SetUsername(std::string_view value);
  void SetPassword(std::string_view value);
  void SetHost(std::string_view value);
  void SetHostname(std::string_view value);
  void SetPort(std::string_view value);
  void SetPathname(std::string_view value);
  void SetSearch(std::string_view value);
  void SetHash(std::string_view value);

  bool operator==(const Url&) const = default;

 private:
  static std::optional<Url> ParseFast(std::string_view input);
  static Url FromRecord(const UrlRecord& record);
  UrlRecord ToRecord() const;
  bool has_host() const { return offsets_.host_begin != offsets_.scheme_end; }
  std::string_view Slice(size_t begin, size_t end) const {
    return std::string_view(href_).substr(begin, end - begin);
  }
  uint32_t path_end() const;

  std::string href_;
  UrlOffsets offsets_;
};

}  // namespace terrella::runtime
