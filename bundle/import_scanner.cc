#include "bundle/import_scanner.h"

#include <algorithm>
#include <array>

namespace terrella::bundle {
namespace {

enum class Kind { kEnd, kWord, kString, kTemplate, kPunctuator, kOther };

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;  // of a string: without its quotes, escapes as written
  size_t line = 1;
};

bool IsWordStart(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '\\' ||
         u >= 0x80;
}
bool IsWordByte(char c) {
  return IsWordStart(c) || (c >= '0' && c <= '9');
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with("#!")) SkipLine();
  }

  // How deep the next token stands in brackets of any kind, and in templates.
  size_t depth() const { return open_.size(); }

  Token Next() {
    SkipBlank();
    Token token{.kind = Kind::kEnd, .text = {}, .line = line_};
    if (at_ < text_.size()) Read(token);
    last_ = token;
    return token;
  }

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  void SkipLine() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void SkipBlank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++at_;
      } else if (c == '/' && At(at_ + 1) == '/') {
        SkipLine();
      } else if (c == '/' && At(at_ + 1) == '*') {
        const size_t end = std::min(text_.find("*/", at_ + 2), text_.size());
        line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<ptrdiff_t>(at_),
                                                text_.begin() + static_cast<ptrdiff_t>(end), '\n'));
        at_ = std::min(end + 2, text_.size());
      } else {
        return;
      }
    }
  }

  void Read(Token& token) {
    const char c = text_[at_];
    const size_t begin = at_;
    if (c == '"' || c == '\'') {
      token.kind = Kind::kString;
      token.text = ReadString(c);
      return;
    }
    if (c == '`') {
      ++at_;
      return ReadTemplate(token);
    }
    if (IsWordStart(c)) {
      while (IsWordByte(At(at_)) && at_ < text_.size()) ++at_;
      token.kind = Kind::kWord;
    } else if (c >= '0' && c <= '9') {
      while (at_ < text_.size() && (IsWordByte(text_[at_]) || text_[at_] == '.')) ++at_;
      token.kind = Kind::kOther;
    } else if (c == '/' && RegexMayStandHere()) {
      ReadRegex();
      token.kind = Kind::kOther;
    } else {
      ++at_;
      token.kind = Kind::kPunctuator;
      token.text = text_.substr(begin, 1);
      return Bracket(c, token);
    }
    token.text = text_.substr(begin, at_ - begin);
  }

  void Bracket(char c, Token& token) {
    if (c == '(' || c == '[' || c == '{') {
      // What stands before a parenthesis says whether a '/' behind it divides.
      constexpr std::array<std::string_view, 4> kHeads = {"if", "while", "for", "with"};
      const bool head = last_.kind == Kind::kWord &&
                        std::find(kHeads.begin(), kHeads.end(), last_.text) != kHeads.end();
      open_.push_back(c == '(' && head ? 'h' : c);
    } else if ((c == ')' || c == ']' || c == '}') && !open_.empty()) {
      closed_head_ = c == ')' && open_.back() == 'h';
      const bool in_template = c == '}' && open_.back() == '`';
      open_.pop_back();
      if (in_template) ReadTemplate(token);
    }
  }

  // From behind a '`' or the '}' of a "${...}": to the next "${" or the closing '`'.
  void ReadTemplate(Token& token) {
    token.kind = Kind::kTemplate;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c == '\\') ++at_;
      if (c == '`') return;
      if (c == '$' && At(at_) == '{') {
        ++at_;
        open_.push_back('`');
        return;
      }
    }
    at_ = text_.size();
  }

  std::string_view ReadString(char quote) {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_, text_.size());
    const std::string_view content = text_.substr(begin, at_ - begin);
    if (At(at_) == quote) ++at_;
    return content;
  }

  void ReadRegex() {
    bool in_class = false;
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '[') {
        in_class = true;
      } else if (c == ']') {
        in_class = false;
      } else if (c == '/' && !in_class) {
        ++at_;
        break;
      }
    }
    at_ = std::min(at_, text_.size());
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
  }

  bool RegexMayStandHere() const {
    constexpr std::array<std::string_view, 14> kWords = {
        "return", "typeof", "case", "in",   "of",    "delete", "void",
        "throw",  "new",    "do",   "else", "yield", "await",  "instanceof"};
    switch (last_.kind) {
      case Kind::kEnd:
        return true;
      case Kind::kWord:
        return std::find(kWords.begin(), kWords.end(), last_.text) != kWords.end();
      case Kind::kPunctuator:
        return last_.text == ")" ? closed_head_ : last_.text != "]" && last_.text != "}";
      default:
        return false;
    }
  }

  const std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  Token last_;
  std::string
      open_;  // brackets not closed yet: ( [ {, 'h' for the ( of an if and the like, ` for "${"
  bool closed_head_ = false;
};

