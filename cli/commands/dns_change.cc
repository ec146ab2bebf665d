#include "cli/commands/dns_change.h"

#include <nlohmann/json.hpp>

namespace terrella::cli {

const Flag& DnsRequestIdFlag() {
  static const Flag flag = {.name = "--request-id",
                            .value = "ID",
                            .help = "the same id again changes nothing more (default: a new one)"};
  return flag;
}

std::string DnsRequestId(const Invocation& in) {
  return in.args.Text("--request-id", NewRequestId());
}

ExitCode Report(Invocation& in, const absl::StatusOr<v1::DnsChangeResponse>& response,
                const DnsChangeReport& report) {
  if (!response.ok()) return in.out.Fail(response.status());
  if (in.out.json()) {
    nlohmann::ordered_json change = {{"changed", response->changed()},
                                     {"revision", response->revision()}};
    if (report.warnings) change["warnings"] = response->warnings();
    in.out.Data("{}", change.dump(2));
    return ExitCode::kOk;
  }
  for (const std::string& warning : response->warnings()) in.out.Talk("note: {}", warning);
  in.out.Talk("{}", response->changed() ? report.done : "nothing to change, it is so already");
  return ExitCode::kOk;
}

}  // namespace terrella::cli
