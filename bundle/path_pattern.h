// PathPattern: which paths a rule of _headers or _redirects is about, and what it calls their
// parts.
//
// "/blog/:year/:slug" names parts of one segment, "/news/*" the rest of the path (`splat`). A
// pattern may begin with a host, "https://:who.shop.test/*", whose parts end at a dot, too. The
// same names stand in what the rule says: "/archive/:year/:splat".
//
// Thread: any (immutable once parsed).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::bundle {

class PathPattern {
 public:
  // Views into the path that was matched, by name.
  using Captures = std::vector<std::pair<std::string_view, std::string_view>>;

  // InvalidArgument with what is wrong: no '/' at the start, a second '*', a name given twice.
  static absl::StatusOr<PathPattern> Parse(std::string_view pattern);

  // `path` is as in the request, without the query; `host` in lower case. The captures' names are
  // views into the pattern.
  std::optional<Captures> Match(std::string_view host, std::string_view path) const;
  // Neither names nor '*': it matches one path.
  bool is_static() const { return !has_host_ && !varies_; }

 private:
  struct Piece {
    enum class Kind { kText, kName, kSplat } kind;
    std::string text;  // or the name
  };
  bool MatchFrom(size_t piece, std::string_view rest, const char* path_begin, Captures& captures,
                 int& steps) const;

  bool has_host_ = false;
  bool varies_ = false;
  std::vector<Piece> pieces_;
};

// The text with every :name that was captured replaced; others stay as they are.
std::string Substitute(std::string_view text, const PathPattern::Captures& captures);

}  // namespace terrella::bundle
