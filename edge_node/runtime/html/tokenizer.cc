#include "edge_node/runtime/html/tokenizer.h"

#include <algorithm>

#include "base/status.h"
#include "edge_node/runtime/html/ascii.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kCdataBegin = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";
constexpr std::string_view kDoctype = "<!doctype";

bool EndsTagName(char c) {
  return IsHtmlSpace(c) || c == '/' || c == '>';
}

// Whether `text` begins with `prefix` (lower case): 1, 0, or -1 when it is too short to tell.
int BeginsWith(std::string_view text, std::string_view prefix) {
  size_t n = std::min(text.size(), prefix.size());
  if (!EqualsLowerCase(text.substr(0, n), prefix.substr(0, n))) return 0;
  return n == prefix.size() ? 1 : -1;
}

}  // namespace

void HtmlTokenizer::Append(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

void HtmlTokenizer::SetTextMode(HtmlTextMode mode, std::string_view end_tag) {
  mode_ = mode;
  end_tag_ = end_tag;
  script_ = Script::kPlain;
}

absl::StatusOr<const HtmlToken*> HtmlTokenizer::Next() {
  if (input().empty()) return nullptr;
  bool complete = false;
  bool again = true;
  while (again) {  // twice at most: text that turns out to be markup
    again = false;
    switch (part_) {
      case Part::kText:
        complete = ReadText();
        again = !complete && part_ != Part::kText;
        break;
      case Part::kTag:
        complete = ReadTag();
        break;
      case Part::kComment:
        complete = ReadComment();
        break;
      case Part::kToBracket:
        complete = ReadToBracket();
        break;
      case Part::kCdataText:
        complete = ReadCdataText();
        break;
    }
  }
  if (complete) return &token_;
  if (finished_ && !input().empty() && GiveRest()) return &token_;
  if (input().size() > token_bytes_max_) {
    return ResourceExhausted("a tag or comment of the HTML is longer than {} bytes",
                             token_bytes_max_);
  }
  return nullptr;
}

bool HtmlTokenizer::Give(HtmlTokenType type, size_t end) {
  token_.type = type;
  token_.raw = input().substr(0, end);
  at_ += end;
  scan_ = 0;
  part_ = cdata_ ? Part::kCdataText : Part::kText;
  return true;
}

bool HtmlTokenizer::GiveText(size_t end) {
  if (end == 0) return false;
  token_.attributes.clear();
  token_.name = {};
  return Give(HtmlTokenType::kText, end);
}

// At the end of the input: what is begun stays what it is, as far as a tree cares.
bool HtmlTokenizer::GiveRest() {
  size_t size = input().size();
  HtmlTokenType type = token_.type;
  if (part_ == Part::kText || part_ == Part::kCdataText) return GiveText(size);
  if (part_ == Part::kTag) {
    token_.attributes.clear();
    type = HtmlTokenType::kOther;
  } else {
    token_.name.end = size;
  }
  return Give(type, size);
}

bool HtmlTokenizer::ReadText() {
  if (mode_ == HtmlTextMode::kPlaintext) return GiveText(input().size());
  if (mode_ == HtmlTextMode::kScript) return ReadScriptText();
  if (mode_ != HtmlTextMode::kData) return ReadRawText();
  size_t bracket = input().find('<');
  if (bracket == std::string_view::npos) return GiveText(input().size());
  if (bracket > 0) return GiveText(bracket);
  return ReadMarkup();
}

// Section 13.2.5.1 and 13.2.5.6 on, at '<': what begins here? A '<' that begins nothing is text.
bool HtmlTokenizer::ReadMarkup() {
  std::string_view text = input();
  if (text.size() < 2) return finished_ && GiveText(text.size());
  char next = text[1];
  if (IsAsciiAlpha(next)) {
    BeginMarkup(Part::kTag, HtmlTokenType::kStartTag);
    return false;
  }
  if (next == '?') {
    BeginMarkup(Part::kToBracket, HtmlTokenType::kComment);
    return false;
  }
  if (next == '/') {
    if (text.size() < 3) return finished_ && GiveText(text.size());
    if (text[2] == '>') {
      token_.attributes.clear();
      return Give(HtmlTokenType::kOther, 3);
    }
    bool is_tag = IsAsciiAlpha(text[2]);
    BeginMarkup(is_tag ? Part::kTag : Part::kToBracket,
                is_tag ? HtmlTokenType::kEndTag : HtmlTokenType::kComment);
    token_.name.begin = 2;
    scan_ = 2;
    return false;
  }
  if (next != '!') {
    size_t bracket = text.find('<', 1);
    return GiveText(bracket == std::string_view::npos ? text.size() : bracket);
  }
  int is_comment = BeginsWith(text, "<!--"), is_doctype = BeginsWith(text, kDoctype);
  int is_cdata = foreign_ && text.substr(0, kCdataBegin.size()) ==
                                 kCdataBegin.substr(0, std::min(text.size(), kCdataBegin.size()))
                     ? (text.size() >= kCdataBegin.size() ? 1 : -1)
                     : 0;
  if (is_cdata == 1) {
    cdata_ = true;
    token_.attributes.clear();
    return Give(HtmlTokenType::kOther, kCdataBegin.size());
  }
  if (!finished_ && (is_comment < 0 || is_doctype < 0 || is_cdata < 0)) return false;
  if (is_comment == 1) {
    BeginMarkup(Part::kComment, HtmlTokenType::kComment);
    token_.name.begin = scan_ = 4;
  } else {
    BeginMarkup(Part::kToBracket,
                is_doctype == 1 ? HtmlTokenType::kDoctype : HtmlTokenType::kComment);
    token_.name.begin = scan_ = 2;
  }
  return false;
}

void HtmlTokenizer::BeginMarkup(Part part, HtmlTokenType type) {
  part_ = part;
  scan_ = 1;
  tag_ = Tag::kName;
  token_.type = type;
  token_.name = {1, 1};
  token_.attributes.clear();
  token_.self_closing = false;
}

int HtmlTokenizer::IsEndTagAt(size_t from, std::string_view name) const {
  std::string_view text = input().substr(from);
  if (text.size() >= 2 && text[1] != '/') return 0;
  int named = text.size() < 2 ? -1 : BeginsWith(text.substr(2), name);
  if (named <= 0) return named;
  if (text.size() == name.size() + 2) return -1;
  return EndsTagName(text[name.size() + 2]) ? 1 : 0;
}

// RCDATA and RAWTEXT: text until the end tag of the element.
bool HtmlTokenizer::ReadRawText() {
  std::string_view text = input();
  while (true) {
    size_t bracket = text.find('<', scan_);
    if (bracket == std::string_view::npos) return GiveText(text.size());
    int is_end = IsEndTagAt(bracket, end_tag_);
    if (is_end < 0 && !finished_) {
      scan_ = 0;
      return GiveText(bracket);
    }
    if (is_end == 1) {
      if (bracket > 0) return GiveText(bracket);
      mode_ = HtmlTextMode::kData;
      return ReadMarkup();
    }
    scan_ = bracket + 1;
  }
}

// Sections 13.2.5.4 and 13.2.5.15 to 13.2.5.31: a script whose "<!--" may hide a "</script>".
bool HtmlTokenizer::ReadScriptText() {
  std::string_view text = input();
  while (true) {
    size_t stop = text.find_first_of(script_ == Script::kPlain ? "<" : "<-", scan_);
    if (stop == std::string_view::npos) return GiveText(text.size());
    // The longest thing that decides anything here is "</script" and what follows it.
    if (text.size() - stop < end_tag_.size() + 3 && !finished_) {
      scan_ = 0;
      return GiveText(stop);
    }
    std::string_view rest = text.substr(stop);
    scan_ = stop + 1;
    if (rest[0] == '-') {
      size_t dashes = std::min(rest.find_first_not_of('-'), rest.size());
      bool ends = dashes >= 2 && dashes < rest.size() && rest[dashes] == '>';
      if (dashes == rest.size() && !finished_) {
        scan_ = 0;
        return GiveText(text.size() - 2);  // two dashes are kept: they may be the end's
      }
      if (ends) script_ = Script::kPlain;
      scan_ = stop + dashes;
    } else if (script_ != Script::kDoubleEscaped && IsEndTagAt(stop, end_tag_) == 1) {
      if (stop > 0) {
        scan_ = 0;
        return GiveText(stop);
      }
      mode_ = HtmlTextMode::kData;
      return ReadMarkup();
    } else if (script_ == Script::kPlain && rest.starts_with("<!--")) {
      script_ = Script::kEscaped;
      scan_ = stop + 2;  // its dashes count: "<!-->" ends at once
    } else if (script_ == Script::kEscaped && BeginsWith(rest.substr(1), "script") == 1 &&
               rest.size() > 7 && EndsTagName(rest[7])) {
      script_ = Script::kDoubleEscaped;
    } else if (script_ == Script::kDoubleEscaped && IsEndTagAt(stop, "script") == 1) {
      script_ = Script::kEscaped;
    }
  }
}

bool HtmlTokenizer::ReadTag() {
  std::string_view text = input();
  while (scan_ < text.size()) {
    if (ReadTagByte(text[scan_])) return Give(token_.type, scan_ + 1);
    ++scan_;
  }
  return false;
}

void HtmlTokenizer::BeginAttribute() {
  token_.attributes.push_back({{scan_, scan_}, {scan_, scan_}, {scan_, scan_}});
  tag_ = Tag::kAttributeName;
}

void HtmlTokenizer::EndAttribute(size_t end) {
  token_.attributes.back().whole.end = end;
}

// Sections 13.2.5.8 and 13.2.5.32 to 13.2.5.40. True at the '>' that ends the tag.
bool HtmlTokenizer::ReadTagByte(char c) {
  const bool space = IsHtmlSpace(c);
  auto value = [&]() -> HtmlSpan& { return token_.attributes.back().value; };
  switch (tag_) {
    case Tag::kName:
      if (!EndsTagName(c)) return false;
      token_.name.end = scan_;
      tag_ = c == '/' ? Tag::kSlash : Tag::kBeforeAttribute;
      return c == '>';
    case Tag::kSlash:
      token_.self_closing = c == '>';
      if (c == '>') return true;
      tag_ = Tag::kBeforeAttribute;
      [[fallthrough]];
    case Tag::kBeforeAttribute:
      if (space || c == '>') return c == '>';
      if (c == '/') {
        tag_ = Tag::kSlash;
      } else {
        BeginAttribute();  // also with '=': an odd name
      }
      return false;
    case Tag::kAttributeName:
      if (!EndsTagName(c) && c != '=') return false;
      token_.attributes.back().name.end = scan_;
      value() = {scan_, scan_};
      EndAttribute(scan_);
      tag_ = c == '=' ? Tag::kBeforeValue : c == '/' ? Tag::kSlash : Tag::kAfterName;
      return c == '>';
    case Tag::kAfterName:
      if (space || c == '>') return c == '>';
      if (c == '=') {
        tag_ = Tag::kBeforeValue;
      } else if (c == '/') {
        tag_ = Tag::kSlash;
      } else {
        BeginAttribute();
      }
      return false;
    case Tag::kBeforeValue:
      if (space) return false;
      if (c == '>') {
        EndAttribute(scan_);
        return true;
      }
      tag_ = c == '"' ? Tag::kDoubleQuoted : c == '\'' ? Tag::kSingleQuoted : Tag::kUnquoted;
      value().begin = tag_ == Tag::kUnquoted ? scan_ : scan_ + 1;
      return false;
    default:
      return ReadValueByte(c);
  }
}

// Sections 13.2.5.36 to 13.2.5.39: inside a value, and right behind a quoted one.
bool HtmlTokenizer::ReadValueByte(char c) {
  const bool space = IsHtmlSpace(c);
  HtmlAttribute& attribute = token_.attributes.back();
  switch (tag_) {
    case Tag::kUnquoted:
      if (!space && c != '>') return false;
      attribute.value.end = attribute.whole.end = scan_;
      tag_ = Tag::kBeforeAttribute;
      return c == '>';
    case Tag::kAfterQuoted:
      if (space || c == '>') {
        tag_ = Tag::kBeforeAttribute;
        return c == '>';
      }
      if (c == '/') {
        tag_ = Tag::kSlash;
      } else {
        BeginAttribute();
      }
      return false;
    default:
      if (c != (tag_ == Tag::kDoubleQuoted ? '"' : '\'')) return false;
      attribute.value.end = scan_;
      attribute.whole.end = scan_ + 1;
      tag_ = Tag::kAfterQuoted;
      return false;
  }
}

// Sections 13.2.5.43 to 13.2.5.52.
bool HtmlTokenizer::ReadComment() {
  constexpr size_t kText = 4;  // after "<!--"
  std::string_view text = input();
  auto end = [&](size_t dashes, size_t length) {
    token_.name = {kText, dashes};
    return Give(HtmlTokenType::kComment, length);
  };
  std::string_view begun = text.substr(kText);
  if (begun.starts_with(">")) return end(kText, kText + 1);
  if (begun.starts_with("->")) return end(kText, kText + 2);
  while (true) {
    size_t dashes = text.find("--", scan_);
    if (dashes == std::string_view::npos) {
      scan_ = std::max(scan_, text.size() - (text.ends_with('-') ? 1 : 0));
      return false;
    }
    std::string_view after = text.substr(dashes + 2);
    if (after.starts_with(">")) return end(dashes, dashes + 3);
    if (after.starts_with("!>")) return end(dashes, dashes + 4);
    if (after.empty() || after == "!") {
      scan_ = dashes;
      return false;
    }
    scan_ = dashes + 1;
  }
}

bool HtmlTokenizer::ReadToBracket() {
  size_t bracket = input().find('>', scan_);
  if (bracket == std::string_view::npos) {
    scan_ = input().size();
    return false;
  }
  token_.name.end = bracket;
  return Give(token_.type, bracket + 1);
}

bool HtmlTokenizer::ReadCdataText() {
  std::string_view text = input();
  size_t end = text.find(kCdataEnd);
  if (end == 0) {
    cdata_ = false;
    token_.attributes.clear();
    return Give(HtmlTokenType::kOther, kCdataEnd.size());
  }
  if (end != std::string_view::npos) return GiveText(end);
  size_t kept = std::min<size_t>(text.size(), 2);  // they may be the end's
  return GiveText(text.size() - kept);
}

}  // namespace terrella::runtime
