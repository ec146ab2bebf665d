// HttpUrl: what `terrella fetch` accepts as an address: http only, because the network speaks no
// TLS yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::cli {

struct HttpUrl {
  std::string host;              // lower case
  std::optional<uint16_t> port;  // as written
  std::string target;            // "/path?query"

  // The Host field: with the port when one was written.
  std::string authority() const;
};

// "http://host[:port][/path][?query]"; the scheme may be left out, a fragment is dropped.
// INVALID_ARGUMENT says what is wrong.
absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view text);

}  // namespace terrella::cli
