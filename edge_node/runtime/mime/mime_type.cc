#include "edge_node/runtime/mime/mime_type.h"

#include <algorithm>

namespace terrella::runtime {
namespace {

constexpr std::string_view kHttpWhitespace = "\t\n\r ";

bool IsTokenByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

// "HTTP quoted-string token code points".
bool IsQuotableText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte <= 0x7e) || byte >= 0x80;
  });
}

// What stands before the first of `ends`, which `text` loses.
std::string_view TakeUntil(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view StripEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(kHttpWhitespace);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// "Collect an HTTP quoted string" (Fetch section 2.2): its value when `raw` is null, else the text
// as it stands is added to `raw`. `text` begins with the quote and loses what was collected.
std::string TakeQuotedString(std::string_view& text, std::string* raw) {
  const std::string_view begin = text;
  std::string value;
  text.remove_prefix(1);
  while (!text.empty()) {
    value += TakeUntil(text, "\"\\");
    if (text.empty()) break;
    const char mark = text.front();
    text.remove_prefix(1);
    if (mark == '"') break;
    if (text.empty()) {
      value += '\\';
      break;
    }
    value += text.front();
    text.remove_prefix(1);
  }
  if (raw != nullptr) raw->append(begin.substr(0, begin.size() - text.size()));
  return value;
}

// "Get, decode, and split": cut at the commas outside of quoted strings.
std::vector<std::string> SplitHeaderValue(std::string_view text) {
  std::vector<std::string> values;
  for (;;) {
    std::string value;
    for (;;) {
      value += TakeUntil(text, "\",");
      if (text.empty() || text.front() == ',') break;
      TakeQuotedString(text, &value);
    }
    const size_t first = value.find_first_not_of("\t ");
    const size_t last = value.find_last_not_of("\t ");
    values.push_back(first == std::string::npos ? "" : value.substr(first, last - first + 1));
    if (text.empty()) return values;
    text.remove_prefix(1);
  }
}

// One "; name=value" of a type; `text` begins with the semicolon and loses it.
void TakeParameter(std::string_view& text, MimeType& mime) {
  text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(kHttpWhitespace), text.size()));
  const std::string name = AsciiLower(TakeUntil(text, ";="));
  if (text.empty() || text.front() == ';') return;
  text.remove_prefix(1);
  if (text.empty()) return;
  std::string value;
  if (text.front() == '"') {
    value = TakeQuotedString(text, nullptr);
    TakeUntil(text, ";");
  } else {
    value = StripEnd(TakeUntil(text, ";"));
    if (value.empty()) return;
  }
  if (IsHttpToken(name) && IsQuotableText(value)) mime.AddParameter(name, value);
}

}  // namespace

std::string_view StripHttpWhitespace(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kHttpWhitespace), text.size()));
  return StripEnd(text);
}

bool IsHttpToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenByte);
}

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<MimeType> MimeType::Parse(std::string_view text) {
  text = StripHttpWhitespace(text);
  const std::string_view type = TakeUntil(text, "/");
  if (text.empty() || !IsHttpToken(type)) return std::nullopt;
  text.remove_prefix(1);
  const std::string_view subtype = StripEnd(TakeUntil(text, ";"));
  if (!IsHttpToken(subtype)) return std::nullopt;
  MimeType mime{.type = AsciiLower(type), .subtype = AsciiLower(subtype)};
  while (!text.empty()) TakeParameter(text, mime);
  return mime;
}

std::optional<MimeType> MimeType::Extract(std::string_view header_value) {
  std::optional<MimeType> found;
  std::string charset;
  bool has_charset = false;
  for (const std::string& value : SplitHeaderValue(header_value)) {
    std::optional<MimeType> mime = Parse(value);
    if (!mime || mime->essence() == "*/*") continue;
    const std::string* own = mime->parameter("charset");
    if (!found || mime->essence() != found->essence()) {
      has_charset = own != nullptr;
      if (has_charset) charset = *own;
    } else if (own == nullptr && has_charset) {
      mime->AddParameter("charset", charset);
    }
    found = std::move(mime);
  }
  return found;
}

const std::string* MimeType::parameter(std::string_view name) const {
  for (const auto& [own, value] : parameters) {
    if (own == name) return &value;
  }
  return nullptr;
}

void MimeType::AddParameter(std::string_view name, std::string_view value) {
  if (parameter(name) == nullptr) parameters.emplace_back(name, value);
}

std::string MimeType::Serialize() const {
  std::string out = essence();
  for (const auto& [name, value] : parameters) {
    out += ";" + name + "=";
    if (IsHttpToken(value)) {
      out += value;
      continue;
    }
    out += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

}  // namespace terrella::runtime
