// ConfigNode: a value of a configuration file, whatever the file was written in, and where it
// stood.
//
// One tree for TOML and JSON with comments, so that what reads a configuration (config.h) and its
// errors are the same for both. Dates of TOML are kept as text; JSON's null is a kind of its own.
//
// Thread: any (a value).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella {

// Of the first byte, both from 1; columns count bytes.
struct ConfigPlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct ConfigMember;

struct ConfigNode {
  enum class Kind { kNull, kString, kInteger, kNumber, kBoolean, kDate, kList, kTable };

  Kind kind = Kind::kNull;
  ConfigPlace place;
  std::string text;                   // kString, kDate
  int64_t integer = 0;                // kInteger
  double number = 0;                  // kNumber, and kInteger once more
  bool boolean = false;               // kBoolean
  std::vector<ConfigNode> list;       // kList
  std::vector<ConfigMember> members;  // kTable, sorted by name, no name twice

  // The member, or null.
  const ConfigMember* Find(std::string_view name) const;
  // "a string", for errors.
  std::string_view KindName() const;
};

struct ConfigMember {
  std::string name;
  ConfigPlace place;  // of the name
  ConfigNode value;
};

// RFC 8259; dates and what JSON has no number for become strings.
std::string ToJson(const ConfigNode& node);

// A TOML v1.0 text as a tree. InvalidArgument with "name:line:column: ...".
absl::StatusOr<ConfigNode> ParseToml(std::string_view text, std::string_view name);

// A JSON text (RFC 8259) in which comments (// and /* */) and commas before a closing bracket may
// stand. InvalidArgument with "name:line:column: what was expected".
absl::StatusOr<ConfigNode> ParseJsonc(std::string_view text, std::string_view name);

}  // namespace terrella
