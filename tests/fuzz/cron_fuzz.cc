// Cron expressions are read from projects and from the wire: whatever is accepted names moments
// that match, in order.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bundle/cron_expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using terrella::WallTime;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cron = terrella::bundle::CronExpression::Parse(text);
  if (!cron.ok()) return 0;
  WallTime at(std::chrono::hours(24 * 365 * 50));
  for (int i = 0; i < 5; ++i) {
    const auto next = cron->Next(at);
    CHECK(next.has_value());
    CHECK(*next > at);
    CHECK(cron->Matches(*next));
    at = *next;
  }
  return 0;
}
