// WorldPart: a continent or a country, as people name one: "continent:SA", "country:SA", or the
// code alone.
//
// Five codes are both: AF, AN, AS, NA and SA. Alone they mean the continent, and are ambiguous:
// whoever reads them from people should say so.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "sim/net/places.h"

namespace terrella::net {

struct WorldPart {
  std::optional<Continent> continent;  // none: the country
  std::string_view country;            // of the text it was found in
  bool Has(Continent of_place, std::string_view country_of_place) const {
    return continent ? *continent == of_place : country == country_of_place;
  }
};

constexpr std::string_view kContinentWord = "continent:", kCountryWord = "country:";

// Nothing when the text is no part of the world.
std::optional<WorldPart> FindPart(const Places& places, std::string_view text);
// InvalidArgument "expected a continent (AF, ...) or a country's code ...".
absl::Status CheckPart(const Places& places, std::string_view text);
// Whether it is one of the codes that are both, without the word that says which.
bool IsAmbiguousPart(const Places& places, std::string_view text);
// "'SA' is South America's code and Saudi Arabia's; ...": what to write instead.
std::string AmbiguousPartText(const Places& places, std::string_view code);
// A country that is none is nowhere.
bool IsInPart(const Places& places, std::string_view text, std::string_view country);

// How many bytes at the beginning of `text` are written like a part; 0: none.
size_t PartLength(std::string_view text);

}  // namespace terrella::net
