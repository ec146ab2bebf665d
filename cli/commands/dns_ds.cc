// dns ds: the DS records with which the parent of the cluster's zone vouches for its keys.
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/status.h"
#include "base/subprocess.h"
#include "cli/cluster/programs.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// "edge.test. IN DS 51833 13 2 ABC..." a line.
Json DsJson(const std::string& zone, const std::string& lines) {
  Json records = Json::array();
  std::istringstream in(lines);
  std::string owner, klass, type, digest;
  unsigned key_tag = 0, algorithm = 0, digest_type = 0;
  while (in >> owner >> klass >> type >> key_tag >> algorithm >> digest_type >> digest) {
    records.push_back({{"key_tag", key_tag},
                       {"algorithm", algorithm},
                       {"digest_type", digest_type},
                       {"digest", digest}});
  }
  return {{"zone", zone}, {"ds", std::move(records)}};
}

// The DNS router knows the keys' format; it prints what they are.
ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  const auto printed =
      RunSubprocess({.argv = {(programs->bin / "dns_router").string(), "--print_ds=" + record->zone,
                              "--dnssec_keys=" + in.paths.dns_keys().string()},
                     .timeout = std::chrono::seconds(20)});
  if (!printed.ok()) return in.out.Fail(printed.status());
  if (printed->exit_code != 0) {
    return in.out.Fail(FailedPrecondition("the zone's keys cannot be read: {}", printed->err));
  }
  if (in.out.json()) {
    in.out.Data("{}", DsJson(record->zone, printed->out).dump(2));
  } else {
    in.out.Write(printed->out);
  }
  return ExitCode::kOk;
}

}  // namespace

Command DnsDsCommand() {
  return {.name = "dns ds",
          .group = "DNS",
          .summary = "the DS records that the parent of the signed zone needs",
          .details =
              "One line a key, in the form of a zone file. The zone is signed by 'terrella up'; a\n"
              "router by itself prints them with --print-ds ZONE --dnssec-keys FILE.",
          .examples = {{"terrella dns ds", "edge.test. IN DS 51833 13 2 ..."},
                       {"terrella dns ds --json", "key tag, algorithm, digest type and digest"}},
          .run = Run};
}

}  // namespace terrella::cli
