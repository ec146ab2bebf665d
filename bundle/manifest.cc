#include "bundle/manifest.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/config.h"
#include "base/status.h"
#include "base/tcp.h"
#include "bundle/names.h"
#include "bundle/rollout_plan.h"

namespace terrella::bundle {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr int64_t kCpuMsMax = 300'000;
constexpr int64_t kStartupCpuMsMax = 10'000;
constexpr int64_t kHeapMibMax = 1024;
constexpr int64_t kSubrequestsMax = 10'000;
constexpr size_t kFlagsMax = 64;

// The strings of a list (or one string standing alone), each in the form that `normalize` gives it.
std::vector<std::string> ReadStrings(ConfigTable& table, std::string_view key, size_t count_max,
                                     absl::StatusOr<std::string> (*normalize)(std::string_view)) {
  std::vector<std::string> out;
  for (const ConfigValue& value : table.List(key, count_max)) {
    const std::optional<std::string> text = value.AsString();
    if (!text) {
      value.Fail(fmt::format("'{}' must hold strings", key));
    } else if (auto normal = normalize(*text); !normal.ok()) {
      value.Fail(Message(normal.status()));
    } else {
      out.push_back(*std::move(normal));
    }
  }
  return out;
}

// Gives the binding its place in `env`, unless something has it already.
void AddBinding(const ConfigTable& section, v1::Binding binding, const ManifestLimits& limits,
                Manifest& out) {
  const std::string name = binding.name();
  if (absl::Status status = CheckBindingName(name); !status.ok()) {
    section.Fail(name, Message(status));
  } else if (out.bindings.size() >= limits.bindings_max) {
    section.Fail(name, fmt::format("more than {} bindings", limits.bindings_max));
  } else if (std::any_of(out.bindings.begin(), out.bindings.end(),
                         [&](const v1::Binding& other) { return other.name() == name; })) {
    section.Fail(name, fmt::format("'{}' is bound twice", name));
  } else {
    out.bindings.push_back(std::move(binding));
  }
}

void ReadVars(ConfigTable& vars, const ManifestLimits& limits, Manifest& out) {
  for (const std::string& name : vars.Keys()) {
    v1::Binding binding;
    binding.set_name(name);
    if (vars.IsString(name)) {
      binding.set_text(vars.String(name, limits.binding_bytes_max).value_or(""));
    } else {
      binding.set_json(vars.Json(name, limits.binding_bytes_max).value_or(""));
    }
    AddBinding(vars, std::move(binding), limits, out);
  }
}

// A table of bindings that name something: NAME = "what", checked by `check`, stored by `set`.
void ReadNames(ConfigTable& table, const ManifestLimits& limits, Manifest& out,
               absl::Status (*check)(std::string_view),
               const std::function<void(v1::Binding&, const std::string&)>& set) {
  for (const std::string& name : table.Keys()) {
    const std::optional<std::string> value = table.String(name);
    if (!value) continue;
    if (absl::Status status = check(*value); !status.ok()) {
      table.Fail(name, Message(status));
      continue;
    }
    v1::Binding binding;
    binding.set_name(name);
    set(binding, *value);
    AddBinding(table, std::move(binding), limits, out);
  }
}

void ReadOrigin(ConfigTable& table, Manifest& out) {
  v1::Origin origin;
  origin.set_host(table.String("host").value_or(""));
  origin.set_address(table.String("address").value_or(""));
  origin.set_place(table.String("place").value_or(""));
  origin.set_tls(table.Boolean("tls").value_or(false));
  origin.set_ca_pem(table.String("ca").value_or(""));  // a path, until the bundle is read
  table.RefuseUnknownKeys();
  absl::AsciiStrToLower(origin.mutable_host());
  const std::string& host = origin.host();
  if (host.empty()) {
    return table.Fail("host", "an origin needs a 'host', e.g. \"api.example\"");
  }
  if (!CheckHostName(host).ok()) {
    return table.Fail("host", fmt::format("origin host '{}' must be a bare host name", host));
  }
  if (!SocketAddress::Parse(origin.address()).ok()) {
    return table.Fail("address",
                      fmt::format("origin '{}' needs an 'address' like \"127.0.0.1:9000\"", host));
  }
  if (!origin.ca_pem().empty() && !origin.tls()) {
    return table.Fail("ca", fmt::format("origin '{}' has a 'ca' but not 'tls = true'", host));
  }
  for (const v1::Origin& other : out.origins) {
    if (other.host() == host) {
      return table.Fail("host", fmt::format("origin '{}' is declared twice", host));
    }
  }
  out.origins.push_back(std::move(origin));
}

void ReadLimits(ConfigTable& limits, v1::WorkerLimits& out) {
  out.set_cpu_ms(static_cast<uint32_t>(limits.Integer("cpu_ms", 1, kCpuMsMax).value_or(0)));
  out.set_startup_cpu_ms(
      static_cast<uint32_t>(limits.Integer("startup_cpu_ms", 1, kStartupCpuMsMax).value_or(0)));
  out.set_heap_bytes(static_cast<uint64_t>(limits.Integer("heap_mib", 1, kHeapMibMax).value_or(0)) *
                     kMiB);
  out.set_subrequests(
      static_cast<uint32_t>(limits.Integer("subrequests", 1, kSubrequestsMax).value_or(0)));
  limits.RefuseUnknownKeys();
}

void ReadRoot(ConfigTable& root, const ManifestLimits& limits, Manifest& out) {
  if (const auto name = root.String("name")) {
    if (absl::Status status = CheckScriptName(*name); !status.ok()) {
      root.Fail("name", Message(status));
    }
    out.name = *name;
  }
  out.main_module = root.String("main").value_or("");
  out.routes = ReadStrings(root, "routes", limits.routes_max, NormalizeRoute);
  if (const auto date = root.String("compatibility_date")) {
    if (absl::Status status = CheckCompatibilityDate(*date); !status.ok()) {
      root.Fail("compatibility_date", Message(status));
    }
    out.compatibility_date = *date;
  }
  out.compatibility_flags = ReadStrings(
      root, "compatibility_flags", kFlagsMax,
      [](std::string_view flag) -> absl::StatusOr<std::string> { return std::string(flag); });
  if (auto vars = root.Table("vars")) ReadVars(*vars, limits, out);
  if (auto services = root.Table("services")) {
    ReadNames(*services, limits, out, CheckScriptName,
              [](v1::Binding& b, const std::string& script) { b.set_service(script); });
  }
  if (auto objects = root.Table("durable_objects")) {
    ReadNames(
        *objects, limits, out, [](std::string_view) { return absl::OkStatus(); },
        [](v1::Binding& b, const std::string& class_name) {
          b.mutable_durable_object()->set_class_name(class_name);
        });
  }
  if (auto kv = root.Table("kv")) {
    ReadNames(*kv, limits, out, CheckKvNamespace,
              [](v1::Binding& b, const std::string& ns) { b.mutable_kv_namespace()->set_id(ns); });
  }
  for (ConfigTable& origin : root.Tables("origins", limits.origins_max)) ReadOrigin(origin, out);
  if (auto table = root.Table("limits")) ReadLimits(*table, out.limits);
  if (auto table = root.Table("rollout")) out.rollout = ReadRolloutPlan(*table);
  if (auto table = root.Table("assets")) {
    out.assets = ReadAssetsOptions(*table);
    table->RefuseUnknownKeys();
  }
  root.RefuseUnknownKeys();
}

}  // namespace

absl::StatusOr<Manifest> ParseManifest(std::string_view text, std::string_view file_name,
                                       const ManifestLimits& limits) {
  if (text.size() > limits.file_bytes_max) {
    return ResourceExhausted("{}: larger than {} bytes", file_name, limits.file_bytes_max);
  }
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, file_name));
  Manifest manifest;
  ConfigTable root = file.root();
  ReadRoot(root, limits, manifest);
  RETURN_IF_ERROR(file.status());
  return manifest;
}

}  // namespace terrella::bundle
