// Name: a domain name in wire form (length-prefixed labels, no compression), in lower case.
//
// Lower case makes equality and hashing byte-wise (RFC 4343); the spelling a client used lives on
// in the question it sent, which is copied into the answer untouched.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::dns {

class Name {
 public:
  Name() : wire_(1, '\0') {}  // the root
  // Presentation form, "hello.edge.test" with or without the final dot; "*" may be a label. No
  // escapes: letters, digits, '-', '_' and '*' only. Errors name the label.
  static absl::StatusOr<Name> Parse(std::string_view text);
  // `wire` must be a whole valid name, as ReadName gives it.
  static Name FromWire(std::string_view wire) { return Name(std::string(wire)); }
  // This name with one more label in front; InvalidArgument when it would be too long.
  absl::StatusOr<Name> WithLabel(std::string_view label) const;

  std::string_view wire() const { return wire_; }
  // Without the final dot; bytes that are not printable as \DDD.
  std::string ToString() const;
  bool is_wildcard() const { return wire_.size() > 2 && wire_[0] == 1 && wire_[1] == '*'; }
  auto operator<=>(const Name&) const = default;

 private:
  explicit Name(std::string wire) : wire_(std::move(wire)) {}
  std::string wire_;
};

// The wire name without its first label; `wire` must not be the root.
inline std::string_view ParentOf(std::string_view wire) {
  return wire.substr(1 + static_cast<unsigned char>(wire[0]));
}
// True when `wire` is `ancestor` or below it. Both in lower-case wire form.
bool IsWithin(std::string_view wire, std::string_view ancestor);
std::string NameToString(std::string_view wire);

inline char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace terrella::dns
