// DateCache: the value of the Date field (RFC 9110 section 6.6.1), formatted once a second.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace terrella::http {

class DateCache {
 public:
  // IMF-fixdate (RFC 9110 section 5.6.7), valid until the next call.
  std::string_view At(WallTime now);

 private:
  int64_t second_ = -1;
  char text_[32] = {};
};

}  // namespace terrella::http
