#include "bundle/assets_options.h"

#include <span>
#include <utility>

#include "base/status.h"
#include "bundle/names.h"

namespace terrella::bundle {
namespace {

using v1::StaticAssets;

constexpr size_t kPathsMax = 100;
constexpr size_t kPathBytesMax = 256;

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};
constexpr Choice<StaticAssets::HtmlHandling> kHtml[] = {
    {"auto-trailing-slash", StaticAssets::AUTO_TRAILING_SLASH},
    {"force-trailing-slash", StaticAssets::FORCE_TRAILING_SLASH},
    {"drop-trailing-slash", StaticAssets::DROP_TRAILING_SLASH},
    {"none", StaticAssets::NO_HTML_HANDLING},
};
constexpr Choice<StaticAssets::NotFoundHandling> kNotFound[] = {
    {"single-page-application", StaticAssets::SINGLE_PAGE_APPLICATION},
    {"404-page", StaticAssets::NOT_FOUND_PAGE},
    {"none", StaticAssets::NOTHING},
};

template <class Value>
Value ReadChoice(ConfigTable& table, std::string_view key, std::span<const Choice<Value>> choices,
                 Value otherwise) {
  const auto name = table.String(key);
  if (!name) return otherwise;
  std::string known;
  for (const Choice<Value>& choice : choices) {
    if (choice.name == *name) return choice.value;
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", choice.name);
  }
  table.Fail(key, fmt::format("expected one of {}, found \"{}\"", known, *name));
  return otherwise;
}

void ReadRunWorkerFirst(ConfigTable& table, StaticAssets& out) {
  constexpr std::string_view kKey = "run_worker_first";
  const std::string json = table.Json(kKey, kPathsMax * kPathBytesMax).value_or("false");
  if (json == "true" || json == "false") {
    out.set_run_worker_first(json == "true");
    return;
  }
  if (!json.starts_with('[')) {
    return table.Fail(kKey, "expected true, false or a list of paths such as \"/api/*\"");
  }
  bool any = false;
  for (const ConfigValue& value : table.List(kKey, kPathsMax)) {
    const auto pattern = value.AsString();
    if (!pattern) return value.Fail("'run_worker_first' must hold strings");
    if (absl::Status status = CheckWorkerFirstPath(*pattern); !status.ok()) {
      return value.Fail(Message(status));
    }
    any |= !pattern->starts_with('!');
    out.add_worker_first_paths(*pattern);
  }
  if (!any) table.Fail(kKey, "needs at least one path without '!'");
}

}  // namespace

absl::Status CheckWorkerFirstPath(std::string_view pattern) {
  const bool path = pattern.starts_with('/') || pattern.starts_with("!/");
  if (path && pattern.size() <= kPathBytesMax) return absl::OkStatus();
  return InvalidArgument("'{}': a path begins with '/' or '!/' and has at most {} bytes", pattern,
                         kPathBytesMax);
}

AssetsOptions ReadAssetsOptions(ConfigTable& table) {
  AssetsOptions options;
  options.directory = table.String("directory").value_or("");
  if (options.directory.empty()) {
    table.Fail("directory", "'assets' needs a 'directory': the folder of its files");
  }
  options.binding = table.String("binding").value_or("");
  if (!options.binding.empty()) {
    if (absl::Status status = CheckBindingName(options.binding); !status.ok()) {
      table.Fail("binding", Message(status));
    }
  }
  options.assets.set_html_handling(ReadChoice<StaticAssets::HtmlHandling>(
      table, "html_handling", kHtml, StaticAssets::AUTO_TRAILING_SLASH));
  options.assets.set_not_found_handling(ReadChoice<StaticAssets::NotFoundHandling>(
      table, "not_found_handling", kNotFound, StaticAssets::NOTHING));
  ReadRunWorkerFirst(table, options.assets);
  return options;
}

}  // namespace terrella::bundle
