// HttpUrl: what `terrella fetch` and visits accept as an address: http and https.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::sim {

struct HttpUrl {
  std::string host;              // lower case
  std::optional<uint16_t> port;  // as written
  std::string target;            // "/path?query"
  bool secure = false;           // https

  // The Host field: with the port when one was written.
  std::string authority() const;
};

// "http[s]://host[:port][/path][?query]"; the scheme may be left out, a fragment is dropped.
// INVALID_ARGUMENT says what is wrong.
absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view text);

}  // namespace terrella::sim
