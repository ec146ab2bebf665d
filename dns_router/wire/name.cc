#include "dns_router/wire/name.h"

#include <algorithm>

#include "base/status.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {
namespace {

bool IsHostByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
}

absl::Status CheckLabel(std::string_view label, std::string_view text) {
  if (label.empty()) return InvalidArgument("empty label in name '{}'", text);
  if (label.size() > kLabelBytesMax) {
    return InvalidArgument("label '{}' has {} bytes, at most {} are allowed", label, label.size(),
                           kLabelBytesMax);
  }
  for (char c : label) {
    if (!IsHostByte(LowerAscii(c))) {
      return InvalidArgument("label '{}' of '{}': expected letters, digits, '-' or '_'", label,
                             text);
    }
  }
  return absl::OkStatus();
}

void AppendLabel(std::string_view label, std::string& wire) {
  wire.push_back(static_cast<char>(label.size()));
  std::transform(label.begin(), label.end(), std::back_inserter(wire), LowerAscii);
}

}  // namespace

absl::StatusOr<Name> Name::Parse(std::string_view text) {
  std::string_view rest = text;
  if (rest == ".") return Name();
  if (rest.ends_with('.')) rest.remove_suffix(1);
  if (rest.empty()) return InvalidArgument("expected a domain name, found nothing");
  std::string wire;
  while (true) {
    const size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    RETURN_IF_ERROR(CheckLabel(label, text));
    AppendLabel(label, wire);
    if (wire.size() + 1 > kNameBytesMax) {
      return InvalidArgument("name '{}' is longer than {} bytes", text, kNameBytesMax);
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  wire.push_back('\0');
  return Name(std::move(wire));
}

absl::StatusOr<Name> Name::WithLabel(std::string_view label) const {
  RETURN_IF_ERROR(CheckLabel(label, label));
  std::string wire;
  AppendLabel(label, wire);
  wire += wire_;
  if (wire.size() > kNameBytesMax) {
    return InvalidArgument("'{}.{}' is longer than {} bytes", label, ToString(), kNameBytesMax);
  }
  return Name(std::move(wire));
}

std::string Name::ToString() const {
  return NameToString(wire_);
}

bool IsWithin(std::string_view wire, std::string_view ancestor) {
  while (wire.size() > ancestor.size()) wire = ParentOf(wire);
  return wire == ancestor;
}

std::string NameToString(std::string_view wire) {
  if (wire.size() <= 1) return ".";
  std::string text;
  while (wire.size() > 1) {
    if (!text.empty()) text.push_back('.');
    for (char c : wire.substr(1, static_cast<unsigned char>(wire[0]))) {
      if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
        text.push_back(c);
      } else {
        text += fmt::format("\\{:03}", static_cast<unsigned char>(c));
      }
    }
    wire = ParentOf(wire);
  }
  return text;
}

}  // namespace terrella::dns
