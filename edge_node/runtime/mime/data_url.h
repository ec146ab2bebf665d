// The data: URL processor (Fetch Standard, section 6): what such a URL holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge_node/runtime/mime/mime_type.h"

namespace terrella::runtime {

struct DataUrl {
  MimeType type;
  std::string body;
};

// `href` is a serialized URL of the scheme data, without its fragment. Nothing when it has no
// comma, or says base64 and is none.
std::optional<DataUrl> ParseDataUrl(std::string_view href);

}  // namespace terrella::runtime
