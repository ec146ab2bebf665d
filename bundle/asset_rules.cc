#include "bundle/asset_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "base/ascii.h"
#include "base/status.h"
#include "bundle/path_pattern.h"

namespace terrella::bundle {
namespace {

constexpr std::string_view kBlank = " \t\r";
// What belongs to one connection or to the framing of one message is not a site's to say.
constexpr std::array<std::string_view, 8> kNotOurs = {
    "connection", "content-length",    "keep-alive", "te",
    "trailer",    "transfer-encoding", "upgrade",    "proxy-connection"};

// Calls `each(number, line)` with every line that is neither empty nor a comment.
template <class Each>
absl::Status ForEachLine(std::string_view text, std::string_view file, size_t bytes_max,
                         const Each& each) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end), kBlank);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    absl::Status status = line.size() > bytes_max
                              ? InvalidArgument("the line has {} bytes; at most {} are allowed",
                                                line.size(), bytes_max)
                              : each(line);
    if (!status.ok()) return InvalidArgument("{}:{}: {}", file, number, Message(status));
  }
  return absl::OkStatus();
}

// RFC 9110 section 5.1: a token.
absl::StatusOr<std::string> FieldName(std::string_view text) {
  const bool token = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  if (!token) return InvalidArgument("'{}' is not the name of a header", text);
  std::string name = ToLower(text);
  if (std::find(kNotOurs.begin(), kNotOurs.end(), name) != kNotOurs.end()) {
    return InvalidArgument("'{}' is set by the node alone", name);
  }
  return name;
}

absl::Status CheckFieldValue(std::string_view value) {
  if (value.empty()) return InvalidArgument("the header has no value");
  const bool visible = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t';
  });
  return visible ? absl::OkStatus() : InvalidArgument("a value has no control characters");
}

absl::Status AddField(std::string_view line, v1::HeaderRule& rule) {
  if (line.starts_with('!')) {
    ASSIGN_OR_RETURN(std::string name, FieldName(Trim(line.substr(1), kBlank)));
    rule.add_unset(std::move(name));
    return absl::OkStatus();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return InvalidArgument("expected 'Name: value', '! Name' or a path, found '{}'", line);
  }
  ASSIGN_OR_RETURN(std::string name, FieldName(Trim(line.substr(0, colon), kBlank)));
  const std::string_view value = Trim(line.substr(colon + 1), kBlank);
  RETURN_IF_ERROR(CheckFieldValue(value));
  v1::HeaderRule::Field& field = *rule.add_set();
  field.set_name(std::move(name));
  field.set_value(std::string(value));
  return absl::OkStatus();
}

// The words of a line.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(kBlank), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

absl::StatusOr<uint32_t> RedirectStatus(std::string_view word) {
  for (const uint32_t status : {200u, 301u, 302u, 303u, 307u, 308u}) {
    if (word == std::to_string(status)) return status;
  }
  return InvalidArgument("the status is 200, 301, 302, 303, 307 or 308, found '{}'", word);
}

absl::StatusOr<v1::RedirectRule> RedirectOf(std::string_view line) {
  const std::vector<std::string_view> words = Words(line);
  if (words.size() < 2 || words.size() > 3) {
    return InvalidArgument(
        "expected a path, where it is sent and perhaps a status, found {} word{}", words.size(),
        words.size() == 1 ? "" : "s");
  }
  v1::RedirectRule rule;
  rule.set_from(std::string(words[0]));
  rule.set_to(std::string(words[1]));
  rule.set_status(302);
  if (words.size() == 3) {
    ASSIGN_OR_RETURN(const uint32_t status, RedirectStatus(words[2]));
    rule.set_status(status);
  }
  if (!rule.from().starts_with('/')) {
    return InvalidArgument("'{}': what is redirected is a path that begins with '/'", rule.from());
  }
  if (rule.from().find_first_of("?#") != std::string::npos) {
    return InvalidArgument("'{}': a path has neither a query nor a fragment", rule.from());
  }
  RETURN_IF_ERROR(CheckFieldValue(rule.to()));
  const bool relative = rule.to().starts_with('/') && !rule.to().starts_with("//");
  const bool absolute = rule.to().starts_with("https://") || rule.to().starts_with("http://");
  if (relative) return rule;
  if (rule.status() == 200) {
    return InvalidArgument("'{}': with status 200 only a path of this site can answer", rule.to());
  }
  if (!absolute) {
    return InvalidArgument("'{}': expected a path or a URL of http: or https:", rule.to());
  }
  return rule;
}

}  // namespace

absl::StatusOr<std::vector<v1::HeaderRule>> ParseHeadersFile(std::string_view text,
                                                             std::string_view file_name,
                                                             const AssetRuleLimits& limits) {
  std::vector<v1::HeaderRule> rules;
  RETURN_IF_ERROR(ForEachLine(
      text, file_name, limits.header_line_bytes_max, [&](std::string_view line) -> absl::Status {
        if (!line.starts_with('/') && !line.starts_with("https://")) {
          if (rules.empty()) return InvalidArgument("expected a path before the first header");
          return AddField(line, rules.back());
        }
        if (!rules.empty() && rules.back().set().empty() && rules.back().unset().empty()) {
          return InvalidArgument("the path before this one, '{}', has no headers",
                                 rules.back().pattern());
        }
        if (rules.size() >= limits.header_rules_max) {
          return InvalidArgument("more than {} paths", limits.header_rules_max);
        }
        RETURN_IF_ERROR(PathPattern::Parse(line).status());
        rules.emplace_back().set_pattern(std::string(line));
        return absl::OkStatus();
      }));
  if (!rules.empty() && rules.back().set().empty() && rules.back().unset().empty()) {
    return InvalidArgument("{}: the last path, '{}', has no headers", file_name,
                           rules.back().pattern());
  }
  return rules;
}

absl::StatusOr<std::vector<v1::RedirectRule>> ParseRedirectsFile(std::string_view text,
                                                                 std::string_view file_name,
                                                                 const AssetRuleLimits& limits) {
  std::vector<v1::RedirectRule> rules;
  std::set<std::string> seen;
  size_t dynamic = 0;
  RETURN_IF_ERROR(ForEachLine(
      text, file_name, limits.redirect_line_bytes_max, [&](std::string_view line) -> absl::Status {
        ASSIGN_OR_RETURN(v1::RedirectRule rule, RedirectOf(line));
        ASSIGN_OR_RETURN(const PathPattern pattern, PathPattern::Parse(rule.from()));
        if (!seen.insert(rule.from()).second) {
          return InvalidArgument("'{}' is redirected twice", rule.from());
        }
        if (!pattern.is_static() && ++dynamic > limits.dynamic_redirects_max) {
          return InvalidArgument("more than {} redirects with names or '*'",
                                 limits.dynamic_redirects_max);
        }
        if (pattern.is_static() && rules.size() - dynamic >= limits.static_redirects_max) {
          return InvalidArgument("more than {} redirects of one path", limits.static_redirects_max);
        }
        rules.push_back(std::move(rule));
        return absl::OkStatus();
      }));
  return rules;
}

}  // namespace terrella::bundle
