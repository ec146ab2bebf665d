#include "bundle/module_rules.h"

#include <algorithm>

#include "bundle/glob.h"

namespace terrella::bundle {

std::span<const ModuleRule> DefaultModuleRules() {
  static const auto& rules = *new std::vector<ModuleRule>{
      {v1::MODULE_KIND_TEXT,
       {"**/*.txt", "**/*.html", "**/*.sql", "**/*.css", "**/*.svg", "**/*.md", "**/*.csv",
        "**/*.xml"}},
      {v1::MODULE_KIND_DATA, {"**/*.bin"}},
      {v1::MODULE_KIND_WASM, {"**/*.wasm"}},
  };
  return rules;
}

std::optional<v1::ModuleKind> ModuleKindOfRule(std::string_view type) {
  if (type == "Text") return v1::MODULE_KIND_TEXT;
  if (type == "Data") return v1::MODULE_KIND_DATA;
  if (type == "CompiledWasm") return v1::MODULE_KIND_WASM;
  if (type == "ESModule") return v1::MODULE_KIND_ESM;
  return std::nullopt;
}

std::vector<ModuleRule> WithDefaults(std::span<const ModuleRule> rules) {
  std::vector<ModuleRule> out;
  auto closed = [&](v1::ModuleKind kind) {
    return std::any_of(out.begin(), out.end(), [&](const ModuleRule& rule) {
      return rule.kind == kind && !rule.fallthrough;
    });
  };
  for (const ModuleRule& rule : rules) {
    if (!closed(rule.kind)) out.push_back(rule);
  }
  for (const ModuleRule& rule : DefaultModuleRules()) {
    if (!closed(rule.kind)) out.push_back(rule);
  }
  return out;
}

std::optional<v1::ModuleKind> KindByRules(std::span<const ModuleRule> rules,
                                          std::string_view path) {
  for (const ModuleRule& rule : rules) {
    for (const std::string& glob : rule.globs) {
      if (MatchesGlob(glob, path)) return rule.kind;
    }
  }
  return std::nullopt;
}

}  // namespace terrella::bundle
