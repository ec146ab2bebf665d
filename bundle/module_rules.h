// ModuleRules: how a file of a project is imported, by its path.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

struct ModuleRule {
  v1::ModuleKind kind = v1::MODULE_KIND_ESM;
  std::vector<std::string> globs;
  bool fallthrough = false;  // else no later rule for the same kind counts
};

// Text for .txt .html .sql .css .svg .md .csv .xml, data for .bin, WebAssembly for .wasm.
std::span<const ModuleRule> DefaultModuleRules();

// "Text", "Data", "CompiledWasm", "ESModule"; nothing for what nodes do not have.
std::optional<v1::ModuleKind> ModuleKindOfRule(std::string_view type);

// The project's rules, then those defaults that still count.
std::vector<ModuleRule> WithDefaults(std::span<const ModuleRule> rules);

// The kind the first matching rule gives; nothing when none matches.
std::optional<v1::ModuleKind> KindByRules(std::span<const ModuleRule> rules, std::string_view path);

}  // namespace terrella::bundle
