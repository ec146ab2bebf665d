#include "cli/commands/invocation.h"

#include <cstdlib>
#include <ctime>

#include "base/status.h"
#include "base/suggest.h"
#include "rpc/upstream.h"

namespace terrella::cli {

namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<ClusterRecord> RemoteCluster(const std::string& name, const std::string& control) {
  if (const absl::Status fits = rpc::CheckTarget(control); !fits.ok()) {
    return InvalidArgument("TERRELLA_CONTROL: {}", Message(fits));
  }
  ClusterRecord record{.name = name, .operator_identity = FromEnvironment("TERRELLA_IDENTITY")};
  record.remote_control = control;
  record.mtls = !record.operator_identity.empty();
  return record;
}

}  // namespace

absl::StatusOr<ClusterRecord> RunningCluster(const Invocation& in) {
  if (const std::string control = FromEnvironment("TERRELLA_CONTROL"); !control.empty()) {
    return RemoteCluster(in.paths.name, control);
  }
  absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok() && record.status().code() != absl::StatusCode::kNotFound) return record.status();
  if (record.ok() && AnyRunning(*record)) return record;
  std::vector<std::string> running;
  for (const ClusterRecord& other : LoadAllRecords(in.paths.home)) {
    if (AnyRunning(other)) running.push_back(fmt::format("--cluster {}", other.name));
  }
  const std::string flag = in.paths.name == "default" ? "" : " --cluster " + in.paths.name;
  std::string hint;
  if (!running.empty()) hint = fmt::format("; running: {}", fmt::join(running, ", "));
  return Unavailable("cluster '{}' is not running; start it with 'terrella up{}'{}", in.paths.name,
                     flag, hint);
}

ControlClient ControlOf(const Invocation& in, const ClusterRecord& record) {
  const std::filesystem::path& own = record.operator_identity;
  return ControlClient(
      record.control_address(),
      {.cluster = record.name, .tls = rpc::TlsFiles::Of(own, {}, {}), .token = in.token});
}

absl::StatusOr<Part*> NodeOf(ClusterRecord& record, const std::string& pop) {
  if (Part* node = record.FindNode(pop)) return node;
  std::vector<std::string> names = NodeNames(record);
  const std::string near = Suggest(pop, names);
  return NotFound("cluster '{}' has no PoP '{}'{}; 'terrella nodes' lists them", record.name, pop,
                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

std::vector<std::string> NodeNames(const ClusterRecord& record) {
  std::vector<std::string> names;
  for (const Part* node : record.nodes()) names.push_back(node->name);
  return names;
}

std::vector<Flag> ConvergenceFlags() {
  return {{.name = "--detach", .help = "do not wait for the nodes"},
          {.name = "--timeout",
           .value = "TIME",
           .help = "how long to wait for the nodes (default 30s)",
           .kind = ValueKind::kDuration}};
}

ExitCode FollowConvergence(Invocation& in, ControlClient& client, uint64_t revision,
                           v1::Convergence* last) {
  Interrupt interrupt;
  const Duration timeout = in.args.Time("--timeout", std::chrono::seconds(30));
  const auto seen = [&](const v1::Convergence& state) {
    *last = state;
    in.out.Progress(fmt::format("{}/{} nodes", state.acked(), state.total()));
  };
  const absl::StatusOr<v1::Convergence> done =
      client.WatchConvergence(revision, timeout, &interrupt, seen);
  if (!done.ok()) {
    if (done.status().code() != absl::StatusCode::kDeadlineExceeded &&
        done.status().code() != absl::StatusCode::kCancelled) {
      return in.out.Fail(done.status());
    }
    return in.out.Fail(
        ExitCodeFor(done.status()),
        "{}: {}/{} nodes have revision {}, it goes on without this command{}",
        done.status().code() == absl::StatusCode::kCancelled ? "interrupted" : "wait timed out",
        last->acked(), last->total(), revision,
        last->lagging_size() == 0 ? ""
                                  : fmt::format("; missing: {}", fmt::join(last->lagging(), " ")));
  }
  *last = *done;
  if (last->rejected_size() > 0) {
    for (const v1::NodeRejection& r : last->rejected()) {
      in.out.Talk("  {} refused {}: {} {}", r.node(), r.resource(), r.code(), r.detail());
    }
    return in.out.Fail(ExitCode::kRejected, "{} of {} nodes refused revision {}",
                       last->rejected_size(), last->total(), revision);
  }
  return ExitCode::kOk;
}

std::string FormatTime(int64_t unix_ms) {
  const time_t seconds = unix_ms / 1000;
  tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  const auto value = static_cast<double>(bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", value / 1024);
  return fmt::format("{:.1f} MiB", value / (1024 * 1024));
}

}  // namespace terrella::cli
