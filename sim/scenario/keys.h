// Keys: a table of a scenario's file that is asked only for keys of the language (language.h), in
// its ranges.
//
// What is wrong is told to the file, with its place; the answer is then nothing.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "sim/scenario/language.h"

namespace terrella::sim {

class Keys {
 public:
  Keys(ConfigTable table, Section section) : table_(std::move(table)), section_(section) {}

  ConfigTable& table() { return table_; }
  bool Has(std::string_view key) const { return table_.Has(key); }
  std::optional<std::string> String(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key);
  std::optional<double> Number(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<Duration> Time(std::string_view key);
  std::optional<Duration> Signed(std::string_view key);
  std::optional<Duration> TimeUntil(std::string_view key, Duration max);
  std::optional<Keys> Table(std::string_view key);
  std::vector<Keys> Tables(std::string_view key);
  // Of a key that takes one of its choices, or weights by them; nothing when it is wrong.
  std::optional<std::map<std::string, double>> Weights(std::string_view key);
  // One of the key's choices.
  std::optional<std::string> OneOf(std::string_view key);
  std::vector<ConfigValue> List(std::string_view key, size_t count_max);
  void Fail(std::string_view key, std::string_view message) const { table_.Fail(key, message); }
  // Everything was asked for: what is required is there, what is unknown is refused.
  void Close();

 private:
  ConfigTable table_;
  Section section_;
};

}  // namespace terrella::sim
