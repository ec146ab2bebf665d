// Any text is a wrangler configuration or a refusal with a place; what is accepted obeys the rules
// of names.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bundle/cron_expression.h"
#include "bundle/names.h"
#include "bundle/wrangler.h"

namespace {

using namespace terrella::bundle;

void Try(std::string_view text, WranglerSyntax syntax, std::string_view environment) {
  auto config = ParseWrangler(text, "f", syntax, environment);
  if (!config.ok()) return;
  CHECK(config->manifest.name.empty() || CheckScriptName(config->manifest.name).ok());
  for (const auto& route : config->manifest.routes) CHECK(NormalizeRoute(route).value() == route);
  for (const auto& cron : config->manifest.crons) CHECK(CronExpression::Parse(cron).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (std::string_view environment : {"", "a"}) {
    Try(text, WranglerSyntax::kToml, environment);
    Try(text, WranglerSyntax::kJson, environment);
  }
  return 0;
}
