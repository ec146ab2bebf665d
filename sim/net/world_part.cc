#include "sim/net/world_part.h"

#include <algorithm>

#include "base/status.h"

namespace terrella::net {
namespace {

constexpr size_t kCodeBytes = 2;

bool IsCode(std::string_view text) {
  return text.size() == kCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::optional<WorldPart> FindPart(const Places& places, std::string_view text) {
  const bool only_continent = text.starts_with(kContinentWord);
  const bool only_country = text.starts_with(kCountryWord);
  if (only_continent) text.remove_prefix(kContinentWord.size());
  if (only_country) text.remove_prefix(kCountryWord.size());
  if (!only_country) {
    if (const auto continent = ParseContinent(text)) return WorldPart{.continent = continent};
  }
  if (only_continent || places.FindCountry(text) == nullptr) return std::nullopt;
  return WorldPart{.continent = {}, .country = text};
}

absl::Status CheckPart(const Places& places, std::string_view text) {
  if (FindPart(places, text)) return absl::OkStatus();
  return InvalidArgument(
      "'{}' is no part of the world; expected a continent (AF, AN, AS, EU, NA, OC, SA) or a "
      "country's code such as DE; continent:SA or country:SA where a code is both",
      text.substr(0, 64));
}

bool IsAmbiguousPart(const Places& places, std::string_view text) {
  return ParseContinent(text) && places.FindCountry(text) != nullptr;
}

std::string AmbiguousPartText(const Places& places, std::string_view code) {
  const Country* country = places.FindCountry(code);
  return fmt::format(
      "'{0}' is a continent's code and that of {1}; the continent is meant: write {2}{0}, or "
      "{3}{0}",
      code, country == nullptr ? "no country" : country->name, kContinentWord, kCountryWord);
}

bool IsInPart(const Places& places, std::string_view text, std::string_view country) {
  const std::optional<WorldPart> part = FindPart(places, text);
  const Country* known = places.FindCountry(country);
  return part && known != nullptr && part->Has(known->continent, country);
}

size_t PartLength(std::string_view text) {
  size_t word = 0;
  for (const std::string_view candidate : {kContinentWord, kCountryWord}) {
    if (text.starts_with(candidate)) word = candidate.size();
  }
  return IsCode(text.substr(word, kCodeBytes)) ? word + kCodeBytes : 0;
}

}  // namespace terrella::net
