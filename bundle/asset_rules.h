// The files _headers and _redirects of a folder of static assets.
//
//   /img/*                         a path of the site, or "https://HOST/PATH"
//     cache-control: max-age=600   what its answers get
//     ! etag                       and what they lose
//
//   /old/:page  /new/:page  301    from, to, status (302 when it is left out)
//
// The forms and limits are those of the hosted product, but a line that means nothing is an error
// with its place and never passed over.
//
// Thread: any; pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "terrella/v1/assets.pb.h"

namespace terrella::bundle {

struct AssetRuleLimits {
  size_t header_rules_max = 100;
  size_t header_line_bytes_max = 2000;
  size_t static_redirects_max = 2000;
  size_t dynamic_redirects_max = 100;  // with names or '*'
  size_t redirect_line_bytes_max = 1000;
};

// Errors are InvalidArgument with "file:line: what was expected".
absl::StatusOr<std::vector<v1::HeaderRule>> ParseHeadersFile(std::string_view text,
                                                             std::string_view file_name,
                                                             const AssetRuleLimits& limits = {});
absl::StatusOr<std::vector<v1::RedirectRule>> ParseRedirectsFile(
    std::string_view text, std::string_view file_name, const AssetRuleLimits& limits = {});

}  // namespace terrella::bundle
