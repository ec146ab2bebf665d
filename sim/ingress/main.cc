// ingress: the anycast address in front of all edge nodes, with the world's distances in between.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/flags/flag.h"
#include "base/core_dump.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "rpc/identity.h"
#include "rpc/upstream.h"
#include "sim/bgp/load_internet.h"
#include "sim/ingress/ingress.h"
#include "sim/net/data_dir.h"
#include "topology/view_client.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:8080", "the anycast address; port 0 picks a free one");
ABSL_FLAG(bool, share_address, false,
          "other ingresses listen on the same address; the kernel deals the connections out");
ABSL_FLAG(std::string, control, "127.0.0.1:7070", "the control plane to follow");
ABSL_FLAG(
    std::string, control_cert, "",
    "PEM file to prove itself to the control plane with: certificate, authority, private key; "
    "none: plain text");
ABSL_FLAG(std::string, control_key, "", "PEM file with the private key; default: --control-cert");
ABSL_FLAG(std::string, control_ca, "",
          "PEM file of the cluster's authority; default: --control-cert");
ABSL_FLAG(std::string, data, "", "folder of the world's data");
ABSL_FLAG(std::string, ready_file, "", "file to write {pid, address} to when serving");
ABSL_FLAG(std::string, default_from, "Frankfurt",
          "place of connections that say nothing of theirs (curl without a header, a browser)");
ABSL_FLAG(std::string, transport, "tcp",
          "whose handshake new connections are charged: tcp, tls12, tls13, quic, ...");
ABSL_FLAG(std::string, jitter, "on", "on or off: whether round trips wobble");
ABSL_FLAG(uint64_t, seed, 1, "of the jitter");
ABSL_FLAG(uint32_t, convergence_ms, 500,
          "how long a withdrawn node still attracts connections (BGP convergence; an assumption)");
ABSL_FLAG(double, last_mile_ms, 4, "round trip over a client's wired last mile (an assumption)");
ABSL_FLAG(std::string, anycast, "nearest",
          "where the anycast address leads: nearest, or as BGP does for a network announced like a "
          "cdn, root, startup or regional one");
ABSL_FLAG(std::string, as_graph, "", "an imported graph of ASes; else a synthetic one is used");
ABSL_FLAG(double, mrai_ms, 30000,
          "with --anycast: how long routers that space advertisements wait (RFC 4271 section 10)");
ABSL_FLAG(std::string, access, "wired",
          "people's last mile: wired, mix (by country), fibre, cable, dsl, 5g, 4g, leo or geo");
ABSL_FLAG(std::string, loss, "",
          "packets lost: 1%, or 1%/4 in runs of four (default: as the access loses them)");
ABSL_FLAG(std::string, hour, "off",
          "hour of UTC for evening queues, 0 to 24 or 20:30; now: the machine's clock; off: none");
ABSL_FLAG(uint32_t, connections_max, 16384, "connections at once");
ABSL_FLAG(uint32_t, drain_ms, 2000, "how long open connections may last after SIGTERM");

