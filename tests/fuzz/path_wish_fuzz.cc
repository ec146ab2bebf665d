// What a client says about its path: whatever is accepted is within its bounds and is read back the
// same from the text that is made of it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "sim/net/path_wish.h"

using namespace terrella;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto wish = net::ParsePathWish(text);
  if (!wish.ok()) return 0;
  if (wish->loss) {
    CHECK(wish->loss->share >= 0 && wish->loss->share <= net::kLossShareMax);
    CHECK(wish->loss->burst >= 1 && wish->loss->burst <= net::kLossBurstMax);
  }
  if (wish->hour_utc) CHECK(*wish->hour_utc >= 0 && *wish->hour_utc < 24);
  const std::string written = net::PathWishText(*wish);
  CHECK(written.size() <= net::kPathWishBytesMax);
  const auto again = net::ParsePathWish(written);
  CHECK(again.ok());
  CHECK(again->access == wish->access);
  CHECK(again->loss.has_value() == wish->loss.has_value());
  CHECK(again->hour_utc.has_value() == wish->hour_utc.has_value());
  CHECK(again->faults.size() == wish->faults.size());
  return 0;
}
