// Suggest: "did you mean ...?" for names people type: commands, cities, keys of a scenario file.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace terrella {

// Optimal string alignment distance (insert, delete, replace, swap neighbours), bytes,
// case-insensitive.
int EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word` within a third of its length (at least 2), or "" when none is
// near. The first of equals wins, so give candidates in order of likelihood.
std::string Suggest(std::string_view word, std::span<const std::string> candidates);

}  // namespace terrella
