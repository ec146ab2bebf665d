#include "bundle/dev_vars.h"

#include <algorithm>

#include "base/status.h"
#include "base/utf8.h"
#include "bundle/names.h"

namespace terrella::bundle {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view file_name) : text_(text), file_name_(file_name) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;
  }

  absl::StatusOr<DevVars> Read() {
    while (at_ < text_.size()) RETURN_IF_ERROR(ReadLine());
    return std::move(vars_);
  }

 private:
  absl::Status Fail(size_t at, std::string_view message) const {
    return InvalidArgument("{}:{}:{}: {}", file_name_, line_, at - line_start_ + 1, message);
  }
  bool AtLineEnd() const { return at_ >= text_.size() || text_[at_] == '\n'; }
  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }
  void SkipLine() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ < text_.size()) {
      line_start_ = ++at_;
      ++line_;
    }
  }

  absl::Status ReadLine() {
    SkipBlanks();
    if (AtLineEnd() || text_[at_] == '#') {
      SkipLine();
      return absl::OkStatus();
    }
    if (text_.substr(at_).starts_with("export ")) {
      at_ += 7;
      SkipBlanks();
    }
    const size_t begin = at_;
    while (!AtLineEnd() && text_[at_] != '=' && !IsBlank(text_[at_])) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    SkipBlanks();
    if (AtLineEnd() || text_[at_] != '=') return Fail(begin, "expected NAME=value");
    if (absl::Status good = CheckBindingName(name); !good.ok()) return Fail(begin, Message(good));
    ++at_;
    SkipBlanks();
    std::string value;
    const size_t value_at = at_;
    const bool quoted =
        !AtLineEnd() && (text_[at_] == '"' || text_[at_] == '\'' || text_[at_] == '`');
    if (quoted) {
      RETURN_IF_ERROR(ReadQuoted(value));
    } else {
      const size_t end = std::min(text_.find_first_of("#\n", at_), text_.size());
      value = text_.substr(at_, end - at_);
      while (!value.empty() && IsBlank(value.back())) value.pop_back();
      at_ = end;
    }
    if (!IsUtf8(value)) return Fail(value_at, "the value is not UTF-8");
    std::erase_if(vars_, [&](const auto& var) { return var.first == name; });
    vars_.emplace_back(name, std::move(value));
    SkipLine();
    return absl::OkStatus();
  }

  absl::Status ReadQuoted(std::string& value) {
    const char quote = text_[at_];
    const absl::Status open = Fail(at_, fmt::format("the value's {} is not closed", quote));
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
      const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (quote == '"' && c == '\\' &&
          (next == 'n' || next == 'r' || next == '"' || next == '\\')) {
        c = next == 'n' ? '\n' : next == 'r' ? '\r' : next;
        ++at_;
      }
      value += c;
    }
    if (at_ >= text_.size()) return open;
    ++at_;
    SkipBlanks();
    if (AtLineEnd() || text_[at_] == '#') return absl::OkStatus();
    return Fail(at_, "expected the end of the line after the quoted value");
  }

  const std::string_view text_;
  const std::string_view file_name_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  size_t line_ = 1;
  DevVars vars_;
};

}  // namespace

absl::StatusOr<DevVars> ParseDevVars(std::string_view text, std::string_view file_name) {
  return Reader(text, file_name).Read();
}

}  // namespace terrella::bundle
