#include "edge_node/control/live_script.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "base/tcp.h"
#include "bundle/compatibility.h"
#include "edge_node/shard/asset_fetch.h"

namespace terrella::edge {
namespace {

absl::StatusOr<runtime::ModuleKind> KindOf(const v1::Module& module) {
  switch (module.kind()) {
    case v1::MODULE_KIND_ESM:
      return runtime::ModuleKind::kEsm;
    case v1::MODULE_KIND_TEXT:
      return runtime::ModuleKind::kText;
    case v1::MODULE_KIND_DATA:
      return runtime::ModuleKind::kData;
    case v1::MODULE_KIND_JSON:
      return runtime::ModuleKind::kJson;
    case v1::MODULE_KIND_WASM:
      return runtime::ModuleKind::kWasm;
    case v1::MODULE_KIND_SCRIPT:
      return runtime::ModuleKind::kScript;
    default:
      return InvalidArgument("module {} is of unknown kind {}", module.name(), module.kind());
  }
}

// {id, tag, timestamp}, as env has it. One that no control plane keeps was made just now.
std::string VersionMetadata(const v1::Version& version) {
  const int64_t created_ms =
      version.created_unix_ms() != 0
          ? version.created_unix_ms()
          : static_cast<int64_t>(ToMs(SystemClock().WallNow().time_since_epoch()));
  const std::time_t seconds = created_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  const size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  return nlohmann::json{
      {"id", version.id()},
      {"tag", ""},
      {"timestamp", fmt::format("{}.{:03}Z", std::string_view(date, length), created_ms % 1000)}}
      .dump();
}

absl::StatusOr<runtime::Binding> BindingOf(const v1::Binding& binding, const v1::Version& version) {
  using runtime::BindingKind;
  auto make = [&](BindingKind kind, std::string value) {
    return runtime::Binding{binding.name(), kind, std::move(value), binding.entrypoint(),
                            binding.props_json()};
  };
  switch (binding.value_case()) {
    case v1::Binding::kText:
      return make(BindingKind::kText, binding.text());
    case v1::Binding::kJson:
      return make(BindingKind::kJson, binding.json());
    case v1::Binding::kService:
      return make(BindingKind::kService, binding.service());
    case v1::Binding::kModule:
      return make(BindingKind::kModule, binding.module());
    case v1::Binding::kSite:
      return make(BindingKind::kSite, binding.site());
    case v1::Binding::kUnsupported:
      return make(BindingKind::kUnsupported, binding.unsupported());
    case v1::Binding::kKvNamespace:
      return make(BindingKind::kKv, binding.kv_namespace().id());
    case v1::Binding::kDurableObject: {
      auto made = make(BindingKind::kActor, binding.durable_object().class_name());
      made.entrypoint = binding.durable_object().script();
      return made;
    }
    case v1::Binding::kRateLimit:
      return make(BindingKind::kRateLimit, fmt::format("{} {} {}", binding.rate_limit().limit(),
                                                       binding.rate_limit().period_s(),
                                                       binding.rate_limit().namespace_id()));
    case v1::Binding::kAssets:
      return make(BindingKind::kService, std::string(kAssetsService));
    case v1::Binding::kVersionMetadata:
      return make(BindingKind::kJson, VersionMetadata(version));
    case v1::Binding::VALUE_NOT_SET:
      break;
  }
  return InvalidArgument("binding {} has no value", binding.name());
}

bundle::Compatibility AskedOf(const v1::Version& version) {
  const std::vector<std::string> flags(version.compatibility_flags().begin(),
                                       version.compatibility_flags().end());
  return bundle::ResolveCompatibility(version.compatibility_date(), flags);
}

runtime::Compatibility CompatibilityOf(const v1::Version& version) {
  const bundle::Compatibility asked = AskedOf(version);
  return {.node_modules = asked.nodejs_compat,
          .async_hooks = asked.nodejs_als,
          .env_in_process = asked.populate_process_env,
          .importable_env = asked.importable_env};
}

absl::StatusOr<OriginTarget> OriginOf(const v1::Origin& origin, std::string_view pop) {
  absl::StatusOr<SocketAddress> address = SocketAddress::Parse(origin.address());
  if (!address.ok()) {
    return InvalidArgument("origin {}: '{}' is no IP:PORT", origin.host(), origin.address());
  }
  OriginTarget target{.host = NormalizeHost(origin.host()), .address = *address};
  if (origin.tls()) {
    auto tls = http::ClientTls::Make(origin.ca_pem());
    if (!tls.ok()) {
      return InvalidArgument("origin {}: {}", origin.host(), Message(tls.status()));
    }
    target.tls = *std::move(tls);
  }
  for (const v1::PopRtt& rtt : origin.rtts()) {
    // NaN and nonsense give no distance rather than a timer that never fires.
    if (rtt.pop() == pop && rtt.rtt_ms() > 0 && rtt.rtt_ms() < 10'000) {
      target.rtt = FromMs(rtt.rtt_ms());
    }
  }
  return target;
}

// Null when the version has no assets.
absl::StatusOr<std::shared_ptr<const Site>> SiteOf(const v1::Version& version,
                                                   const BlobReader& read) {
  if (!version.has_assets()) return nullptr;
  ASSIGN_OR_RETURN(const std::string bytes, read(version.assets().manifest_sha256()));
  v1::AssetManifest manifest;
  if (!manifest.ParseFromString(bytes)) return InvalidArgument("the list of assets is damaged");
  return Site::Make(version.assets(), manifest,
                    {.has_worker = version.modules_size() > 0,
                     .navigation_prefers_assets = AskedOf(version).navigation_prefers_assets});
}

runtime::WorkerLimits LimitsOf(const v1::WorkerLimits& given, const VersionLimits& limits) {
  runtime::WorkerLimits out;
  if (given.cpu_ms() != 0) out.cpu_ms = given.cpu_ms();
  if (given.startup_cpu_ms() != 0) out.startup_cpu_ms = given.startup_cpu_ms();
  if (given.heap_bytes() != 0) out.heap_bytes = std::min(given.heap_bytes(), limits.heap_bytes_max);
  if (given.subrequests() != 0) out.subrequests = given.subrequests();
  return out;
}

}  // namespace

absl::Status CheckVersion(const v1::Version& version, const VersionLimits& limits) {
  if (version.script().empty()) return InvalidArgument("the version names no script");
  if (static_cast<size_t>(version.modules_size()) > limits.modules_max) {
    return ResourceExhausted("{} modules; at most {}", version.modules_size(), limits.modules_max);
  }
  if (static_cast<size_t>(version.bindings_size()) > limits.bindings_max) {
    return ResourceExhausted("{} bindings; at most {}", version.bindings_size(),
                             limits.bindings_max);
  }
  if (static_cast<size_t>(version.origins_size()) > limits.origins_max) {
    return ResourceExhausted("{} origins; at most {}", version.origins_size(), limits.origins_max);
  }
  size_t total = 0;
  bool has_main = false;
  for (const v1::Module& module : version.modules()) {
    if (module.sha256().size() != 32) {
      return InvalidArgument("module {} has no SHA-256", module.name());
    }
    if (module.size_bytes() > limits.code_bytes_max) total = limits.code_bytes_max;
    total += module.size_bytes();
    if (total > limits.code_bytes_max) {
      return ResourceExhausted("the bundle is larger than {} MiB", limits.code_bytes_max >> 20);
    }
    has_main |= module.name() == version.main_module();
  }
  if (version.has_assets()) {
    if (version.assets().manifest_sha256().size() != 32) {
      return InvalidArgument("the list of assets has no SHA-256");
    }
    if (version.assets().manifest_bytes() > limits.asset_manifest_bytes_max) {
      return ResourceExhausted("the list of assets is larger than {} MiB",
                               limits.asset_manifest_bytes_max >> 20);
    }
    if (version.modules().empty()) return absl::OkStatus();
  }
  if (!has_main) return InvalidArgument("no module is called {}", version.main_module());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const LiveScript>> MakeLiveScript(const v1::Version& version,
                                                                 std::string_view pop,
                                                                 const VersionLimits& limits,
                                                                 const BlobReader& read) {
  RETURN_IF_ERROR(CheckVersion(version, limits));
  auto code = std::make_shared<runtime::WorkerCode>();
  code->script = version.script();
  code->version_id = version.id();
  code->main_module = version.main_module();
  code->limits = LimitsOf(version.limits(), limits);
  code->compatibility = CompatibilityOf(version);
  size_t total = 0;
  for (const v1::Module& module : version.modules()) {
    if (module.kind() == v1::MODULE_KIND_SOURCE_MAP) continue;
    ASSIGN_OR_RETURN(const runtime::ModuleKind kind, KindOf(module));
    ASSIGN_OR_RETURN(std::string bytes, read(module.sha256()));
    total += bytes.size();
    if (total > limits.code_bytes_max) {
      return ResourceExhausted("the bundle is larger than {} MiB", limits.code_bytes_max >> 20);
    }
    code->modules.push_back({module.name(), kind, std::move(bytes)});
  }
  for (const v1::Binding& given : version.bindings()) {
    ASSIGN_OR_RETURN(runtime::Binding binding, BindingOf(given, version));
    code->bindings.push_back(std::move(binding));
  }
  auto live = std::make_shared<LiveScript>();
  for (const v1::Origin& given : version.origins()) {
    ASSIGN_OR_RETURN(OriginTarget origin, OriginOf(given, pop));
    code->origin_hosts.push_back(origin.host);
    live->origins.push_back(std::move(origin));
  }
  ASSIGN_OR_RETURN(live->site, SiteOf(version, read));
  live->code = std::move(code);
  return live;
}

std::shared_ptr<const LiveScript> WithSecrets(const LiveScript& live, const v1::SecretSet* secrets,
                                              uint64_t revision) {
  auto code = std::make_shared<runtime::WorkerCode>(*live.code);
  std::erase_if(code->bindings, [](const runtime::Binding& b) { return b.secret; });
  for (int i = 0; secrets != nullptr && i < secrets->secrets_size(); ++i) {
    const v1::Secret& secret = secrets->secrets(i);
    const bool taken = std::any_of(code->bindings.begin(), code->bindings.end(),
                                   [&](const auto& b) { return b.name == secret.name(); });
    if (taken) continue;
    code->bindings.push_back({.name = secret.name(),
                              .kind = runtime::BindingKind::kText,
                              .value = secret.value(),
                              .secret = true});
  }
  auto next = std::make_shared<LiveScript>(live);
  next->code = std::move(code);
  next->secrets_revision = revision;
  return next;
}

}  // namespace terrella::edge