class Scanner {
 public:
  explicit Scanner(std::string_view source) : lexer_(source) { Step(); }

  ScannedModule Scan() {
    while (token_.kind != Kind::kEnd) {
      const bool word = token_.kind == Kind::kWord && !after_dot_;
      if (word && token_.text == "import") {
        Import();
      } else if (word && token_.text == "export" && depth_ == 0) {
        module_.is_module = true;
        Step();
        From();
      } else if (word && token_.text == "require") {
        Step();
        if (token_.text == "(") Call(ScannedImport::Form::kRequire);
      } else {
        Step();
      }
    }
    return std::move(module_);
  }

 private:
  void Step() {
    after_dot_ = token_.kind == Kind::kPunctuator && token_.text == ".";
    depth_ = lexer_.depth();
    token_ = lexer_.Next();
  }
  void Add(ScannedImport::Form form) {
    module_.imports.push_back({std::string(token_.text), form, token_.line});
    Step();
  }

  // At the word `import`.
  void Import() {
    const bool statement = depth_ == 0;
    Step();
    if (token_.text == "(" && token_.kind == Kind::kPunctuator)
      return Call(ScannedImport::Form::kDynamic);
    if (token_.text == ".") {
      module_.is_module = true;
      return;
    }
    if (!statement) return;
    module_.is_module = true;
    if (token_.kind == Kind::kString) return Add(ScannedImport::Form::kStatic);
    From();
  }

  // Behind `import` or `export`: names, stars and braces, then maybe `from "..."`.
  void From() {
    for (;;) {
      if (token_.kind == Kind::kWord && token_.text == "from") {
        Step();
        if (token_.kind == Kind::kString) return Add(ScannedImport::Form::kStatic);
        continue;
      }
      const bool part =
          token_.kind == Kind::kString ? depth_ > 0
          : token_.kind == Kind::kPunctuator
              ? token_.text == "{" || token_.text == "}" || token_.text == "," || token_.text == "*"
              : token_.kind == Kind::kWord && IsName(token_.text);
      if (!part) return;
      Step();
    }
  }
  // Not a declaration that an `export` stands before.
  bool IsName(std::string_view word) const {
    constexpr std::array<std::string_view, 7> kDeclares = {"default",  "const", "let",  "var",
                                                           "function", "class", "async"};
    return depth_ > 0 || std::find(kDeclares.begin(), kDeclares.end(), word) == kDeclares.end();
  }

  // At the parenthesis behind `import` or `require`.
  void Call(ScannedImport::Form form) {
    Step();
    if (token_.kind == Kind::kString) {
      Add(form);
      if (token_.text != ")" && token_.text != ",") {
        module_.imports.pop_back();  // "a" + b
        module_.computed_import = true;
      }
      return;
    }
    if (token_.text != ")") module_.computed_import = true;  // else a method of this name
  }

  Lexer lexer_;
  Token token_;
  size_t depth_ = 0;  // of token_
  bool after_dot_ = false;
  ScannedModule module_;
};

}  // namespace

ScannedModule ScanImports(std::string_view source) {
  return Scanner(source).Scan();
}

}  // namespace terrella::bundle
