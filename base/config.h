// ConfigFile: a TOML or JSON file read strictly.
//
// Each value is asked for by key, type and range; what is wrong becomes one error
// "file:line:column: what was expected", and keys nobody asked for are errors with a suggestion,
// because a misspelt limit must not be a missing limit. Reading goes on after an error, so that
// callers need one check at the end.
//
// Thread: one. Owns: the parsed text; tables and values borrow it and must not outlive the file.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/config_node.h"

namespace terrella {

class ConfigTable;

// A value of a list: a string, a number, a table.
class ConfigValue {
 public:
  std::optional<std::string> AsString() const;
  std::optional<ConfigTable> AsTable() const;
  // Records an error at this value.
  void Fail(std::string_view message) const;
  // "file:line:column" of it.
  std::string Where() const;

 private:
  friend class ConfigTable;
  ConfigValue(void* file, const ConfigNode* node) : file_(file), node_(node) {}
  void* file_;
  const ConfigNode* node_;
};

class ConfigTable {
 public:
  // Nothing when the key is absent or (after recording an error) of another type or out of range.
  std::optional<std::string> String(std::string_view key, size_t bytes_max = 4096);
  std::optional<int64_t> Integer(std::string_view key,
                                 int64_t min = std::numeric_limits<int64_t>::min(),
                                 int64_t max = std::numeric_limits<int64_t>::max());
  std::optional<double> Number(std::string_view key, double min, double max);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<Duration> DurationOf(std::string_view key, Duration min, Duration max);
  // A value of any type as JSON (RFC 8259); dates and times become strings.
  std::optional<std::string> Json(std::string_view key, size_t bytes_max = 4096);
  bool IsString(std::string_view key) const;
  std::optional<ConfigTable> Table(std::string_view key);
  // The values of a list, or of a single value standing alone; empty when absent.
  std::vector<ConfigValue> List(std::string_view key, size_t count_max = 10'000);
  // The tables of `[[key]]`.
  std::vector<ConfigTable> Tables(std::string_view key, size_t count_max = 10'000);

  bool Has(std::string_view key) const;
  // The key is known, although nothing of it is asked.
  void Accept(std::string_view key) { asked_.emplace_back(key); }
  std::vector<std::string> Keys() const;  // in the order of their names
  // Those nobody has asked for, and the one asked for that `key` may have meant ("" when none is
  // near).
  std::vector<std::string> UnaskedKeys() const;
  std::string Nearest(std::string_view key) const;
  // Records an error at the key, or at the table when the key is absent.
  void Fail(std::string_view key, std::string_view message) const;
  // Records an error for the first key that was never asked for.
  void RefuseUnknownKeys() const;
  // "file:line:column" of the key's value or of its name, or of the table when it is absent.
  std::string Where(std::string_view key) const;
  std::string WhereKey(std::string_view key) const;

 private:
  friend class ConfigFile;
  friend class ConfigValue;
  ConfigTable(void* file, const ConfigNode* table) : file_(file), table_(table) {}
  const ConfigNode* Find(std::string_view key);
  // Null also after recording that the value is not of this kind.
  const ConfigNode* Find(std::string_view key, ConfigNode::Kind kind, std::string_view expected);

  void* file_;
  const ConfigNode* table_;
  std::vector<std::string> asked_;
};

class ConfigFile {
 public:
  // InvalidArgument with "name:line:column: ..." when the text is not TOML.
  static absl::StatusOr<ConfigFile> Parse(std::string_view text, std::string_view name);
  // The same when it is not JSON with comments, or not an object.
  static absl::StatusOr<ConfigFile> ParseJson(std::string_view text, std::string_view name);
  ConfigFile(ConfigFile&&) noexcept;
  ConfigFile& operator=(ConfigFile&&) noexcept;
  ~ConfigFile();

  ConfigTable root();
  // The first error recorded by any table, or OK.
  absl::Status status() const;

  struct Impl;

 private:
  explicit ConfigFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella
