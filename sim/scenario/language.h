// Language: every key a scenario's file may have, in one table: its type, its range, what it means.
//
// The reader (parse.cc) asks for no key that is not here and takes ranges from here; the JSON
// Schema for editors (schema.h) is made from the same table. A test gives the reader every key's
// example, so that neither can have what the other lacks.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace terrella::sim {

// A kind of table in the file.
enum class Section : uint8_t {
  kRoot,
  kClients,
  kPopulation,
  kCity,
  kRatePoint,
  kSessions,
  kDay,
  kNetwork,
  kWorker,
  kOrigin,
  kRequest,
  kKv,
  kService,
  kFailure,
  kPage,
  kPart,
  kTimeline,
  kRollout,
  kWave,
  kGates,
};
constexpr int kSections = 20;
// "[[timeline]]", for messages.
std::string_view SectionName(Section section);

enum class KeyType : uint8_t {
  kString,
  kInteger,
  kNumber,
  kBoolean,
  kDuration,  // "250ms", "10s", "2h"
  kSigned,    // "+90s", "-5m", "0s"
  kChoice,    // one of `choices`
  kChoices,   // one of `choices`, or a list of them
  kStrings,   // a text, or a list of texts
  kPair,      // two texts
  kCities,    // texts and tables of kCity
  kTable,     // of `section`
  kTables,    // [[...]] of `section`
  kMix,       // one of `choices`, or weights by them
  kAccess,    // a text, or weights by access
  kHour,      // a number, or "20:30"
  kPops,      // a count, a preset's name, or a list of codes
};

struct KeySpec {
  Section in = Section::kRoot;
  std::string_view name;
  KeyType type = KeyType::kString;
  std::string_view meaning;
  std::string_view example;  // as written in TOML; empty for tables
  double min = 0, max = 0;   // of numbers; of durations in seconds; of strings: bytes
  Section section = Section::kRoot;
  std::string_view choices = {};  // divided by spaces
  bool required = false;
};

std::span<const KeySpec> ScenarioKeys();
// The key must exist: the reader asks for none that does not.
const KeySpec& KeyOf(Section section, std::string_view name);

}  // namespace terrella::sim
