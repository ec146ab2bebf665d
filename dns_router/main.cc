// dns_router: authoritative DNS that answers every client with the nearest healthy edge node.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "dns_router/router.h"
#include "sim/net/data_dir.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:5353",
          "address for UDP and TCP; port 0 picks a free one");
ABSL_FLAG(std::string, control, "127.0.0.1:7070", "the control plane to follow");
ABSL_FLAG(
    std::string, static_view, "",
    "serve the terrella.v1.View in this file (JSON or protobuf text) and follow nobody; SIGHUP "
    "reads it again");
ABSL_FLAG(std::string, admin, "127.0.0.1:0", "address of the gRPC service terrella.v1.Resolve");
ABSL_FLAG(std::string, data, "", "folder of the world's data");
ABSL_FLAG(std::string, instance, "dns-1", "name of this instance, for NSID and id.server");
ABSL_FLAG(uint32_t, ttl_s, 5, "TTL of steered addresses, 0 to 86400");
ABSL_FLAG(uint32_t, negative_ttl_s, 5, "how long a negative answer may be cached, 0 to 86400");
ABSL_FLAG(uint32_t, addresses, 1, "how many nodes an answer names, nearest first, 1 to 64");
ABSL_FLAG(uint32_t, udp_threads, 1, "threads answering UDP, 1 to 64");
ABSL_FLAG(std::string, ready_file, "", "file to write {pid, address, admin} to when serving");

namespace terrella::dns {
namespace {

absl::StatusOr<uint32_t> InRange(std::string_view flag, uint32_t value, uint32_t min,
                                 uint32_t max) {
  if (value >= min && value <= max) return value;
  return InvalidArgument("--{}: expected {} to {}, got {}", flag, min, max, value);
}

absl::StatusOr<RouterOptions> OptionsFromFlags() {
  constexpr uint32_t kDayS = 86400;
  RouterOptions options;
  ASSIGN_OR_RETURN(options.listen, SocketAddress::Parse(absl::GetFlag(FLAGS_listen)));
  ASSIGN_OR_RETURN(options.admin, SocketAddress::Parse(absl::GetFlag(FLAGS_admin)));
  options.control = absl::GetFlag(FLAGS_control);
  options.static_view = absl::GetFlag(FLAGS_static_view);
  options.identity = {.instance = absl::GetFlag(FLAGS_instance), .version = "terrella 0.1.0"};
  ASSIGN_OR_RETURN(options.ttl_s, InRange("ttl-s", absl::GetFlag(FLAGS_ttl_s), 0, kDayS));
  ASSIGN_OR_RETURN(options.negative_ttl_s,
                   InRange("negative-ttl-s", absl::GetFlag(FLAGS_negative_ttl_s), 0, kDayS));
  ASSIGN_OR_RETURN(options.addresses_max,
                   InRange("addresses", absl::GetFlag(FLAGS_addresses), 1, 64));
  ASSIGN_OR_RETURN(const uint32_t threads,
                   InRange("udp-threads", absl::GetFlag(FLAGS_udp_threads), 1, 64));
  options.udp_threads = static_cast<int>(threads);
  if (const std::string data = absl::GetFlag(FLAGS_data); !data.empty()) {
    options.data_dir = data;
  } else {
    ASSIGN_OR_RETURN(options.data_dir, net::FindDataDir());
  }
  return options;
}

absl::Status WriteReadyFile(const Router& router) {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  const nlohmann::json ready = {{"pid", getpid()},
                                {"address", router.address().ToString()},
                                {"admin", router.admin_address().ToString()}};
  return WriteFileAtomic(path, ready.dump() + "\n");
}

// Until SIGTERM or SIGINT.
absl::Status Serve(const sigset_t& signals) {
  ASSIGN_OR_RETURN(const RouterOptions options, OptionsFromFlags());
  ASSIGN_OR_RETURN(const auto router, Router::Start(options));
  RETURN_IF_ERROR(WriteReadyFile(*router));
  LogInfo("answering at {} (UDP and TCP), administration at {}", router->address().ToString(),
          router->admin_address().ToString());
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) router->Reload();
  const Statistics& done = router->statistics();
  LogInfo("stopping; answered {} over UDP and {} over TCP, left {} datagrams unanswered",
          done.udp_answers.load(), done.tcp_answers.load(), done.udp_dropped.load());
  return absl::OkStatus();
}

}  // namespace
}  // namespace terrella::dns

int main(int argc, char** argv) {
  terrella::ParseFlags(argc, argv, __FILE__,
                       "dns_router: answers DNS with the nearest healthy node");
  terrella::InitLog({.process = "dns_router"});
  // Waited for with sigwait, so every thread must leave them alone.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const absl::Status status = terrella::dns::Serve(signals);
  if (status.ok()) return 0;
  terrella::LogError("{}", terrella::Message(status));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
