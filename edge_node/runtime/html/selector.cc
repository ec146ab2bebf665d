#include "edge_node/runtime/html/selector.h"

#include <cstdlib>

#include "base/ascii.h"
#include "base/status.h"
#include "edge_node/runtime/html/ascii.h"

namespace terrella::runtime {
namespace {

bool IsNameStart(char c) {
  return IsAsciiAlpha(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsNameByte(char c) {
  return IsNameStart(c) || IsDigit(c) || c == '-';
}
void AppendUtf8(std::string& out, uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, const SelectorLimits& limits) : text_(text), limits_(limits) {}

  absl::StatusOr<std::vector<ComplexSelector>> Parse() {
    std::vector<ComplexSelector> alternatives;
    do {
      ASSIGN_OR_RETURN(alternatives.emplace_back(), ParseComplex());
      Skip();
    } while (Take(','));
    if (!AtEnd()) return Wrong("',', '>' or the end");
    return alternatives;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Take(char c) {
    if (Peek() != c || AtEnd()) return false;
    ++at_;
    return true;
  }
  bool Skip() {
    size_t from = at_;
    while (IsHtmlSpace(Peek())) ++at_;
    return at_ > from;
  }
  absl::Status Wrong(std::string_view expected) const {
    return InvalidArgument("selector '{}': expected {} at {}", text_, expected,
                           AtEnd() ? std::string("the end") : fmt::format("character {}", at_ + 1));
  }

  absl::StatusOr<ComplexSelector> ParseComplex() {
    ComplexSelector selector;
    bool child = false;
    Skip();
    while (true) {
      if (++steps_ > limits_.steps_max) {
        return InvalidArgument("selector '{}' has more than {} parts", text_, limits_.steps_max);
      }
      ASSIGN_OR_RETURN(Compound compound, ParseCompound(/*negated=*/false));
      selector.steps.push_back({std::move(compound), child});
      bool space = Skip();
      child = Take('>');
      if (child) {
        Skip();
        continue;
      }
      if (Peek() == '+' || Peek() == '~') {
        return InvalidArgument(
            "selector '{}': the combinator '{}' is not supported; only a space and '>' are", text_,
            Peek());
      }
      if (!space || AtEnd() || Peek() == ',') return selector;
    }
  }

  absl::StatusOr<Compound> ParseCompound(bool negated) {
    Compound compound;
    size_t from = at_;
    if (!Take('*') && (IsNameStart(Peek()) || Peek() == '\\' || Peek() == '-')) {
      ASSIGN_OR_RETURN(std::string tag, ParseName("an element's name"));
      compound.tag = LowerCase(tag);
    }
    while (true) {
      if (Take('.')) {
        ASSIGN_OR_RETURN(std::string name, ParseName("a class after '.'"));
        compound.attributes.push_back(
            {"class", AttributeTest::Operator::kIncludes, std::move(name), false});
      } else if (Take('#')) {
        ASSIGN_OR_RETURN(std::string name, ParseName("an id after '#'"));
        compound.attributes.push_back(
            {"id", AttributeTest::Operator::kEquals, std::move(name), false});
      } else if (Take('[')) {
        ASSIGN_OR_RETURN(compound.attributes.emplace_back(), ParseAttribute());
      } else if (Take(':')) {
        RETURN_IF_ERROR(ParsePseudo(compound, negated));
      } else {
        break;
      }
    }
    if (at_ == from) return Wrong("an element, '.', '#', '[' or ':'");
    return compound;
  }

  absl::StatusOr<std::string> ParseName(std::string_view what) {
    std::string name;
    size_t from = at_;
    while (!AtEnd() && (IsNameByte(Peek()) || Peek() == '\\')) {
      if (Take('\\')) {
        if (AtEnd()) return Wrong("a character after '\\'");
        TakeEscape(name);
      } else {
        name += text_[at_++];
      }
    }
    bool starts = at_ > from && !IsDigit(text_[from]) && name != "-";
    if (!starts) {
      at_ = from;
      return Wrong(what);
    }
    return name;
  }

  // CSS Syntax section 4.3.7, after the backslash.
  void TakeEscape(std::string& out) {
    if (HexValue(Peek()) < 0) {
      out += text_[at_++];
      return;
    }
    uint32_t code = 0;
    for (int digits = 0; digits < 6 && HexValue(Peek()) >= 0; ++digits) {
      code = code * 16 + static_cast<uint32_t>(HexValue(text_[at_++]));
    }
    if (IsHtmlSpace(Peek())) ++at_;
    AppendUtf8(out, code);
  }

  absl::StatusOr<AttributeTest> ParseAttribute() {
    using Operator = AttributeTest::Operator;
    AttributeTest test;
    Skip();
    ASSIGN_OR_RETURN(std::string name, ParseName("an attribute's name after '['"));
    test.name = LowerCase(name);
    Skip();
    if (Take(']')) return test;
    constexpr std::pair<char, Operator> kOperators[] = {{'~', Operator::kIncludes},
                                                        {'^', Operator::kPrefix},
                                                        {'$', Operator::kSuffix},
                                                        {'*', Operator::kSubstring},
                                                        {'|', Operator::kDash}};
    test.op = Operator::kEquals;
    for (const auto& [sign, op] : kOperators) {
      if (Take(sign)) {
        test.op = op;
        break;
      }
    }
    if (!Take('=')) return Wrong("'=', '~=', '^=', '$=', '*=', '|=' or ']'");
    Skip();
    if (Peek() == '"' || Peek() == '\'') {
      ASSIGN_OR_RETURN(test.value, ParseString());
    } else {
      ASSIGN_OR_RETURN(test.value, ParseName("a name or a quoted string"));
    }
    Skip();
    if (ToLowerAscii(Peek()) == 'i' || ToLowerAscii(Peek()) == 's') {
      test.ignore_case = ToLowerAscii(text_[at_++]) == 'i';
      Skip();
    }
    if (!Take(']')) return Wrong("']'");
    return test;
  }

  absl::StatusOr<std::string> ParseString() {
    char quote = text_[at_++];
    std::string value;
    while (!AtEnd() && Peek() != quote) {
      if (Take('\\') && !AtEnd()) {
        TakeEscape(value);
      } else if (!AtEnd()) {
        value += text_[at_++];
      }
    }
    if (!Take(quote)) return Wrong("the string's closing quote");
    return value;
  }

  absl::Status ParsePseudo(Compound& compound, bool negated) {
    size_t from = at_ - 1;
    ASSIGN_OR_RETURN(std::string parsed, ParseName("the name of a pseudo-class"));
    std::string name = LowerCase(parsed);
    if (name == "first-child" || name == "first-of-type") {
      compound.nths.push_back({0, 1, name == "first-of-type"});
      return absl::OkStatus();
    }
    if ((name == "nth-child" || name == "nth-of-type") && Take('(')) {
      ASSIGN_OR_RETURN(NthTest nth, ParseNth());
      nth.of_type = name == "nth-of-type";
      compound.nths.push_back(nth);
      return absl::OkStatus();
    }
    if (name == "not" && !negated && Take('(')) {
      do {
        Skip();
        ASSIGN_OR_RETURN(compound.negations.emplace_back(), ParseCompound(/*negated=*/true));
        Skip();
      } while (Take(','));
      return Take(')') ? absl::OkStatus() : Wrong("')'");
    }
    return InvalidArgument(
        "selector '{}': '{}' is not supported; :first-child, :nth-child(), :first-of-type, "
        ":nth-of-type() and "
        ":not() are",
        text_, text_.substr(from, at_ - from));
  }

  // Digits after an optional sign; false when there are none.
  bool TakeInteger(int32_t& value) {
    constexpr int32_t kMax = 1'000'000;  // no document has as many siblings
    size_t from = at_;
    bool negative = Take('-');
    if (!negative) Take('+');
    Skip();
    size_t digits = at_;
    value = 0;
    while (IsDigit(Peek())) value = std::min(kMax, value * 10 + (text_[at_++] - '0'));
    if (at_ == digits) {
      at_ = from;
      return false;
    }
    if (negative) value = -value;
    return true;
  }

  // CSS Syntax section 6, the An+B microsyntax.
  absl::StatusOr<NthTest> ParseNth() {
    NthTest nth;
    Skip();
    std::string_view rest = text_.substr(at_);
    if (rest.size() >= 3 && EqualsLowerCase(rest.substr(0, 3), "odd")) {
      at_ += 3;
      nth = {2, 1, false};
    } else if (rest.size() >= 4 && EqualsLowerCase(rest.substr(0, 4), "even")) {
      at_ += 4;
      nth = {2, 0, false};
    } else {
      int32_t number = 0;
      bool given = TakeInteger(number);
      if (!given && (Peek() == '-' || Peek() == '+')) {
        number = text_[at_++] == '-' ? -1 : 1;
      } else if (!given) {
        number = 1;
      }
      if (ToLowerAscii(Peek()) == 'n') {
        ++at_;
        nth.step = number;
        Skip();
        if ((Peek() == '+' || Peek() == '-') && !TakeInteger(nth.offset)) return Wrong("a number");
      } else if (given) {
        nth.offset = number;
      } else {
        return Wrong("'odd', 'even', a number or 'An+B'");
      }
    }
    Skip();
    if (!Take(')')) return Wrong("')'");
    return nth;
  }

  const std::string_view text_;
  const SelectorLimits& limits_;
  size_t at_ = 0;
  size_t steps_ = 0;
};

}  // namespace

bool AttributeTest::Matches(std::string_view attribute) const {
  auto equal = [&](std::string_view a) {
    return ignore_case ? EqualsIgnoringCase(a, value) : a == value;
  };
  switch (op) {
    case Operator::kExists:
      return true;
    case Operator::kEquals:
      return equal(attribute);
    case Operator::kPrefix:
      return !value.empty() && attribute.size() >= value.size() &&
             equal(attribute.substr(0, value.size()));
    case Operator::kSuffix:
      return !value.empty() && attribute.size() >= value.size() &&
             equal(attribute.substr(attribute.size() - value.size()));
    case Operator::kDash:
      return equal(attribute) ||
             (attribute.size() > value.size() && attribute[value.size()] == '-' &&
              equal(attribute.substr(0, value.size())));
    case Operator::kSubstring:
      for (size_t at = 0; !value.empty() && at + value.size() <= attribute.size(); ++at) {
        if (equal(attribute.substr(at, value.size()))) return true;
      }
      return false;
    case Operator::kIncludes:
      for (size_t at = 0; at < attribute.size();) {
        if (IsHtmlSpace(attribute[at])) {
          ++at;
          continue;
        }
        size_t end = at;
        while (end < attribute.size() && !IsHtmlSpace(attribute[end])) ++end;
        if (equal(attribute.substr(at, end - at))) return true;
        at = end;
      }
      return false;
  }
  return false;
}

bool NthTest::Matches(int64_t index) const {
  int64_t distance = index - offset;
  if (step == 0) return distance == 0;
  return distance % step == 0 && distance / step >= 0;
}

absl::StatusOr<std::vector<ComplexSelector>> ParseSelector(std::string_view text,
                                                           const SelectorLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return InvalidArgument("a selector may have {} bytes, this one has {}", limits.bytes_max,
                           text.size());
  }
  return Parser(text, limits).Parse();
}

}  // namespace terrella::runtime
