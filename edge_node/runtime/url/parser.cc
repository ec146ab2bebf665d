#include "edge_node/runtime/url/parser.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "edge_node/runtime/url/host.h"
#include "edge_node/runtime/url/percent_encode.h"

namespace terrella::runtime {
namespace {

bool IsAlpha(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsSlash(char c) {
  return c == '/' || c == '\\';
}

// "C:" or "C|" (section 4.2, "Windows drive letter").
bool IsDriveLetter(std::string_view s) {
  return s.size() == 2 && IsAlpha(s[0]) && (s[1] == ':' || s[1] == '|');
}
bool StartsWithDriveLetter(std::string_view s) {
  return IsDriveLetter(s.substr(0, 2)) &&
         (s.size() == 2 || IsSlash(s[2]) || s[2] == '?' || s[2] == '#');
}

// A list path of exactly one segment, "C:".
bool IsOnlyDrive(std::string_view path) {
  return path.size() == 3 && IsAlpha(path[1]) && path[2] == ':';
}

bool IsSingleDot(std::string_view segment) {
  return segment == "." ||
         (segment.size() == 3 && segment.starts_with("%2") && (segment[2] | 0x20) == 'e');
}

bool IsDoubleDot(std::string_view segment) {
  if (segment.starts_with('.')) return IsSingleDot(segment.substr(1));
  return segment.size() > 3 && IsSingleDot(segment.substr(0, 3)) && IsSingleDot(segment.substr(3));
}

void ShortenPath(UrlRecord& url) {
  if (url.kind == SchemeKind::kFile && IsOnlyDrive(url.path)) return;
  const size_t slash = url.path.rfind('/');
  if (slash != std::string::npos) url.path.resize(slash);
}

class Parser {
 public:
  Parser(std::string_view input, const UrlRecord* base) : rest_(input), base_(base) {}

  absl::StatusOr<UrlRecord> Run();

 private:
  enum class State {
    kScheme,
    kNoScheme,
    kSpecialRelativeOrAuthority,
    kSpecialAuthority,
    kPathOrAuthority,
    kRelative,
    kRelativeSlash,
    kAuthority,
    kFile,
    kFileSlash,
    kFileHost,
    kPathStart,
    kPath,
    kOpaquePath,
    kQuery,
    kFragment,
    kDone,
  };

  State Step(State state);
  State Scheme();
  State NoScheme();
  State SpecialRelativeOrAuthority();
  State SpecialAuthority();
  State PathOrAuthority();
  State Relative();
  State RelativeSlash();
  State Authority();
  State File();
  State FileSlash();
  State FileHost();
  State PathStart();
  State Path();
  State OpaquePath();
  State Query();
  State Fragment();

  State Fail(absl::Status status) {
    status_ = std::move(status);
    return State::kDone;
  }
  bool At(char c) const { return rest_.starts_with(c); }
  bool AtSlash() const { return At('/') || (url_.is_special() && At('\\')); }
  std::string_view Take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void CopyAuthority();
  // The state after a path: at '?', '#' or the end. Consumes the mark.
  State AfterPath();
  // What a relative reference without authority does once the base's path is copied.
  State AfterBasePath(bool keeps_path_of_base);
  absl::Status ParseAuthorityHost(std::string_view text);

  std::string_view rest_;
  const UrlRecord* base_;
  UrlRecord url_;
  absl::Status status_;
};

absl::StatusOr<UrlRecord> Parser::Run() {
  State state = State::kScheme;
  while (state != State::kDone) state = Step(state);
  if (!status_.ok()) return status_;
  return std::move(url_);
}

Parser::State Parser::Step(State state) {
  switch (state) {
    case State::kScheme:
      return Scheme();
    case State::kNoScheme:
      return NoScheme();
    case State::kSpecialRelativeOrAuthority:
      return SpecialRelativeOrAuthority();
    case State::kSpecialAuthority:
      return SpecialAuthority();
    case State::kPathOrAuthority:
      return PathOrAuthority();
    case State::kRelative:
      return Relative();
    case State::kRelativeSlash:
      return RelativeSlash();
    case State::kAuthority:
      return Authority();
    case State::kFile:
      return File();
    case State::kFileSlash:
      return FileSlash();
    case State::kFileHost:
      return FileHost();
    case State::kPathStart:
      return PathStart();
    case State::kPath:
      return Path();
    case State::kOpaquePath:
      return OpaquePath();
    case State::kQuery:
      return Query();
    case State::kFragment:
      return Fragment();
    case State::kDone:
      break;
  }
  return State::kDone;
}

Parser::State Parser::Scheme() {
  const size_t length = SchemeLength(rest_);
  if (length == 0) return State::kNoScheme;
  std::string scheme(Take(length));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c |= 0x20;
  }
  url_.SetScheme(scheme);
  Take(1);
  if (url_.kind == SchemeKind::kFile) return State::kFile;
  if (url_.is_special()) {
    const bool same_as_base = base_ != nullptr && base_->kind == url_.kind;
    return same_as_base ? State::kSpecialRelativeOrAuthority : State::kSpecialAuthority;
  }
  if (At('/')) {
    Take(1);
    return State::kPathOrAuthority;
  }
  return State::kOpaquePath;
}

Parser::State Parser::NoScheme() {
  if (base_ == nullptr) return Fail(InvalidArgument("no scheme, and no base URL"));
  if (base_->has_opaque_path) {
    if (!At('#')) return Fail(InvalidArgument("no scheme, and the base URL has an opaque path"));
    url_ = *base_;
    Take(1);
    return State::kFragment;
  }
  return base_->kind == SchemeKind::kFile ? State::kFile : State::kRelative;
}

Parser::State Parser::SpecialRelativeOrAuthority() {
  return rest_.starts_with("//") ? State::kSpecialAuthority : State::kRelative;
}

Parser::State Parser::SpecialAuthority() {
  const auto* end = std::find_if_not(rest_.begin(), rest_.end(), IsSlash);
  Take(static_cast<size_t>(end - rest_.begin()));
  return State::kAuthority;
}

Parser::State Parser::PathOrAuthority() {
  if (!At('/')) return State::kPath;
  Take(1);
  return State::kAuthority;
}

void Parser::CopyAuthority() {
  url_.username = base_->username;
  url_.password = base_->password;
  url_.host = base_->host;
  url_.port = base_->port;
}

Parser::State Parser::Relative() {
  url_.SetScheme(base_->scheme);
  if (AtSlash()) {
    Take(1);
    return State::kRelativeSlash;
  }
  CopyAuthority();
  url_.path = base_->path;
  return AfterBasePath(/*keeps_path_of_base=*/true);
}

Parser::State Parser::AfterBasePath(bool keeps_path_of_base) {
  if (rest_.empty() || At('#')) url_.query = base_->query;
  if (rest_.empty() || At('?') || At('#')) return AfterPath();
  if (keeps_path_of_base) {
    ShortenPath(url_);
  } else {
    url_.path.clear();
  }
  return State::kPath;
}

Parser::State Parser::RelativeSlash() {
  if (url_.is_special() && AtSlash()) return State::kSpecialAuthority;
  if (At('/')) {
    Take(1);
    return State::kAuthority;
  }
  CopyAuthority();
  return State::kPath;
}

Parser::State Parser::Authority() {
  std::string_view text = Take(AuthorityLength(rest_, url_.is_special()));
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = text.substr(0, at);
    const size_t colon = credentials.find(':');
    AppendEncoded(EncodeSet::kUserinfo, credentials.substr(0, colon), url_.username);
    if (colon != std::string_view::npos) {
      AppendEncoded(EncodeSet::kUserinfo, credentials.substr(colon + 1), url_.password);
    }
    text.remove_prefix(at + 1);
    if (text.empty()) return Fail(InvalidArgument("credentials without a host"));
  }
  if (absl::Status status = ParseAuthorityHost(text); !status.ok()) return Fail(status);
  return State::kPathStart;
}

absl::Status Parser::ParseAuthorityHost(std::string_view text) {
  const HostPort parts = SplitHostPort(text);
  if (parts.host.empty() && (parts.has_colon || url_.is_special())) {
    return InvalidArgument("no host");
  }
  ASSIGN_OR_RETURN(url_.host, ParseHost(parts.host, !url_.is_special()));
  size_t digits = 0;
  RETURN_IF_ERROR(TakePort(parts.port, url_, digits));
  if (digits != parts.port.size()) return InvalidArgument("invalid port '{}'", parts.port);
  return absl::OkStatus();
}

Parser::State Parser::File() {
  url_.SetScheme("file");
  url_.host = "";
  if (AtSlash()) {
    Take(1);
    return State::kFileSlash;
  }
  if (base_ == nullptr || base_->kind != SchemeKind::kFile) return State::kPath;
  url_.host = base_->host;
  url_.path = base_->path;
  return AfterBasePath(!StartsWithDriveLetter(rest_));
}

Parser::State Parser::FileSlash() {
  if (AtSlash()) {
    Take(1);
    return State::kFileHost;
  }
  if (base_ != nullptr && base_->kind == SchemeKind::kFile) {
    url_.host = base_->host;
    const std::string_view first = std::string_view(base_->path).substr(0, 3);
    const bool is_whole_segment = base_->path.size() <= 3 || base_->path[3] == '/';
    if (!StartsWithDriveLetter(rest_) && IsOnlyDrive(first) && is_whole_segment) url_.path = first;
  }
  return State::kPath;
}

Parser::State Parser::FileHost() {
  const std::string_view text = rest_.substr(0, AuthorityLength(rest_, /*is_special=*/true));
  if (IsDriveLetter(text)) return State::kPath;  // not a host: "file://C|/x"
  Take(text.size());
  if (!text.empty()) {
    absl::StatusOr<std::string> host = ParseHost(text, /*is_opaque=*/false);
    if (!host.ok()) return Fail(std::move(host).status());
    url_.host = *host == "localhost" ? "" : *std::move(host);
  }
  return State::kPathStart;
}

Parser::State Parser::PathStart() {
  if (!url_.is_special()) {
    if (rest_.empty() || At('?') || At('#')) return AfterPath();
  }
  if (AtSlash()) Take(1);
  return State::kPath;
}

Parser::State Parser::AfterPath() {
  if (rest_.empty()) return State::kDone;
  return Take(1) == "?" ? State::kQuery : State::kFragment;
}

Parser::State Parser::Path() {
  AppendPath(Take(rest_.find_first_of("?#")), url_);
  return AfterPath();
}

Parser::State Parser::OpaquePath() {
  url_.has_opaque_path = true;
  const std::string_view text = Take(rest_.find_first_of("?#"));
  AppendEncoded(EncodeSet::kC0Control, text, url_.path);
  // A space that '?' or '#' follows is encoded, so that dropping those leaves no trailing space.
  if (!rest_.empty() && url_.path.ends_with(' ')) url_.path.replace(url_.path.size() - 1, 1, "%20");
  return AfterPath();
}

Parser::State Parser::Query() {
  const EncodeSet set = url_.is_special() ? EncodeSet::kSpecialQuery : EncodeSet::kQuery;
  AppendEncoded(set, Take(rest_.find('#')), url_.query.emplace());
  return AfterPath();
}

Parser::State Parser::Fragment() {
  AppendEncoded(EncodeSet::kFragment, rest_, url_.fragment.emplace());
  return State::kDone;
}

}  // namespace

