#include "edge_node/runtime/html/mutation.h"

#include <algorithm>

#include "base/status.h"
#include "edge_node/runtime/html/ascii.h"

namespace terrella::runtime {
namespace {

std::string Escape(std::string_view text, std::string_view escaped) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (escaped.find(c) == std::string_view::npos) {
      out += c;
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += "&quot;";
    }
  }
  return out;
}

}  // namespace

std::string EscapeHtmlText(std::string_view text) {
  return Escape(text, "&<>");
}

StartTagEdit::StartTagEdit(const HtmlToken& token)
    : name_(token.Text(token.name)), self_closing_(token.self_closing) {
  for (const HtmlAttribute& a : token.attributes) {
    attributes_.push_back({LowerCase(token.Text(a.name)), std::string(token.Text(a.value)),
                           std::string(token.Text(a.whole))});
  }
}

absl::Status StartTagEdit::SetName(std::string_view name) {
  bool good =
      !name.empty() && IsAsciiAlpha(name[0]) && std::none_of(name.begin(), name.end(), [](char c) {
        return IsHtmlSpace(c) || c == '/' || c == '>' || c == '\0';
      });
  if (!good) {
    return InvalidArgument(
        "'{}' is no tag name: it begins with an ASCII letter and has no space, '/' or '>'", name);
  }
  name_ = name;
  changed_ = true;
  return absl::OkStatus();
}

const std::string* StartTagEdit::Find(std::string_view name) const {
  for (const Attribute& a : attributes_) {
    if (EqualsIgnoringCase(a.name, name)) return &a.value;
  }
  return nullptr;
}

absl::Status StartTagEdit::Set(std::string_view name, std::string_view value) {
  bool good = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return IsHtmlSpace(c) || c == '/' || c == '>' || c == '=' || c == '"' || c == '\'' ||
           c == '<' || c == '\0';
  });
  if (!good) {
    return InvalidArgument(
        "'{}' is no attribute name: it is not empty and has no space, '\"', ''', '<', '>', '/' or "
        "'='",
        name);
  }
  changed_ = true;
  for (Attribute& a : attributes_) {
    if (!EqualsIgnoringCase(a.name, name)) continue;
    a.value = value;
    a.raw.clear();
    return absl::OkStatus();
  }
  attributes_.push_back({LowerCase(name), std::string(value), {}});
  return absl::OkStatus();
}

void StartTagEdit::Remove(std::string_view name) {
  changed_ |= std::erase_if(attributes_, [&](const Attribute& a) {
                return EqualsIgnoringCase(a.name, name);
              }) > 0;
}

void StartTagEdit::AppendTo(std::string& out, std::string_view raw) const {
  if (!changed_) {
    out += raw;
    return;
  }
  out += '<';
  out += name_;
  for (const Attribute& a : attributes_) {
    out += ' ';
    if (!a.raw.empty()) {
      out += a.raw;
    } else {
      out += a.name + "=\"" + Escape(a.value, "\"") + '"';
    }
  }
  out += self_closing_ ? " />" : ">";
}

}  // namespace terrella::runtime
