// The zone file: records that are the same for everybody, beside the steered names
// (RFC 1035 section 5, RFC 2308 section 4, RFC 3597 section 5), read by libldns.
//
// The zone's name comes with the view, so a file names it by $ORIGIN or writes names out.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "dns_router/policy/record_set.h"

namespace terrella::dns {

// InvalidArgument names file, line and what was expected: syntax, a record that may not be in a
// zone this server signs or answers by itself, a name with an alias and anything else (RFC 1034
// section 3.6.2), a second SOA. `source`: the file's name for messages.
absl::StatusOr<ZoneRecords> ParseZoneFile(std::string_view text, std::string_view source);
absl::StatusOr<std::shared_ptr<const ZoneRecords>> ReadZoneFile(const std::filesystem::path& path);

}  // namespace terrella::dns
