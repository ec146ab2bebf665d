// Schema: the language of scenarios as JSON Schema, for editors that complete and check TOML.
//
// Made from the table of the language (language.h). What a schema cannot say (that a city exists,
// that an event has one action) is left to `terrella sim check`.
#pragma once

#include <string>

namespace terrella::sim {

// Draft 2020-12, indented, with a newline at its end.
std::string ScenarioSchema();

}  // namespace terrella::sim