absl::StatusOr<UrlRecord> ParseUrlRecord(std::string_view input, const UrlRecord* base) {
  const auto is_c0_or_space = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!input.empty() && is_c0_or_space(input.front())) input.remove_prefix(1);
  while (!input.empty() && is_c0_or_space(input.back())) input.remove_suffix(1);
  if (input.find_first_of("\t\n\r") == std::string_view::npos) return Parser(input, base).Run();
  return Parser(WithoutTabsAndNewlines(input), base).Run();
}

std::string WithoutTabsAndNewlines(std::string_view input) {
  std::string out;
  out.reserve(input.size());
  std::copy_if(input.begin(), input.end(), std::back_inserter(out),
               [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
  return out;
}

size_t SchemeLength(std::string_view input) {
  if (input.empty() || !IsAlpha(input[0])) return 0;
  for (size_t i = 1; i < input.size(); ++i) {
    const char c = input[i];
    if (c == ':') return i;
    if (!IsAlpha(c) && !IsDigit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

size_t AuthorityLength(std::string_view input, bool is_special) {
  return std::min(input.find_first_of(is_special ? "/?#\\" : "/?#"), input.size());
}

HostPort SplitHostPort(std::string_view text) {
  bool in_brackets = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && !in_brackets) return {text.substr(0, i), text.substr(i + 1), true};
    if (text[i] == '[') in_brackets = true;
    if (text[i] == ']') in_brackets = false;
  }
  return {text, {}, false};
}

absl::Status TakePort(std::string_view text, UrlRecord& url, size_t& digits) {
  uint32_t value = 0;
  for (digits = 0; digits < text.size() && IsDigit(text[digits]); ++digits) {
    value = value * 10 + (text[digits] - '0');
    if (value > 65535) return InvalidArgument("port above 65535");
  }
  if (digits > 0) url.SetPort(static_cast<uint16_t>(value));
  return absl::OkStatus();
}

void AppendPath(std::string_view text, UrlRecord& url) {
  const std::string_view separators = url.is_special() ? "/\\" : "/";
  for (;;) {
    const size_t separator = text.find_first_of(separators);
    const bool is_last = separator == std::string_view::npos;
    const std::string_view segment = text.substr(0, separator);
    if (IsDoubleDot(segment)) {
      ShortenPath(url);
      if (is_last) url.path.push_back('/');
    } else if (IsSingleDot(segment)) {
      if (is_last) url.path.push_back('/');
    } else {
      const bool is_drive =
          url.kind == SchemeKind::kFile && url.path.empty() && IsDriveLetter(segment);
      url.path.push_back('/');
      AppendEncoded(EncodeSet::kPath, segment, url.path);
      if (is_drive) url.path.back() = ':';
    }
    if (is_last) return;
    text.remove_prefix(separator + 1);
  }
}

}  // namespace terrella::runtime
