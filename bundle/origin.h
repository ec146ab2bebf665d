// Origins of a version, as text and as a manifest names them.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

// "HOST=IP:PORT", or "HOST=IP:PORT@PLACE" for one that stands somewhere; the host in lower case.
absl::StatusOr<v1::Origin> ParseOrigin(std::string_view text);

// Adds an origin, in place of one of the same host.
void SetOrigin(v1::Origin origin, v1::Version& version);

}  // namespace terrella::bundle
