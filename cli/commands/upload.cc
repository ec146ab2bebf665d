#include "cli/commands/upload.h"

#include <algorithm>
#include <span>

#include "base/status.h"
#include "bundle/origin.h"
#include "bundle/version_id.h"
#include "cli/commands/world.h"
#include "sim/net/relay.h"

namespace terrella::cli {
namespace {

// Gives every origin its round-trip times from the PoPs of the cluster, so that nodes need not know
// the map: by the direct path, or with smart routing by way of another PoP where that is shorter.
absl::Status FillOriginRtts(Invocation& in, const ClusterRecord& record, v1::Version& version) {
  if (version.origins_size() == 0) return absl::OkStatus();
  const bool smart = record.network.smart_routing || in.args.Has("--smart-routing");
  ASSIGN_OR_RETURN(const World world, LoadWorld());
  const net::LatencyModel& latency = *world.latency;
  std::vector<const net::PopSite*> sites;
  std::vector<net::Endpoint> relays;
  for (const Part* node : record.nodes()) {
    const net::PopSite* site = world.places->pops().Find(node->name);
    if (site == nullptr) continue;
    sites.push_back(site);
    relays.push_back(latency.SiteAt(*site));
  }
  const std::span<const net::Endpoint> usable(relays.data(), smart ? relays.size() : 0);
  for (v1::Origin& origin : *version.mutable_origins()) {
    origin.clear_rtts();
    if (origin.place().empty()) continue;
    const absl::StatusOr<net::Place> place = world.places->Find(origin.place());
    if (!place.ok()) {
      return InvalidArgument("origin {}: {}", origin.host(), Message(place.status()));
    }
    const net::Endpoint there = latency.SiteAt(place->country, place->at);
    size_t relayed = 0;
    double best_gain = 0;
    for (size_t i = 0; i < sites.size(); ++i) {
      const net::Detour detour = net::BestDetour(latency, relays[i], there, usable);
      relayed += detour.relay.has_value();
      best_gain = std::max(best_gain, detour.gain());
      v1::PopRtt* rtt = origin.add_rtts();
      rtt->set_pop(sites[i]->iata);
      rtt->set_rtt_ms(detour.ms);
    }
    if (smart) {
      in.out.Talk(
          "smart routing: {} is reached by way of another PoP from {} of {}, by up to {:.0f} % "
          "sooner",
          origin.host(), relayed, sites.size(), 100 * best_gain);
    }
  }
  return absl::OkStatus();
}

// Sends the assets the control plane lacks.
absl::Status UploadAssets(Invocation& in, ControlClient& client, const bundle::Bundle& code) {
  if (code.asset_files.empty()) return absl::OkStatus();
  v1::FindMissingBlobsRequest request;
  for (const auto& [sha256, file] : code.asset_files) request.add_sha256(sha256);
  ASSIGN_OR_RETURN(const v1::FindMissingBlobsResponse missing,
                   WithRetries([&] { return client.FindMissingBlobs(request); }));
  std::vector<std::filesystem::path> files;
  for (const std::string& sha256 : missing.sha256()) {
    const auto file = code.asset_files.find(sha256);
    if (file != code.asset_files.end()) files.push_back(file->second);
  }
  RETURN_IF_ERROR(client.UploadFiles(files, [&](size_t sent) {
    in.out.Progress(fmt::format("uploading assets {}/{}", sent, files.size()));
  }));
  in.out.Talk("{} assets, {} of them new", code.version.assets().files(), files.size());
  return absl::OkStatus();
}

}  // namespace

std::vector<Flag> BundleFlags() {
  return {{.name = "--name",
           .value = "NAME",
           .help = "the script's name (default: of the file or folder)"},
          {.name = "--var",
           .value = "KEY=VALUE",
           .help = "a text in the worker's env",
           .repeatable = true},
          {.name = "--env",
           .letter = 'e',
           .value = "NAME",
           .help = "the environment of a wrangler configuration"},
          {.name = "--smart-routing",
           .help = "requests to origins go by way of another PoP where that is shorter"},
          {.name = "--origin",
           .value = "HOST=IP:PORT[@CITY]",
           .help = "a server that fetch() may ask, beside or in place of the configuration's",
           .repeatable = true}};
}

absl::StatusOr<bundle::Bundle> LoadBundleOf(Invocation& in) {
  bundle::LoadOptions options{.name = in.args.Text("--name"), .environment = in.args.Text("--env")};
  for (const std::string& text : in.args.All("--var")) {
    ASSIGN_OR_RETURN(auto var, bundle::ParseVar(text));
    options.vars.push_back(std::move(var));
  }
  ASSIGN_OR_RETURN(bundle::Bundle code, bundle::LoadBundle(in.args.Text("PATH", "."), options));
  for (const std::string& text : in.args.All("--origin")) {
    ASSIGN_OR_RETURN(v1::Origin origin, bundle::ParseOrigin(text));
    bundle::SetOrigin(std::move(origin), code.version);
  }
  for (const std::string& warning : code.warnings) {
    in.out.Talk("{} {}", in.out.TalkStyled(Style::kYellow, "warning:"), warning);
  }
  return code;
}

ExitCode FailLoad(Invocation& in, const absl::Status& status) {
  const bool missing = status.code() == absl::StatusCode::kNotFound;
  return in.out.FailLine(missing ? ExitCode::kFailed : ExitCode::kRejected, Message(status));
}

absl::Status FillForCluster(Invocation& in, const ClusterRecord& record, v1::Version& version) {
  RETURN_IF_ERROR(FillOriginRtts(in, record, version));
  version.set_id(bundle::VersionId(version));
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadResponse> UploadBundle(Invocation& in, ControlClient& client,
                                                const bundle::Bundle& code) {
  RETURN_IF_ERROR(UploadAssets(in, client, code));
  in.out.Progress(
      fmt::format("uploading {} ({})", code.version.script(), FormatBytes(code.total_bytes)));
  return WithRetries([&] { return client.UploadVersion(code.version, code.blobs); });
}

bool IsRejection(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

}  // namespace terrella::cli
