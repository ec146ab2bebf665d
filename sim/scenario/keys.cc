#include "sim/scenario/keys.h"

#include <algorithm>

#include "base/signed_duration.h"
#include "base/status.h"

namespace terrella::sim {
namespace {

constexpr size_t kSignedBytesMax = 64;

std::vector<std::string> WordsOf(std::string_view choices) {
  std::vector<std::string> out;
  while (!choices.empty()) {
    const size_t end = std::min(choices.find(' '), choices.size());
    out.emplace_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return out;
}

std::string Expected(const KeySpec& spec) {
  if (spec.type == KeyType::kTable) return fmt::format("[{}]: {}", spec.name, spec.meaning);
  if (spec.type == KeyType::kTables) return fmt::format("[[{}]]: {}", spec.name, spec.meaning);
  return fmt::format("e.g. {} = {}", spec.name, spec.example);
}

}  // namespace

std::optional<std::string> Keys::String(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  std::optional<std::string> text = table_.String(key, static_cast<size_t>(spec.max));
  if (text && text->size() < static_cast<size_t>(spec.min)) {
    Fail(key, fmt::format("'{}' is empty; expected {}", key, Expected(spec)));
    return std::nullopt;
  }
  return text;
}

std::optional<int64_t> Keys::Integer(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  return table_.Integer(key, static_cast<int64_t>(spec.min), static_cast<int64_t>(spec.max));
}

std::optional<double> Keys::Number(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  return table_.Number(key, spec.min, spec.max);
}

std::optional<bool> Keys::Boolean(std::string_view key) {
  KeyOf(section_, key);
  return table_.Boolean(key);
}

std::optional<Duration> Keys::Time(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  return table_.DurationOf(key, FromMs(1000 * spec.min), FromMs(1000 * spec.max));
}

std::optional<Duration> Keys::Signed(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  const std::optional<std::string> text = table_.String(key, kSignedBytesMax);
  if (!text) return std::nullopt;
  const absl::StatusOr<Duration> value = ParseSignedDuration(*text);
  if (!value.ok()) {
    Fail(key, fmt::format("'{}': {}", key, Message(value.status())));
    return std::nullopt;
  }
  if (*value < FromMs(1000 * spec.min) || *value > FromMs(1000 * spec.max)) {
    Fail(key, fmt::format("'{}' is {}; expected {}", key, *text, spec.meaning));
    return std::nullopt;
  }
  return *value;
}

std::optional<Duration> Keys::TimeUntil(std::string_view key, Duration max) {
  KeyOf(section_, key);
  return table_.DurationOf(key, Duration(0), max);
}

std::optional<Keys> Keys::Table(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  std::optional<ConfigTable> table = table_.Table(key);
  if (!table) return std::nullopt;
  return Keys(*std::move(table), spec.section);
}

std::vector<Keys> Keys::Tables(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  std::vector<Keys> out;
  for (ConfigTable& table : table_.Tables(key, static_cast<size_t>(spec.max))) {
    out.emplace_back(std::move(table), spec.section);
  }
  return out;
}

std::optional<std::map<std::string, double>> Keys::Weights(std::string_view key) {
  const KeySpec& spec = KeyOf(section_, key);
  const std::vector<std::string> words = WordsOf(spec.choices);
  std::map<std::string, double> out;
  if (table_.IsString(key)) {
    const std::optional<std::string> word = OneOf(key);
    if (!word) return std::nullopt;
    out[*word] = 1;
    return out;
  }
  std::optional<ConfigTable> table = table_.Table(key);
  if (!table) return std::nullopt;
  for (const std::string& word : words) {
    out[word] = table->Number(word, spec.min, spec.max).value_or(0);
  }
  table->RefuseUnknownKeys();
  return out;
}

std::optional<std::string> Keys::OneOf(std::string_view key) {
  std::vector<std::string> words = WordsOf(KeyOf(section_, key).choices);
  std::optional<std::string> value = table_.String(key);
  if (!value) return std::nullopt;
  if (std::find(words.begin(), words.end(), *value) != words.end()) return value;
  const std::string last = words.back();
  words.pop_back();
  Fail(key, fmt::format("expected {} or {}, got '{}'", fmt::join(words, ", "), last,
                        value->substr(0, 64)));
  return std::nullopt;
}

std::vector<ConfigValue> Keys::List(std::string_view key, size_t count_max) {
  KeyOf(section_, key);
  return table_.List(key, count_max);
}

void Keys::Close() {
  for (const KeySpec& spec : ScenarioKeys()) {
    if (spec.in != section_) continue;
    if (spec.required && !table_.Has(spec.name)) {
      Fail(spec.name, fmt::format("{} has no '{}'; expected {}", SectionName(section_), spec.name,
                                  Expected(spec)));
    }
  }
  table_.RefuseUnknownKeys();
}

}  // namespace terrella::sim
