// Scenario files: no text may crash the reader, every error names its place in the file, and who
// asks in a scenario that was read can be drawn, or replayed from a trace.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/path_fault.h"
#include "sim/scenario/catalogue.h"
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
  if (scenario->trace) return;  // see Replay
  CHECK(!ExplainScenario(*scenario, *places).empty());
  CHECK(ExpectedRequests(*scenario, *places) >= 0);
  Population population(*scenario, *places);
  const Catalogue catalogue(*scenario);
  Duration last{};
  for (int i = 0; i < 20; ++i) {
    const Arrival arrival = population.Next();
    CHECK(arrival.due >= last && arrival.request < scenario->requests.size());
    last = arrival.due;
    const RequestKind& kind = scenario->requests[arrival.request];
    const uint32_t object = catalogue.ObjectOf(arrival.request, arrival.number);
    CHECK(object < std::max(kind.objects, 1U) && PathOf(kind, object).starts_with('/'));
  }
}

// The text as the lines of a trace.
void Replay(std::string_view text) {
  static const auto places = TestWorld();
  Scenario scenario;
  scenario.requests = {{.host = "hello.edge.test"}};
  scenario.trace.emplace();
  const std::string lines = "ms,place,path\n" + std::string(text);
  if (const absl::Status read = ReadTrace(lines, "t.csv", *places, scenario); !read.ok()) {
    CHECK(Message(read).starts_with("t.csv"));
    return;
  }
  Population population(scenario, *places);
  Duration last{};
  for (size_t i = 0; i < scenario.trace->rows.size(); ++i) {
    const Arrival arrival = population.Next();
    CHECK(arrival.due >= last && arrival.request < scenario.requests.size());
    last = arrival.due;
  }
  CHECK(population.Next().due == Duration::max());
}

}  // namespace
}  // namespace terrella::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  terrella::sim::Read(text);
  // Halves: tables without their beginning, strings without their end.
  terrella::sim::Read(text.substr(0, size / 2));
  terrella::sim::Read(text.substr(size / 2));
  terrella::sim::Replay(text);
  (void)terrella::sim::ParseAssertion(text).ok();
  if (const auto fault = terrella::net::ParsePathFault(text); fault.ok()) {
    CHECK(terrella::net::ParsePathFault(terrella::net::PathFaultText(*fault)).ok());
  }
  return 0;
}
