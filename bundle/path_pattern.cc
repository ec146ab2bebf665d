#include "bundle/path_pattern.h"

#include <algorithm>
#include <cctype>

#include "base/status.h"

namespace terrella::bundle {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kSplat = "splat";
constexpr int kStepsMax = 10'000;  // of one match

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Bytes of the name that `text` begins with: a letter, then letters, digits and '_'.
size_t NameLength(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return 0;
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsNameByte) - text.begin());
}

}  // namespace

absl::StatusOr<PathPattern> PathPattern::Parse(std::string_view pattern) {
  PathPattern out;
  out.has_host_ = pattern.starts_with(kScheme);
  if (!out.has_host_ && !pattern.starts_with('/')) {
    return InvalidArgument("'{}': a path begins with '/'", pattern);
  }
  std::string_view rest = pattern.substr(out.has_host_ ? kScheme.size() : 0);
  if (out.has_host_ && rest.find('/') == std::string_view::npos) {
    return InvalidArgument("'{}': a '/' is missing after the host", pattern);
  }
  std::string text;
  auto add = [&](Piece::Kind kind, std::string_view name) {
    if (!text.empty()) out.pieces_.push_back({Piece::Kind::kText, std::exchange(text, {})});
    out.varies_ = true;
    const bool twice = std::any_of(out.pieces_.begin(), out.pieces_.end(), [&](const Piece& p) {
      return p.kind != Piece::Kind::kText && p.text == name;
    });
    out.pieces_.push_back({kind, std::string(name)});
    return !twice;
  };
  while (!rest.empty()) {
    const size_t name = rest.front() == ':' ? NameLength(rest.substr(1)) : 0;
    bool once = true;
    if (rest.front() == '*') {
      once = add(Piece::Kind::kSplat, kSplat);
      rest.remove_prefix(1);
    } else if (name > 0) {
      once = add(Piece::Kind::kName, rest.substr(1, name));
      rest.remove_prefix(1 + name);
    } else {
      text.push_back(rest.front());
      rest.remove_prefix(1);
    }
    if (!once) {
      return InvalidArgument("'{}': only one '*', and each :name once; '*' is called :splat",
                             pattern);
    }
  }
  if (!text.empty()) out.pieces_.push_back({Piece::Kind::kText, std::move(text)});
  return out;
}

// A capture is tried at every length, the longest first.
bool PathPattern::MatchFrom(size_t piece, std::string_view rest, const char* path_begin,
                            Captures& captures, int& steps) const {
  if (--steps < 0) return false;
  if (piece == pieces_.size()) return rest.empty();
  const Piece& p = pieces_[piece];
  if (p.kind == Piece::Kind::kText) {
    return rest.starts_with(p.text) &&
           MatchFrom(piece + 1, rest.substr(p.text.size()), path_begin, captures, steps);
  }
  const bool name = p.kind == Piece::Kind::kName;
  const std::string_view ends = rest.data() < path_begin ? "/." : "/";
  const size_t longest = name ? std::min(rest.find_first_of(ends), rest.size()) : rest.size();
  for (size_t length = longest + 1; length-- > (name ? 1 : 0);) {
    captures.emplace_back(p.text, rest.substr(0, length));
    if (MatchFrom(piece + 1, rest.substr(length), path_begin, captures, steps)) return true;
    captures.pop_back();
  }
  return false;
}

std::optional<PathPattern::Captures> PathPattern::Match(std::string_view host,
                                                        std::string_view path) const {
  Captures captures;
  int steps = kStepsMax;
  if (!has_host_) {
    if (!MatchFrom(0, path, path.data(), captures, steps)) return std::nullopt;
    return captures;
  }
  const std::string whole = std::string(host).append(path);
  if (!MatchFrom(0, whole, whole.data() + host.size(), captures, steps)) return std::nullopt;
  // Views into what the caller keeps; a '*' that takes host and path together keeps the path's
  // part.
  for (auto& [name, value] : captures) {
    const size_t begin = static_cast<size_t>(value.data() - whole.data());
    const size_t end = begin + value.size();
    value = end <= host.size() ? host.substr(begin, value.size())
                               : path.substr(begin - std::min(begin, host.size()),
                                             end - std::max(begin, host.size()));
  }
  return captures;
}

std::string Substitute(std::string_view text, const PathPattern::Captures& captures) {
  std::string out;
  while (!text.empty()) {
    const size_t length = text.front() == ':' ? NameLength(text.substr(1)) : 0;
    const std::string_view name = text.substr(std::min<size_t>(1, text.size()), length);
    const auto found = std::find_if(captures.begin(), captures.end(),
                                    [&](const auto& c) { return length > 0 && c.first == name; });
    if (found != captures.end()) {
      out.append(found->second);
      text.remove_prefix(1 + length);
    } else {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace terrella::bundle
