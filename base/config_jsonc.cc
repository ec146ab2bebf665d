#include <algorithm>
#include <charconv>

#include "base/config_node.h"
#include "base/status.h"
#include "base/utf8.h"

namespace terrella {
namespace {

constexpr int kDepthMax = 64;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$';
}

// Reads one text from front to back. Each Read... returns false after recording the error.
class JsoncReader {
 public:
  JsoncReader(std::string_view text, std::string_view name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;
  }

  absl::StatusOr<ConfigNode> Read() {
    ConfigNode root;
    if (!SkipBlank() || !ReadValue(root, 0) || !SkipBlank()) return error_;
    if (at_ < text_.size()) {
      Fail(fmt::format("expected the end of the file, found {}", Found()));
      return error_;
    }
    return root;
  }

 private:
  ConfigPlace Here() const { return {line_, static_cast<uint32_t>(at_ - line_start_) + 1}; }
  bool FailAt(const ConfigPlace& place, std::string_view message) {
    error_ = InvalidArgument("{}:{}:{}: {}", name_, place.line, place.column, message);
    return false;
  }
  bool Fail(std::string_view message) { return FailAt(Here(), message); }
  // What stands here, for errors.
  std::string Found() const {
    if (at_ >= text_.size()) return "the end of the file";
    size_t end = at_;
    while (end < text_.size() && end - at_ < 20 && IsWordByte(text_[end])) ++end;
    if (end > at_) return fmt::format("'{}'", text_.substr(at_, end - at_));
    const char c = text_[at_];
    if (c >= ' ' && c < 0x7f) return fmt::format("'{}'", c);
    return fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c));
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Advance() {
    if (text_[at_++] == '\n') {
      ++line_;
      line_start_ = at_;
    }
  }

  bool SkipBlank() {
    for (;;) {
      while (at_ < text_.size() &&
             (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r'))
        Advance();
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//")) {
        while (at_ < text_.size() && Peek() != '\n') Advance();
      } else if (rest.starts_with("/*")) {
        const ConfigPlace opened = Here();
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return FailAt(opened, "the comment is not closed");
        while (at_ < end + 2) Advance();
      } else {
        return true;
      }
    }
  }

  bool ReadValue(ConfigNode& node, int depth) {
    node.place = Here();
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (depth == kDepthMax) return Fail(fmt::format("more than {} levels deep", kDepthMax));
      return c == '{' ? ReadObject(node, depth) : ReadArray(node, depth);
    }
    if (c == '"') {
      node.kind = ConfigNode::Kind::kString;
      return ReadString(node.text);
    }
    if (c == '-' || IsDigit(c)) return ReadNumber(node);
    return ReadWord(node);
  }

