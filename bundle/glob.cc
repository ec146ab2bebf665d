#include "bundle/glob.h"

#include <string>

namespace terrella::bundle {
namespace {

// Patterns without braces. Each star is tried at every length, the last one first given up: no more
// than |pattern| * |path| steps for one star, and the steps are bounded for all.
bool Match(std::string_view pattern, std::string_view path, int& steps) {
  if (--steps < 0) return false;
  if (pattern.starts_with("**/")) {
    for (std::string_view rest = path;;) {
      if (Match(pattern.substr(3), rest, steps)) return true;
      const size_t slash = rest.find('/');
      if (slash == std::string_view::npos) return false;
      rest.remove_prefix(slash + 1);
    }
  }
  if (pattern == "**") return true;
  if (pattern.empty()) return path.empty();
  if (pattern.front() == '*') {
    for (size_t n = 0;; ++n) {
      if (Match(pattern.substr(1), path.substr(n), steps)) return true;
      if (n == path.size() || path[n] == '/') return false;
    }
  }
  if (path.empty() ||
      (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front())) {
    return false;
  }
  return Match(pattern.substr(1), path.substr(1), steps);
}

// Braces beyond the first `pairs` are bytes like others: each pair doubles the work.
bool MatchChoices(std::string_view pattern, std::string_view path, int pairs) {
  const size_t open = pattern.find('{');
  const size_t close = pattern.find('}', open);
  if (pairs == 0 || open == std::string_view::npos || close == std::string_view::npos) {
    int steps = 100'000;
    return Match(pattern, path, steps);
  }
  std::string_view choices = pattern.substr(open + 1, close - open - 1);
  for (;;) {
    const size_t comma = choices.find(',');
    std::string one(pattern.substr(0, open));
    one += choices.substr(0, comma);
    if (MatchChoices(one.append(pattern.substr(close + 1)), path, pairs - 1)) return true;
    if (comma == std::string_view::npos) return false;
    choices.remove_prefix(comma + 1);
  }
}

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view path) {
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  return MatchChoices(pattern, path, /*pairs=*/4);
}

std::string_view ExtensionOfGlob(std::string_view pattern) {
  const size_t slash = pattern.rfind('/');
  const std::string_view name = pattern.substr(slash == std::string_view::npos ? 0 : slash + 1);
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return "";
  const std::string_view extension = name.substr(name.rfind('.'));
  return extension.find_first_of("*?{}") == std::string_view::npos && extension.size() > 1
             ? extension
             : "";
}

}  // namespace terrella::bundle
