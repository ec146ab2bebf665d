#include "cli/cluster/record.h"

#include <strings.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr size_t kRecordBytesMax = 16 << 20;

// "control", "control-2", ...
std::string Numbered(const char* name, int index) {
  return index == 0 ? name : fmt::format("{}-{}", name, index + 1);
}

std::string ControlHost(int index, uint16_t port) {
  return fmt::format("127.0.0.{}:{}", 1 + index, port);
}

constexpr std::pair<PartKind, const char*> kKinds[] = {{PartKind::kControl, "control"},
                                                       {PartKind::kDns, "dns"},
                                                       {PartKind::kIngress, "ingress"},
                                                       {PartKind::kNode, "node"}};

Json PartToJson(const Part& part) {
  Json json = {{"kind", kKinds[static_cast<int>(part.kind)].second},
               {"name", part.name},
               {"address", part.address}};
  if (part.process.pid != 0) {
    json["process"] = {{"pid", part.process.pid},
                       {"start_ticks", part.process.start_ticks},
                       {"exe", part.process.exe}};
  }
  return json;
}

Json NetworkToJson(const NetworkSettings& network) {
  return {{"access", network.access},
          {"loss", network.loss},
          {"hour", network.hour},
          {"anycast", network.anycast},
          {"smart_routing", network.smart_routing},
          {"home", network.home},
          {"relays", network.relays}};
}

NetworkSettings NetworkFromJson(const Json& json) {
  return {.access = json.value("access", ""),
          .loss = json.value("loss", ""),
          .hour = json.value("hour", ""),
          .anycast = json.value("anycast", ""),
          .smart_routing = json.value("smart_routing", false),
          .home = json.value("home", ""),
          .relays = json.value("relays", "")};
}

absl::StatusOr<Part> PartFromJson(const Json& json) {
  Part part;
  const std::string kind = json.at("kind");
  const auto* it = std::find_if(std::begin(kKinds), std::end(kKinds),
                                [&](const auto& entry) { return kind == entry.second; });
  if (it == std::end(kKinds)) return InvalidArgument("unknown kind of part '{}'", kind);
  part.kind = it->first;
  part.name = json.at("name");
  part.address = json.at("address");
  if (json.contains("process")) {
    const Json& process = json.at("process");
    part.process = {process.at("pid"), process.at("start_ticks"), process.at("exe")};
  }
  return part;
}

}  // namespace

const Part* ClusterRecord::Find(std::string_view part) const {
  for (const Part& p : parts) {
    if (strcasecmp(p.name.c_str(), std::string(part).c_str()) == 0) return &p;
  }
  return nullptr;
}

Part* ClusterRecord::Find(std::string_view part) {
  return const_cast<Part*>(std::as_const(*this).Find(part));
}

Part* ClusterRecord::FindNode(std::string_view pop) {
  Part* part = Find(pop);
  return part != nullptr && part->kind == PartKind::kNode ? part : nullptr;
}

std::vector<const Part*> ClusterRecord::nodes() const {
  std::vector<const Part*> nodes;
  for (const Part& part : parts) {
    if (part.kind == PartKind::kNode) nodes.push_back(&part);
  }
  return nodes;
}

std::string ClusterRecord::control_address() const {
  if (!remote_control.empty()) return remote_control;
  std::string all = ControlHost(0, control_port);
  for (int i = 1; i < replicas; ++i) all += "," + ControlHost(i, control_port);
  return all;
}

std::vector<const Part*> ClusterRecord::controls() const {
  std::vector<const Part*> controls;
  for (const Part& part : parts) {
    if (part.kind == PartKind::kControl) controls.push_back(&part);
  }
  return controls;
}

std::string NodeHost(int number, int index) {
  return fmt::format("127.{}.{}.{}", 16 + number, index / 250, 1 + index % 250);
}

void LayOut(ClusterRecord& record, const std::vector<std::string>& pops) {
  record.parts.clear();
  for (int i = 0; i < record.replicas; ++i) {
    record.parts.push_back(
        {PartKind::kControl, Numbered("control", i), ControlHost(i, record.control_port)});
  }
  record.parts.push_back({PartKind::kDns, "dns", fmt::format("127.0.0.1:{}", record.dns_port)});
  for (int i = 0; i < record.ingresses; ++i) {
    record.parts.push_back({PartKind::kIngress, Numbered("ingress", i),
                            fmt::format("127.0.0.1:{}", record.http_port)});
  }
  for (size_t i = 0; i < pops.size(); ++i) {
    record.parts.push_back(
        {PartKind::kNode, pops[i],
         fmt::format("{}:{}", NodeHost(record.number, static_cast<int>(i)), record.http_port)});
  }
}

