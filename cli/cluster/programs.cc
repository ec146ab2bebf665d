#include "cli/cluster/programs.h"

#include "base/status.h"
#include "cli/cluster/identities.h"
#include "sim/net/data_dir.h"
#include "sim/scenario/kv_workload.h"

namespace terrella::cli {
namespace {

// Where Workers KV is kept: a large site on the Atlantic's western side, as its central stores are
// said to be; in a cluster without it, the first PoP.
const net::PopSite& KvHome(const ClusterRecord& record, const net::Pops& pops,
                           const net::PopSite& otherwise) {
  const Part* home = record.Find(sim::kKvHome);
  if (home == nullptr && !record.nodes().empty()) home = record.nodes().front();
  const net::PopSite* site = home == nullptr ? nullptr : pops.Find(home->name);
  return site == nullptr ? otherwise : *site;
}

// "FRA=12.345,NRT=230.1": the modelled round trips to the other nodes' sites.
std::string RttsFrom(const ClusterRecord& record, const Programs& programs,
                     const net::PopSite& site) {
  std::string rtts;
  for (const Part* node : record.nodes()) {
    const net::PopSite* other = programs.pops->Find(node->name);
    if (other == nullptr || other == &site) continue;
    rtts += fmt::format(
        "{}{}={:.3f}", rtts.empty() ? "" : ",", node->name,
        programs.latency->RttMs(programs.latency->SiteAt(site), programs.latency->SiteAt(*other)));
  }
  return rtts;
}

}  // namespace

absl::StatusOr<Programs> Programs::Find() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Internal("cannot tell where this program is: {}", error.message());
  Programs programs{.bin = self.parent_path()};
  for (const char* name : {"edge_node", "control_plane", "dns_router", "ingress"}) {
    if (!std::filesystem::exists(programs.bin / name, error)) {
      return NotFound("{} is missing beside {}; build everything first (scripts/dev build)", name,
                      self.string());
    }
  }
  // Beside the programs of a build, or where a package puts it.
  for (const char* folder : {"web", "share/terrella/web"}) {
    const std::filesystem::path web = programs.bin.parent_path() / folder;
    if (programs.web.empty() && std::filesystem::exists(web / "index.html", error)) {
      programs.web = web;
    }
  }
  ASSIGN_OR_RETURN(programs.data, net::FindDataDir());
  ASSIGN_OR_RETURN(programs.pops, net::Pops::Load(programs.data));
  ASSIGN_OR_RETURN(programs.latency, net::LatencyModel::Load(programs.data));
  return programs;
}

std::string ReadyFlag(const ClusterPaths& paths, std::string_view part) {
  return "--ready_file=" + paths.ready(part).string();
}

bool IsReadyFlagOf(const ClusterPaths& paths, std::string_view argument) {
  return argument.starts_with("--ready_file=" + (paths.run() / "").string());
}

SpawnOptions CommandFor(const ClusterRecord& record, const Part& part, const ClusterPaths& paths,
                        const Programs& programs) {
  SpawnOptions spawn{.log = paths.log(part.name)};
  spawn.arguments = {"--listen=" + part.address, ReadyFlag(paths, part.name)};
  const auto add = [&](std::string_view flag, std::string_view value) {
    spawn.arguments.push_back(fmt::format("--{}={}", flag, value));
  };
  const std::string data = programs.data.string();
  if (record.mtls) {
    add(part.kind == PartKind::kControl ? "tls_cert" : "control_cert",
        IdentityFileOf(paths, part).string());
  }
  switch (part.kind) {
    case PartKind::kControl:
      spawn.program = programs.bin / "control_plane";
      add("state", paths.control().string());
      if (record.api_port != 0) {
        add("http",
            fmt::format("{}:{}", part.address.substr(0, part.address.rfind(':')), record.api_port));
      }
      if (!programs.web.empty()) add("web", programs.web.string());
      add("visit_ingress", fmt::format("127.0.0.1:{}", record.http_port));
      add("visit_dns", fmt::format("127.0.0.1:{}", record.dns_port));
      add("data", data);
      if (std::error_code error; std::filesystem::exists(paths.certificate(), error)) {
        add("visit_ca", paths.authority().string());
      }
      add("launcher", (programs.bin / "terrella").string());
      add("launcher_home", paths.home.string());
      add("cluster", record.name);
      add("zone", record.zone);
      if (!record.store.empty()) add("store", record.store);
      if (!record.network.home.empty()) {
        add("wan_home", record.network.home);
        add("wan_relays", record.network.relays);
      }
      break;
    case PartKind::kDns:
      spawn.program = programs.bin / "dns_router";
      add("control", record.control_address());
      add("data", data);
      add("admin", "127.0.0.1:0");
      add("dnssec_keys", paths.dns_keys().string());
      add("view_cache", (paths.dir() / (part.name + "-view.bin")).string());
      // Nodes speak HTTPS when the cluster has a certificate.
      if (std::error_code error; std::filesystem::exists(paths.certificate(), error)) {
        add("https_alpn", "h2");
      }
      break;
    case PartKind::kIngress:
      spawn.program = programs.bin / "ingress";
      add("control", record.control_address());
      add("data", data);
      if (record.ingresses > 1) spawn.arguments.push_back("--share_address");
      if (!record.network.access.empty()) add("access", record.network.access);
      if (!record.network.loss.empty()) add("loss", record.network.loss);
      if (!record.network.hour.empty()) add("hour", record.network.hour);
      if (!record.network.anycast.empty()) {
        add("anycast", record.network.anycast);
        // As `net catchment` does: what was imported goes before what is made up.
        const std::filesystem::path graph = paths.home / ".data" / "as-graph.bin";
        if (std::error_code error; std::filesystem::exists(graph, error)) {
          add("as_graph", graph.string());
        }
      }
      break;
    case PartKind::kNode:
      spawn.program = programs.bin / "edge_node";
      add("id", part.name);
      add("pop", part.name);
      add("cluster", record.name);
      add("control", record.control_address());
      add("state", paths.node(part.name).string());
      if (std::error_code error; std::filesystem::exists(paths.certificate(), error)) {
        add("tls_certificate", paths.certificate().string());
        add("tls_key", paths.certificate_key().string());
      }
      add("actors", paths.actors().string());
      if (!record.shards.empty()) add("shards", record.shards);
      add("drain_s", "4");  // less than `down` waits before it kills
      if (programs.pops == nullptr) break;
      if (const net::PopSite* site = programs.pops->Find(part.name)) {
        add("city", site->city);
        add("country", site->country);
        add("continent", net::ContinentCode(site->continent));
        add("lat", fmt::format("{}", site->at.latitude_deg));
        add("lon", fmt::format("{}", site->at.longitude_deg));
        if (programs.latency == nullptr) break;
        add("pop_rtts", RttsFrom(record, programs, *site));
        const net::PopSite& home = KvHome(record, *programs.pops, *site);
        add("kv_rtt_ms",
            fmt::format("{:.3f}", programs.latency->RttMs(programs.latency->SiteAt(*site),
                                                          programs.latency->SiteAt(home))));
      }
      break;
  }
  return spawn;
}

}  // namespace terrella::cli
