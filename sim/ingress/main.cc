// ingress: the anycast address in front of all edge nodes, with the world's distances in between.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/flags/flag.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "sim/ingress/ingress.h"
#include "sim/net/data_dir.h"
#include "topology/view_client.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:8080", "the anycast address; port 0 picks a free one");
ABSL_FLAG(std::string, control, "127.0.0.1:7070", "the control plane to follow");
ABSL_FLAG(std::string, data, "", "folder of the world's data");
ABSL_FLAG(std::string, ready_file, "", "file to write {pid, address} to when serving");
ABSL_FLAG(std::string, default_from, "Frankfurt",
          "place of connections that say nothing of theirs (curl without a header, a browser)");
ABSL_FLAG(std::string, transport, "tcp",
          "whose handshake new connections are charged: tcp, tls12, tls13 or quic");
ABSL_FLAG(std::string, jitter, "on", "on or off: whether round trips wobble");
ABSL_FLAG(uint64_t, seed, 1, "of the jitter");
ABSL_FLAG(uint32_t, convergence_ms, 500,
          "how long a withdrawn node still attracts connections (BGP convergence; an assumption)");
ABSL_FLAG(double, last_mile_ms, 4, "round trip over a client's last mile (an assumption)");
ABSL_FLAG(uint32_t, connections_max, 16384, "connections at once");
ABSL_FLAG(uint32_t, drain_ms, 2000, "how long open connections may last after SIGTERM");

namespace terrella::sim {
namespace {

absl::StatusOr<net::Transport> TransportFromFlag() {
  std::string name = absl::GetFlag(FLAGS_transport);
  if (name == "tcp") return net::Transport::kTcp;
  if (name == "tls12") return net::Transport::kTls12;
  if (name == "tls13") return net::Transport::kTls13;
  if (name == "quic") return net::Transport::kQuic;
  return InvalidArgument("--transport: expected tcp, tls12, tls13 or quic, got '{}'", name);
}

absl::StatusOr<IngressWorld> LoadWorld() {
  std::filesystem::path dir = absl::GetFlag(FLAGS_data);
  if (dir.empty()) {
    ASSIGN_OR_RETURN(dir, net::FindDataDir());
  }
  net::LatencyOptions latency{.last_mile_rtt_ms = absl::GetFlag(FLAGS_last_mile_ms)};
  if (!(latency.last_mile_rtt_ms >= 0 && latency.last_mile_rtt_ms <= 10'000)) {
    return InvalidArgument("--last-mile-ms: expected 0 to 10000, got {}", latency.last_mile_rtt_ms);
  }
  IngressWorld world;
  ASSIGN_OR_RETURN(world.places, net::Places::Load(dir));
  ASSIGN_OR_RETURN(world.prefixes, net::PrefixTable::Load(dir, world.places));
  ASSIGN_OR_RETURN(world.model, net::LatencyModel::Load(dir, latency));
  return world;
}

absl::StatusOr<IngressOptions> OptionsFromFlags(const IngressWorld& world) {
  IngressOptions options;
  absl::StatusOr<SocketAddress> listen = SocketAddress::Parse(absl::GetFlag(FLAGS_listen));
  if (!listen.ok()) return InvalidArgument("--listen: {}", Message(listen.status()));
  options.listen = *listen;
  absl::StatusOr<net::Place> place = world.places->Find(absl::GetFlag(FLAGS_default_from));
  if (!place.ok()) return InvalidArgument("--default-from: {}", Message(place.status()));
  options.default_place = *std::move(place);
  ASSIGN_OR_RETURN(options.transport, TransportFromFlag());
  std::string jitter = absl::GetFlag(FLAGS_jitter);
  if (jitter != "on" && jitter != "off") {
    return InvalidArgument("--jitter: expected on or off, got '{}'", jitter);
  }
  options.jitter = jitter == "on";
  options.seed = absl::GetFlag(FLAGS_seed);
  options.convergence = std::chrono::milliseconds(absl::GetFlag(FLAGS_convergence_ms));
  options.connections_max = absl::GetFlag(FLAGS_connections_max);
  return options;
}

absl::Status Serve(const sigset_t& signals) {
  ASSIGN_OR_RETURN(IngressWorld world, LoadWorld());
  ASSIGN_OR_RETURN(IngressOptions options, OptionsFromFlags(world));
  EventLoop loop;
  ASSIGN_OR_RETURN(std::unique_ptr<Ingress> ingress, Ingress::Start(loop, world, options));
  topology::ViewClient views(
      {.target = absl::GetFlag(FLAGS_control), .watcher = "ingress"}, [&](v1::View view, bool) {
        loop.Post([&ingress, view = std::move(view)] { ingress->Update(view); });
      });
  if (std::string path = absl::GetFlag(FLAGS_ready_file); !path.empty()) {
    nlohmann::json ready = {{"pid", getpid()}, {"address", ingress->address().ToString()}};
    RETURN_IF_ERROR(WriteFileAtomic(path, ready.dump() + "\n"));
  }
  LogInfo("anycast address {}; who says nothing is in {}", ingress->address().ToString(),
          options.default_place.name);
  std::thread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    loop.Post([&] {
      LogInfo("draining {} connections", ingress->connections());
      ingress->Drain(std::chrono::milliseconds(absl::GetFlag(FLAGS_drain_ms)),
                     [&] { loop.Stop(); });
    });
  });
  loop.Run();
  waiter.join();
  return absl::OkStatus();
}

}  // namespace
}  // namespace terrella::sim

int main(int argc, char** argv) {
  terrella::ParseFlags(argc, argv, __FILE__, "ingress: one anycast address for all edge nodes");
  terrella::InitLog({.process = "ingress"});
  // Waited for on one thread, so all others must leave them alone.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  absl::Status status = terrella::sim::Serve(signals);
  if (status.ok()) return 0;
  terrella::LogError("{}", terrella::Message(status));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