std::string ToJson(const ClusterRecord& record) {
  Json parts = Json::array();
  for (const Part& part : record.parts) parts.push_back(PartToJson(part));
  const Json json = {{"format", kFormat},           {"name", record.name},
                     {"number", record.number},     {"preset", record.preset},
                     {"zone", record.zone},         {"store", record.store},
                     {"replicas", record.replicas}, {"ingresses", record.ingresses},
                     {"shards", record.shards},     {"http_port", record.http_port},
                     {"dns_port", record.dns_port}, {"control_port", record.control_port},
                     {"api_port", record.api_port}, {"network", NetworkToJson(record.network)},
                     {"boot_id", record.boot_id},   {"started_unix_ms", record.started_unix_ms},
                     {"mtls", record.mtls},         {"parts", std::move(parts)}};
  return json.dump(1) + "\n";
}

absl::StatusOr<ClusterRecord> ParseClusterRecord(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != kFormat) {
      return InvalidArgument("format {} of cluster.json, expected {}", json.at("format").dump(),
                             kFormat);
    }
    ClusterRecord record;
    record.name = json.at("name");
    record.number = json.at("number");
    record.preset = json.at("preset");
    record.zone = json.at("zone");
    record.http_port = json.at("http_port");
    record.dns_port = json.at("dns_port");
    record.control_port = json.at("control_port");
    // Records of before these keys have none.
    record.api_port = json.value("api_port", uint16_t{0});
    record.store = json.value("store", "");
    record.replicas = json.value("replicas", 1);
    record.ingresses = json.value("ingresses", 1);
    record.shards = json.value("shards", "");
    if (json.contains("network")) record.network = NetworkFromJson(json.at("network"));
    record.mtls = json.value("mtls", false);
    record.boot_id = json.at("boot_id");
    record.started_unix_ms = json.at("started_unix_ms");
    if (record.number < 0 || record.number >= kClustersMax) {
      return InvalidArgument("cluster number {}, expected 0 to {}", record.number,
                             kClustersMax - 1);
    }
    for (const Json& part : json.at("parts")) {
      ASSIGN_OR_RETURN(Part parsed, PartFromJson(part));
      record.parts.push_back(std::move(parsed));
    }
    return record;
  } catch (const Json::exception& error) {
    return InvalidArgument("not a cluster record: {}", error.what());
  }
}

absl::StatusOr<ClusterRecord> LoadRecord(const ClusterPaths& paths) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(paths.record(), kRecordBytesMax));
  absl::StatusOr<ClusterRecord> record = ParseClusterRecord(text);
  if (!record.ok()) {
    return InvalidArgument("{}: {}", paths.record().string(), Message(record.status()));
  }
  if (record->mtls) record->operator_identity = paths.operator_identity();
  if (record->boot_id != BootId()) {
    for (Part& part : record->parts) part.process = {};
  }
  return record;
}

absl::Status SaveRecord(const ClusterPaths& paths, const ClusterRecord& record) {
  return WriteFileAtomic(paths.record(), ToJson(record));
}

std::vector<ClusterRecord> LoadAllRecords(const std::filesystem::path& home) {
  std::vector<ClusterRecord> records;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(home, error)) {
    const ClusterPaths paths{home, entry.path().filename().string()};
    if (absl::StatusOr<ClusterRecord> record = LoadRecord(paths); record.ok()) {
      records.push_back(*std::move(record));
    }
  }
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return records;
}

bool IsRunning(const Part& part) {
  return IsAlive(part.process);
}

bool AnyRunning(const ClusterRecord& record) {
  return std::any_of(record.parts.begin(), record.parts.end(), IsRunning);
}

std::vector<const Part*> DeadParts(const ClusterRecord& record) {
  std::vector<const Part*> dead;
  for (const Part& part : record.parts) {
    if (!IsRunning(part)) dead.push_back(&part);
  }
  return dead;
}

}  // namespace terrella::cli
