// EnvTypes: a worker's bindings as TypeScript, for `terrella types`.
//
// The names of types are those of @cloudflare/workers-types. A name that several environments give
// another value is the union of them.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

struct EnvTypesOptions {
  std::string interface = "Env";
  std::string main_module;  // as the project names it: classes of Durable Objects come from there
  bool strict_vars = true;  // "production" | "staging" rather than string
  std::vector<std::string> secrets;  // names in .dev.vars: strings whose values nobody writes down
  std::string source;                // what it was made from, for the first line
};

// `environments` holds the bindings of each environment, those of the top first.
std::string EnvTypes(const std::vector<std::vector<v1::Binding>>& environments,
                     const EnvTypesOptions& options);

}  // namespace terrella::bundle
