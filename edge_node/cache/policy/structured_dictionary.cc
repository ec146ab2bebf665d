#include "edge_node/cache/policy/structured_dictionary.h"

#include <utility>

namespace terrella::cache {
namespace {

using Kind = DictionaryMember::Kind;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsAlpha(char c) {
  return IsLower(static_cast<char>(c | 0x20));
}
bool IsTchar(char c) {
  return IsAlpha(c) || IsDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// One pass over the value; after an error `ok` stays false and the rest does not matter.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<std::vector<DictionaryMember>> Dictionary() {
    std::vector<DictionaryMember> members;
    SkipSpaces();
    while (ok_ && !rest_.empty()) {
      DictionaryMember member = Member();
      std::erase_if(members, [&](const auto& m) { return m.key == member.key; });
      members.push_back(std::move(member));
      SkipOws();
      if (rest_.empty()) break;
      Expect(',');
      SkipOws();
      if (rest_.empty()) ok_ = false;  // a comma with nothing behind it
    }
    if (!ok_) return std::nullopt;
    return members;
  }

 private:
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  char Take() {
    const char c = Peek();
    if (rest_.empty()) {
      ok_ = false;
    } else {
      rest_.remove_prefix(1);
    }
    return c;
  }
  void Expect(char c) {
    if (Take() != c) ok_ = false;
  }
  void SkipSpaces() {
    while (Peek() == ' ') rest_.remove_prefix(1);
  }
  void SkipOws() {
    while (Peek() == ' ' || Peek() == '\t') rest_.remove_prefix(1);
  }

  DictionaryMember Member() {
    DictionaryMember member{.key = Key()};
    if (Peek() == '=') {
      Take();
      if (Peek() == '(') {
        InnerList();
        member.kind = Kind::kOther;
      } else {
        member.kind = BareItem(member.text);
      }
    }
    Parameters();
    return member;
  }

  std::string Key() {
    std::string key;
    if (!IsLower(Peek()) && Peek() != '*') ok_ = false;
    while (ok_ && (IsLower(Peek()) || IsDigit(Peek()) || Peek() == '_' || Peek() == '-' ||
                   Peek() == '.' || Peek() == '*')) {
      key += Take();
    }
    return key;
  }

  void Parameters() {
    while (ok_ && Peek() == ';') {
      Take();
      SkipSpaces();
      Key();
      if (Peek() == '=') {
        Take();
        std::string ignored;
        BareItem(ignored);
      }
    }
  }

  void InnerList() {
    Take();
    while (ok_) {
      SkipSpaces();
      if (Peek() == ')') {
        Take();
        return;
      }
      std::string ignored;
      BareItem(ignored);
      Parameters();
      if (Peek() != ' ' && Peek() != ')') ok_ = false;
    }
  }

  Kind BareItem(std::string& text) {
    const char c = Peek();
    if (c == '-' || IsDigit(c)) return Number(text);
    if (c == '"') return String(text);
    if (c == '?') return Boolean();
    if (c == ':') return Bytes();
    if (c == '@') {
      Take();
      if (Number(text) != Kind::kInteger) ok_ = false;
      return Kind::kOther;
    }
    if (c != '*' && !IsAlpha(c)) ok_ = false;
    while (ok_ && (IsTchar(Peek()) || Peek() == ':' || Peek() == '/')) text += Take();
    return Kind::kText;
  }

  Kind Number(std::string& text) {
    size_t digits = 0, fraction = 0;
    bool decimal = false;
    if (Peek() == '-') text += Take();
    while (IsDigit(Peek()) || (Peek() == '.' && !decimal && digits > 0)) {
      const char c = Take();
      text += c;
      if (c == '.') {
        decimal = true;
      } else {
        ++(decimal ? fraction : digits);
      }
    }
    const bool fits = decimal ? digits <= 12 && fraction >= 1 && fraction <= 3 : digits <= 15;
    if (digits == 0 || !fits) ok_ = false;
    return decimal ? Kind::kOther : Kind::kInteger;
  }

  Kind String(std::string& text) {
    Take();
    while (ok_ && Peek() != '"') {
      char c = Take();
      if (c < 0x20 || c > 0x7e) ok_ = false;
      if (c == '\\') {
        c = Take();
        if (c != '"' && c != '\\') ok_ = false;
      }
      text += c;
    }
    Expect('"');
    return Kind::kText;
  }

  Kind Boolean() {
    Take();
    const char c = Take();
    if (c != '0' && c != '1') ok_ = false;
    return c == '1' ? Kind::kTrue : Kind::kOther;
  }

  Kind Bytes() {
    Take();
    while (ok_ && Peek() != ':') {
      const char c = Take();
      if (!IsAlpha(c) && !IsDigit(c) && c != '+' && c != '/' && c != '=') ok_ = false;
    }
    Expect(':');
    return Kind::kOther;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::vector<DictionaryMember>> ParseStructuredDictionary(std::string_view value) {
  return Parser(value).Dictionary();
}

}  // namespace terrella::cache
