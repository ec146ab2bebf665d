// A view of the network out of a file: for tests, and for serving without a control plane.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

// terrella.v1.View as JSON (when the text begins with '{') or as protobuf text. Unknown fields are
// errors, so that a typing mistake is not silently ignored.
absl::StatusOr<v1::View> ParseStaticView(std::string_view text);
// As above; errors begin with the file's name.
absl::StatusOr<v1::View> ReadStaticView(const std::filesystem::path& path);

}  // namespace terrella::dns
