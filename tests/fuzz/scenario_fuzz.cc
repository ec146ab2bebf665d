// Scenario files: no text may crash the reader, every error names its place in the file, and who
// asks in a scenario that was read can be drawn.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/path_fault.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/population.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

void Read(std::string_view text) {
  static const auto places = TestWorld();
  const auto scenario = ParseScenario(text, "f.toml", *places, "edge.test");
  if (!scenario.ok()) {
    CHECK(Message(scenario.status()).starts_with("f.toml:"));
    return;
  }
  CHECK(!ExplainScenario(*scenario, *places).empty());
  CHECK(ExpectedRequests(*scenario, *places) >= 0);
  Population population(*scenario, *places);
  Duration last{};
  for (int i = 0; i < 20; ++i) {
    const Arrival arrival = population.Next();
    CHECK(arrival.due >= last && arrival.request < scenario->requests.size());
    last = arrival.due;
  }
}

}  // namespace
}  // namespace terrella::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  terrella::sim::Read(text);
  // Halves: tables without their beginning, strings without their end.
  terrella::sim::Read(text.substr(0, size / 2));
  terrella::sim::Read(text.substr(size / 2));
  (void)terrella::sim::ParseAssertion(text).ok();
  if (const auto fault = terrella::net::ParsePathFault(text); fault.ok()) {
    CHECK(terrella::net::ParsePathFault(terrella::net::PathFaultText(*fault)).ok());
  }
  return 0;
}
