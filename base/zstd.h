// Zstandard (RFC 8878): content in a smaller form, for what travels to many at once.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella {

// Frames say how long their content is, so that whoever opens one knows it beforehand.
std::string ZstdCompress(std::string_view content);

// The content, `content_bytes` long, of one frame. InvalidArgument: it is no whole frame, or one of
// another length. Whoever calls bounds `content_bytes`: that much memory is taken.
absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, size_t content_bytes);

}  // namespace terrella