  bool ReadWord(ConfigNode& node) {
    size_t end = at_;
    while (end < text_.size() && IsWordByte(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (word == "true" || word == "false") {
      node.kind = ConfigNode::Kind::kBoolean;
      node.boolean = word == "true";
    } else if (word != "null") {
      return Fail(fmt::format("expected a value, found {}", Found()));
    }
    at_ = end;
    return true;
  }

  bool ReadNumber(ConfigNode& node) {
    const size_t begin = at_;
    bool whole = true;
    auto digits = [&] {
      const size_t from = at_;
      while (IsDigit(Peek())) ++at_;
      return at_ > from;
    };
    if (Peek() == '-') ++at_;
    const bool zero = Peek() == '0';
    if (!digits() || (zero && at_ - begin > (text_[begin] == '-' ? 2u : 1u))) {
      return FailAt(node.place, "this is no number of JSON");
    }
    if (Peek() == '.') {
      whole = false;
      ++at_;
      if (!digits()) return FailAt(node.place, "this is no number of JSON");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      whole = false;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!digits()) return FailAt(node.place, "this is no number of JSON");
    }
    const char* first = text_.data() + begin;
    const char* last = text_.data() + at_;
    node.kind = ConfigNode::Kind::kNumber;
    if (std::from_chars(first, last, node.number).ec != std::errc()) {
      return FailAt(node.place, "the number is out of range");
    }
    if (whole && std::from_chars(first, last, node.integer).ec == std::errc()) {
      node.kind = ConfigNode::Kind::kInteger;
    }
    return true;
  }

  bool ReadString(std::string& out) {
    const ConfigPlace opened = Here();
    Advance();
    for (;;) {
      if (at_ >= text_.size() || Peek() == '\n') return FailAt(opened, "the string is not closed");
      const char c = Peek();
      if (static_cast<unsigned char>(c) < ' ') return Fail("a control character must be escaped");
      if (c == '"') break;
      if (c == '\\') {
        if (!ReadEscape(out)) return false;
      } else {
        out += c;
        ++at_;
      }
    }
    ++at_;
    if (!IsUtf8(out)) return FailAt(opened, "the string is not UTF-8");
    return true;
  }

  // Four hexadecimal digits behind "\u"; -1 after an error.
  int32_t ReadUnit() {
    at_ += 2;
    uint32_t unit = 0;
    const std::string_view hex = text_.substr(std::min(at_, text_.size()), 4);
    auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), unit, 16);
    if (hex.size() != 4 || error != std::errc() || end != hex.data() + 4) {
      Fail("expected four hexadecimal digits after \\u");
      return -1;
    }
    at_ += 4;
    return static_cast<int32_t>(unit);
  }

  bool ReadEscape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const size_t known = kNames.find(c); known != std::string_view::npos && c != '\0') {
      out += kBytes[known];
      at_ += 2;
      return true;
    }
    if (c != 'u')
      return Fail("an escape of JSON is one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    int32_t unit = ReadUnit();
    if (unit < 0) return false;
    uint32_t code = static_cast<uint32_t>(unit);
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const int32_t low = ReadUnit();
      if (low < 0) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00);
      } else {
        return Fail("a surrogate stands alone");
      }
    }
    if (code >= 0xD800 && code < 0xE000) return Fail("a surrogate stands alone");
    AppendUtf8(out, code);
    return true;
  }

  // After a value: a comma, or the closing bracket. False on neither; `closed` says which.
  bool ReadSeparator(char close, bool& closed) {
    if (!SkipBlank()) return false;
    if (Peek() == ',') {
      Advance();
      if (!SkipBlank()) return false;
    } else if (Peek() != close || at_ >= text_.size()) {
      return Fail(fmt::format("expected ',' or '{}', found {}", close, Found()));
    }
    closed = Peek() == close;
    if (closed) Advance();
    return true;
  }

  bool ReadArray(ConfigNode& node, int depth) {
    node.kind = ConfigNode::Kind::kList;
    Advance();
    if (!SkipBlank()) return false;
    bool closed = Peek() == ']';
    if (closed) Advance();
    while (!closed) {
      if (!ReadValue(node.list.emplace_back(), depth + 1)) return false;
      if (!ReadSeparator(']', closed)) return false;
    }
    return true;
  }

  bool ReadObject(ConfigNode& node, int depth) {
    node.kind = ConfigNode::Kind::kTable;
    Advance();
    if (!SkipBlank()) return false;
    bool closed = Peek() == '}';
    if (closed) Advance();
    while (!closed) {
      ConfigMember& member = node.members.emplace_back();
      member.place = Here();
      if (Peek() != '"') {
        return Fail(fmt::format("expected a name in quotes or '}}', found {}", Found()));
      }
      if (!ReadString(member.name) || !SkipBlank()) return false;
      if (Peek() != ':') {
        return Fail(fmt::format("expected ':' after \"{}\", found {}", member.name, Found()));
      }
      Advance();
      if (!SkipBlank() || !ReadValue(member.value, depth + 1)) return false;
      if (!ReadSeparator('}', closed)) return false;
    }
    auto& members = node.members;
    std::stable_sort(members.begin(), members.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    auto twice = std::adjacent_find(members.begin(), members.end(),
                                    [](const auto& a, const auto& b) { return a.name == b.name; });
    if (twice == members.end()) return true;
    return FailAt((twice + 1)->place, fmt::format("\"{}\" stands here a second time", twice->name));
  }

  const std::string_view text_;
  const std::string_view name_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  uint32_t line_ = 1;
  absl::Status error_;
};

}  // namespace

absl::StatusOr<ConfigNode> ParseJsonc(std::string_view text, std::string_view name) {
  return JsoncReader(text, name).Read();
}

}  // namespace terrella
