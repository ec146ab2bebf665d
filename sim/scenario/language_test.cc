// Goal: the table of the language and the reader have the same keys, and the schema is made of
// them.
#include "sim/scenario/language.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

// A scenario in which every section stands once.
constexpr std::string_view kWhole = R"(version = 1
name = "t"
%root%
[clients]
%clients%
[day]
%day%
[network]
%network%
[[population]]
name = "p"
cities = [{ city = "Lagos"%city% }]
rate = [{ at = "1s", times = 2%rate% }]
sessions = { pages = 2, think = "1s"%sessions% }
%population%
[[worker]]
path = "x"
%worker%
[[origin]]
host = "api.example"
city = "Berlin"
%origin%
[[request]]
host = "hello"
service = { ms = 1, on_error = { status = 502%on_error% }%service% }
%request%
[[request]]
host = "ledger"
kv = { keys = 50%kv% }
[[page]]
host = "hello"
parts = [{ path = "/"%part% }]
%page%
[[timeline]]
at = "1s"
%timeline%
[[timeline]]
at = "2s"
deploy = "d"
rollout = { waves = [{ percent = 5%wave% }], gates = { requests_min = 50%gates% }%rollout% }
)";

std::string Slot(Section section) {
  constexpr const char* kNames[] = {"root",     "clients",  "population", "city",     "rate",
                                    "sessions", "day",      "network",    "worker",   "origin",
                                    "request",  "kv",       "service",    "on_error", "page",
                                    "part",     "timeline", "rollout",    "wave",     "gates"};
  static_assert(std::size(kNames) == kSections);
  return kNames[static_cast<size_t>(section)];
}

// kWhole with one line in a section.
std::string With(Section section, const std::string& line) {
  const bool within = section == Section::kCity || section == Section::kRatePoint ||
                      section == Section::kSessions || section == Section::kKv ||
                      section == Section::kService || section == Section::kFailure ||
                      section == Section::kPart || section == Section::kRollout ||
                      section == Section::kWave || section == Section::kGates;
  std::string out(kWhole);
  for (int i = 0; i < kSections; ++i) {
    const auto other = static_cast<Section>(i);
    const std::string slot = "%" + Slot(other) + "%";
    std::string text = other == section ? (within ? ", " + line : line) : "";
    if (other == Section::kTimeline && text.find("kill") == std::string::npos &&
        text.find("cut =") == std::string::npos) {
      text += "\nkill = \"FRA\"";
    }
    const size_t at = out.find(slot);
    if (at != std::string::npos) out.replace(at, slot.size(), text);
  }
  return out;
}

absl::Status Read(const std::string& text) {
  return ParseScenario(text, "s.toml", *TestWorld(), "edge.test").status();
}

TEST(Language, TheReaderKnowsEveryKeyOfTheTable) {
  ASSERT_TRUE(Read(With(Section::kRoot, "")).ok()) << Read(With(Section::kRoot, ""));
  for (const KeySpec& key : ScenarioKeys()) {
    if (key.example.empty()) continue;  // a section: it stands in kWhole
    const std::string line = fmt::format("{} = {}", key.name, key.example);
    const std::string said(Message(Read(With(key.in, line))));
    // Some keys need others beside them, and some stand there already: but they are known.
    EXPECT_EQ(said.find("unknown key"), std::string::npos) << line << " gives: " << said;
  }
}

TEST(Language, NoSectionHasOtherKeys) {
  for (int i = 0; i < kSections; ++i) {
    const auto section = static_cast<Section>(i);
    const std::string said(Message(Read(With(section, "nonsense = 1"))));
    EXPECT_NE(said.find("unknown key 'nonsense'"), std::string::npos) << Slot(section) << said;
  }
}

TEST(Language, NumbersBeyondTheTableAreRefused) {
  for (const KeySpec& key : ScenarioKeys()) {
    if (key.type != KeyType::kNumber && key.type != KeyType::kInteger) continue;
    if (key.required && key.in != Section::kRoot) continue;  // stands in kWhole
    if (key.name == "version") continue;
    const std::string line = fmt::format(
        "{} = {}", key.name, key.type == KeyType::kNumber ? "1e300" : "9223372036854775807");
    EXPECT_FALSE(Read(With(key.in, line)).ok()) << line;
  }
}

TEST(Language, TheSchemaHasEveryKey) {
  const nlohmann::json schema = nlohmann::json::parse(ScenarioSchema());
  size_t keys = 0;
  const auto count = [&](const nlohmann::json& section) {
    keys += section["properties"].size();
    EXPECT_EQ(section["additionalProperties"], false);
  };
  count(schema);
  for (const auto& [name, section] : schema["$defs"].items()) count(section);
  EXPECT_EQ(keys, ScenarioKeys().size());
  EXPECT_EQ(schema["properties"]["clients"]["$ref"], "#/$defs/clients");
}

TEST(Language, AScenarioIsToldInWords) {
  const auto s = ParseScenario(With(Section::kTimeline, "phase = \"dark\"\nkill = \"FRA\""),
                               "s.toml", *TestWorld(), "edge.test");
  ASSERT_TRUE(s.ok()) << s.status();
  const std::string text = ExplainScenario(*s, *TestWorld());
  for (const char* part : {"p, 100 %: Lagos (100 %)", "each asks 2 times", "2 times the rate",
                           "at 1 s     the node of FRA goes without a word  (begins phase 'dark')",
                           "nothing: it only tells"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  }
}

}  // namespace
}  // namespace terrella::sim