namespace terrella::sim {
namespace {

absl::StatusOr<net::Transport> TransportFromFlag() {
  std::string name = absl::GetFlag(FLAGS_transport);
  if (const auto transport = net::FindTransport(name)) return *transport;
  return InvalidArgument(
      "--transport: expected tcp, tls12, tls12-resumed, tls13, tls13-early, quic or quic-early, "
      "got '{}'",
      name);
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
  ASSIGN_OR_RETURN(net::ChosenPrefixes prefixes, net::ChoosePrefixes(dir, world.places));
  if (!prefixes.passed_over.empty()) LogWarn("passed over: {}", prefixes.passed_over);
  world.prefixes = std::move(prefixes.table);
  ASSIGN_OR_RETURN(world.model, net::LatencyModel::Load(dir, latency));
  if (absl::GetFlag(FLAGS_anycast) != "nearest") {
    ASSIGN_OR_RETURN(const auto hubs, bgp::Hubs::Make(world.places, world.model));
    ASSIGN_OR_RETURN(world.internet,
                     bgp::LoadInternet(hubs, {.graph = absl::GetFlag(FLAGS_as_graph),
                                              .footprint = dir / "as_footprint.bin"}));
  }
  return world;
}

// --access, --loss and --hour.
absl::Status ReadLastMile(const Clock& clock, IngressOptions* options) {
  net::LastMileOptions& mile = options->last_mile;
  absl::StatusOr<net::AccessChoice> access = net::ParseAccessChoice(absl::GetFlag(FLAGS_access));
  if (!access.ok()) return InvalidArgument("--access: {}", Message(access.status()));
  mile.access = *access;
  if (std::string text = absl::GetFlag(FLAGS_loss); !text.empty()) {
    absl::StatusOr<net::LossRates> loss = net::ParseLossRates(text);
    if (!loss.ok()) return InvalidArgument("--loss: {}", Message(loss.status()));
    mile.loss = *loss;
  }
  std::string hour = absl::GetFlag(FLAGS_hour);
  if (hour == "now") {
    options->evening = &clock;
  } else if (hour != "off") {
    absl::StatusOr<double> at = net::ParseHour(hour);
    if (!at.ok()) return InvalidArgument("--hour: {}", Message(at.status()));
    mile.hour_utc = *at;
  }
  mile.seed = mile.evening.seed = options->seed;
  return absl::OkStatus();
}

absl::StatusOr<IngressOptions> OptionsFromFlags(const IngressWorld& world, const Clock& clock) {
  IngressOptions options;
  absl::StatusOr<SocketAddress> listen = SocketAddress::Parse(absl::GetFlag(FLAGS_listen));
  if (!listen.ok()) return InvalidArgument("--listen: {}", Message(listen.status()));
  options.listen = *listen;
  options.share_address = absl::GetFlag(FLAGS_share_address);
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
  RETURN_IF_ERROR(ReadLastMile(clock, &options));
  if (std::string preset = absl::GetFlag(FLAGS_anycast); preset != "nearest") {
    absl::StatusOr<bgp::PresetOptions> found = bgp::FindPreset(preset);
    if (!found.ok()) return InvalidArgument("--anycast: nearest, or {}", Message(found.status()));
    options.anycast = *found;
    options.live.seed = options.seed;
    options.live.convergence.mrai_ms = absl::GetFlag(FLAGS_mrai_ms);
    if (!(options.live.convergence.mrai_ms >= 0 && options.live.convergence.mrai_ms <= 60'000)) {
      return InvalidArgument("--mrai_ms: expected 0 to 60000, got {}",
                             options.live.convergence.mrai_ms);
    }
  }
  options.convergence = std::chrono::milliseconds(absl::GetFlag(FLAGS_convergence_ms));
  options.connections_max = absl::GetFlag(FLAGS_connections_max);
  return options;
}

absl::StatusOr<rpc::Upstream> ControlFromFlags() {
  const std::string target = absl::GetFlag(FLAGS_control);
  if (const absl::Status fits = rpc::CheckTarget(target); !fits.ok()) {
    return InvalidArgument("--control: {}", Message(fits));
  }
  return rpc::MakeUpstream(
      target,
      rpc::TlsFiles::Of(absl::GetFlag(FLAGS_control_cert), absl::GetFlag(FLAGS_control_key),
                        absl::GetFlag(FLAGS_control_ca)),
      rpc::kControlPlane, "--control-cert");
}

void TellHowLate(const Ingress& ingress) {
  const Histogram& late = ingress.late_ns();
  const auto ms = [&](double q) { return static_cast<double>(late.Quantile(q)) / 1e6; };
  LogInfo(
      "{} pieces let through, late by {:.3f} ms at the median and {:.3f} ms at p99; at most {} "
      "connections at once",
      late.count(), ms(0.5), ms(0.99), ingress.connections_most());
}

absl::Status Serve(const sigset_t& signals) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(IngressWorld world, LoadWorld());
  ASSIGN_OR_RETURN(IngressOptions options, OptionsFromFlags(world, clock));
  ASSIGN_OR_RETURN(rpc::Upstream control, ControlFromFlags());
  EventLoop loop;
  ASSIGN_OR_RETURN(std::unique_ptr<Ingress> ingress, Ingress::Start(loop, world, options));
  topology::ViewClient views(
      {.control = std::move(control), .watcher = "ingress"}, [&](v1::View view, bool) {
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
      TellHowLate(*ingress);
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
  terrella::ForbidCoreDumps();
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
