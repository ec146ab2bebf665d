// A change of the zone in the control plane's store, as the commands for records and for policies
// make one: once for each request id, and told of in the same words.
//
// Thread: main.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/app/command.h"
#include "cli/commands/invocation.h"
#include "terrella/v1/dns_zone.pb.h"

namespace terrella::cli {

// --request-id, and its value: a new one when it was not given.
const Flag& DnsRequestIdFlag();
std::string DnsRequestId(const Invocation& in);

struct DnsChangeReport {
  std::string_view done;  // what a change that was needed is told as
  bool warnings = false;  // whether this kind of change has any, for --json
};
ExitCode Report(Invocation& in, const absl::StatusOr<v1::DnsChangeResponse>& response,
                const DnsChangeReport& report);

}  // namespace terrella::cli
