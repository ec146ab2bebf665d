#include "sim/scenario/schema.h"

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "sim/scenario/language.h"

namespace terrella::sim {
namespace {

using Json = nlohmann::ordered_json;

// The name of a section's definition.
std::string DefinitionOf(Section section) {
  constexpr std::string_view kNames[] = {"scenario", "clients", "population", "city",     "rate",
                                         "sessions", "day",     "network",    "worker",   "origin",
                                         "request",  "kv",      "service",    "on_error", "page",
                                         "part",     "event",   "rollout",    "wave",     "gates"};
  static_assert(std::size(kNames) == kSections);
  return std::string(kNames[static_cast<size_t>(section)]);
}

Json Reference(Section section) {
  return {{"$ref", "#/$defs/" + DefinitionOf(section)}};
}

Json Text() {
  return {{"type", "string"}};
}
Json ListOf(Json item) {
  return {{"type", "array"}, {"items", std::move(item)}};
}
Json OneOrMany(const Json& item) {
  return {{"anyOf", Json::array({item, ListOf(item)})}};
}

Json Choices(std::string_view words) {
  Json out = Json::array();
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    out.push_back(std::string(words.substr(0, end)));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return {{"enum", std::move(out)}};
}

Json OfType(const KeySpec& key) {
  switch (key.type) {
    case KeyType::kString:
      return {{"type", "string"},
              {"minLength", static_cast<int>(key.min)},
              {"maxLength", static_cast<int>(key.max)}};
    case KeyType::kInteger:
      return {{"type", "integer"},
              {"minimum", static_cast<int64_t>(key.min)},
              {"maximum", static_cast<int64_t>(key.max)}};
    case KeyType::kNumber:
      return {{"type", "number"}, {"minimum", key.min}, {"maximum", key.max}};
    case KeyType::kBoolean:
      return {{"type", "boolean"}};
    case KeyType::kDuration:
      return {{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]+)?(us|ms|s|m|h|d)$"}};
    case KeyType::kSigned:
      return {{"type", "string"}, {"pattern", "^([+-]?[0-9]+(\\.[0-9]+)?(us|ms|s|m|h|d)|0)$"}};
    case KeyType::kChoice:
      return Choices(key.choices);
    case KeyType::kChoices:
      return OneOrMany(Choices(key.choices));
    case KeyType::kStrings:
    case KeyType::kPops:
      return OneOrMany(Text());
    case KeyType::kPair: {
      Json out = ListOf(Text());
      out.update({{"minItems", 2}, {"maxItems", 2}});
      return out;
    }
    case KeyType::kCities:
      return OneOrMany({{"anyOf", Json::array({Text(), Reference(Section::kCity)})}});
    case KeyType::kTable:
      return Reference(key.section);
    case KeyType::kTables:
      return ListOf(Reference(key.section));
    case KeyType::kMix: {
      const Json one = Choices(key.choices);
      Json weights = Json::object();
      for (const Json& word : one["enum"]) {
        weights[word.get<std::string>()] = {
            {"type", "number"}, {"minimum", key.min}, {"maximum", key.max}};
      }
      return {{"anyOf", Json::array({one, Json{{"type", "object"},
                                               {"properties", std::move(weights)},
                                               {"additionalProperties", false}}})}};
    }
    case KeyType::kAccess:
      return {{"anyOf", Json::array({Text(), Json{{"type", "object"},
                                                  {"additionalProperties",
                                                   {{"type", "number"}, {"minimum", 0}}}}})}};
    case KeyType::kHour:
      return {
          {"anyOf",
           Json::array({Text(), Json{{"type", "number"}, {"minimum", 0}, {"maximum", 23.999}}})}};
  }
  return Json::object();
}

Json OfSection(Section section) {
  Json properties = Json::object(), required = Json::array();
  for (const KeySpec& key : ScenarioKeys()) {
    if (key.in != section) continue;
    Json property = OfType(key);
    if (!key.meaning.empty()) property["description"] = std::string(key.meaning);
    properties[std::string(key.name)] = std::move(property);
    if (key.required) required.push_back(std::string(key.name));
  }
  Json out = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

}  // namespace

std::string ScenarioSchema() {
  Json definitions = Json::object();
  for (int i = 1; i < kSections; ++i) {
    const auto section = static_cast<Section>(i);
    definitions[DefinitionOf(section)] = OfSection(section);
  }
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "a terrella scenario"}};
  out.update(OfSection(Section::kRoot));
  out["$defs"] = std::move(definitions);
  return out.dump(1) + "\n";
}

}  // namespace terrella::sim
