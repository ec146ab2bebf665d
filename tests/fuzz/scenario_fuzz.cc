// Scenario files: no text may crash the reader, and every error names its place in the file.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/test_world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto places = terrella::sim::TestWorld();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto scenario = terrella::sim::ParseScenario(text, "f.toml", *places, "edge.test");
  if (!scenario.ok()) CHECK(terrella::Message(scenario.status()).starts_with("f.toml:"));
  if (scenario.ok()) (void)terrella::sim::ExplainScenario(*scenario, *places);
  (void)terrella::sim::ParseAssertion(text).ok();
  return 0;
}
