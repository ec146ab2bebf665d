#include "cli/sim/service_store.h"

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "bundle/bundle.h"

namespace terrella::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kFormat = "service 3";
constexpr size_t kProfileBytesMax = 64 << 10;

// Size and time of change: another build is another program.
std::string BuildOf(const fs::path& program) {
  std::error_code error;
  const auto bytes = fs::file_size(program, error);
  const auto written = fs::last_write_time(program, error).time_since_epoch().count();
  return fmt::format("{} {}", bytes, written);
}

bool ReadTimes(const nlohmann::json& json, const char* key, std::vector<float>* out) {
  const auto times = json.find(key);
  if (times == json.end() || !times->is_array()) return false;
  for (const auto& time : *times) {
    if (!time.is_number() || !(time.get<double>() >= 0)) return false;
    out->push_back(time.get<float>());
  }
  return true;
}

// One that is not there is none; false: it is damaged.
bool ReadFailure(const nlohmann::json& json, const char* key,
                 std::optional<sim::FailedService>* out) {
  const auto found = json.find(key);
  if (found == json.end()) return true;
  const auto number = [&](const char* name) {
    return found->is_object() && found->contains(name) && (*found)[name].is_number()
               ? (*found)[name].get<double>()
               : -1;
  };
  const double ms = number("ms"), bytes = number("response_bytes"), status = number("status");
  if (!(ms >= 0 && bytes >= 0 && bytes <= UINT32_MAX && status >= 100 && status <= 999)) {
    return false;
  }
  *out = {.ms = static_cast<float>(ms),
          .response_bytes = static_cast<uint32_t>(bytes),
          .status = static_cast<uint16_t>(status)};
  return true;
}

nlohmann::ordered_json FailureJson(const sim::FailedService& failed) {
  return {{"ms", failed.ms}, {"response_bytes", failed.response_bytes}, {"status", failed.status}};
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ServiceStore::StagesOf(const sim::Scenario& scenario,
                                                                const fs::path& folder,
                                                                const fs::path& node) {
  std::string text = fmt::format("{}\n{}", kFormat, BuildOf(node));
  for (const sim::Origin& origin : scenario.origins) {
    text += fmt::format("\n{} {}", origin.host, origin.body_bytes);
  }
  const auto add = [&](const std::string& path, const std::string& name) -> absl::Status {
    ASSIGN_OR_RETURN(const bundle::Bundle worker,
                     bundle::LoadBundle(folder / path, {.name = name}));
    text = ToHex(Sha256(fmt::format("{}\n{} {} {}", text, name, ToHex(worker.version.id()),
                                    fmt::join(worker.routes, " "))));
    return absl::OkStatus();
  };
  for (const sim::WorkerProject& worker : scenario.workers) {
    RETURN_IF_ERROR(add(worker.path, worker.name));
  }
  std::vector<std::string> stages = {ToHex(Sha256(text))};
  for (const sim::TimelineEvent& event : scenario.timeline) {
    if (event.action != sim::TimelineEvent::Action::kDeploy) continue;
    RETURN_IF_ERROR(add(event.target, event.script));
    stages.push_back(text);
  }
  return stages;
}

fs::path ServiceStore::FileOf(std::string_view stage, const sim::RequestKind& kind) const {
  // Numbers of origins stand for them: their sizes are part of the stage.
  const std::string request =
      fmt::format("{} {} {} {}", kind.method, kind.host, kind.path, fmt::join(kind.origins, ","));
  return folder_ / (ToHex(Sha256(fmt::format("{}\n{}", stage, request))) + ".json");
}

std::optional<sim::ServiceProfile> ServiceStore::Find(std::string_view stage,
                                                      const sim::RequestKind& kind) const {
  const auto text = ReadFile(FileOf(stage, kind), kProfileBytesMax);
  if (!text.ok()) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto number = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? found->get<double>() : -1;
  };
  const bool sane = number("cpu_ms") >= 0 && number("cold_ms") >= 0 &&
                    number("response_bytes") >= 0 && number("response_bytes") <= UINT32_MAX &&
                    number("status") >= 100 && number("status") <= 999 &&
                    number("error_share") >= 0 && number("error_share") <= 1;
  if (!sane) return std::nullopt;
  sim::ServiceProfile out{.cpu_ms = static_cast<float>(number("cpu_ms")),
                          .cold_ms = static_cast<float>(number("cold_ms")),
                          .response_bytes = static_cast<uint32_t>(number("response_bytes")),
                          .status = static_cast<uint16_t>(number("status")),
                          .error_share = static_cast<float>(number("error_share"))};
  if (!ReadTimes(json, "service_ms", &out.service_ms) ||
      !ReadTimes(json, "rested_ms", &out.rested_ms) || out.service_ms.empty()) {
    return std::nullopt;
  }
  if (!ReadFailure(json, "on_error", &out.on_error) ||
      !ReadFailure(json, "on_refusal", &out.on_refusal)) {
    return std::nullopt;
  }
  return out;
}

absl::Status ServiceStore::Save(std::string_view stage, const sim::RequestKind& kind,
                                const sim::ServiceProfile& profile) const {
  if (profile.status >= 500) return absl::OkStatus();
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Unavailable("{}: {}", folder_.string(), error.message());
  nlohmann::ordered_json json = {
      {"request", fmt::format("{} {}{}", kind.method, kind.host, kind.path)},
      {"status", profile.status},
      {"error_share", profile.error_share},
      {"response_bytes", profile.response_bytes},
      {"cold_ms", profile.cold_ms},
      {"cpu_ms", profile.cpu_ms},
      {"service_ms", profile.service_ms},
      {"rested_ms", profile.rested_ms}};
  if (profile.on_error) json["on_error"] = FailureJson(*profile.on_error);
  if (profile.on_refusal) json["on_refusal"] = FailureJson(*profile.on_refusal);
  return WriteFileAtomic(FileOf(stage, kind), json.dump() + "\n");
}

}  // namespace terrella::cli
