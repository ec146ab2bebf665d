#include "control_plane/rollout/version_check.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/status.h"
#include "base/tcp.h"
#include "bundle/assets_options.h"
#include "bundle/cron_expression.h"
#include "bundle/names.h"

namespace terrella::control {
namespace {

// A relative path of visible segments: it is shown to people and matched against import specifiers.
absl::Status CheckModuleName(std::string_view name, const VersionLimits& limits) {
  if (name.empty() || name.size() > limits.module_name_bytes_max) {
    return InvalidArgument("a module's name is 1 to {} bytes, got {}", limits.module_name_bytes_max,
                           name.size());
  }
  bool controls = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
  });
  if (controls) return InvalidArgument("a module's name has no control characters or '\\'");
  for (std::string_view rest = name;;) {
    size_t slash = rest.find('/');
    std::string_view segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") {
      return InvalidArgument("module '{}': a name is a relative path without '.', '..' or '//'",
                             name);
    }
    if (slash == std::string_view::npos) return absl::OkStatus();
    rest.remove_prefix(slash + 1);
  }
}

absl::Status CheckModules(const v1::Version& version, const VersionLimits& limits) {
  if (version.modules().empty()) {
    // Assets need no worker, and a worker that is not there no entry.
    if (version.has_assets() && version.main_module().empty()) return absl::OkStatus();
    return InvalidArgument("a version has at least one module, or assets");
  }
  if (static_cast<size_t>(version.modules_size()) > limits.modules_max) {
    return ResourceExhausted("{} modules are over the limit of {}", version.modules_size(),
                             limits.modules_max);
  }
  std::set<std::string_view> names;
  const v1::Module* main = nullptr;
  uint64_t bytes = 0;
  for (const v1::Module& module : version.modules()) {
    RETURN_IF_ERROR(CheckModuleName(module.name(), limits));
    if (!names.insert(module.name()).second) {
      return InvalidArgument("module '{}' is there twice", module.name());
    }
    if (module.kind() == v1::MODULE_KIND_UNSPECIFIED || !v1::ModuleKind_IsValid(module.kind())) {
      return InvalidArgument("module '{}' has no known kind", module.name());
    }
    if (module.sha256().size() != 32) {
      return InvalidArgument("module '{}': a SHA-256 has 32 bytes, got {}", module.name(),
                             module.sha256().size());
    }
    if (module.size_bytes() > limits.bundle_bytes_max - bytes) {
      return ResourceExhausted("the bundle is over the limit of {} MiB",
                               limits.bundle_bytes_max >> 20);
    }
    bytes += module.size_bytes();
    if (module.name() == version.main_module()) main = &module;
  }
  if (main == nullptr) {
    return InvalidArgument("the main module '{}' is not among the modules", version.main_module());
  }
  if (main->kind() != v1::MODULE_KIND_ESM && main->kind() != v1::MODULE_KIND_SCRIPT) {
    return InvalidArgument("the main module '{}' must be JavaScript", version.main_module());
  }
  return absl::OkStatus();
}

// A name of JavaScript's that names an exported class: what an entrypoint or an actor is called.
absl::Status CheckClassName(std::string_view name) {
  if (absl::Status status = bundle::CheckBindingName(name); !status.ok()) {
    return InvalidArgument("'{}' is no name of an exported class", name);
  }
  return absl::OkStatus();
}

// What the value of a binding must be, beyond being there.
absl::Status CheckBindingValue(const v1::Binding& binding, const v1::Version& version) {
  switch (binding.value_case()) {
    case v1::Binding::kService:
      if (!binding.entrypoint().empty()) RETURN_IF_ERROR(CheckClassName(binding.entrypoint()));
      return bundle::CheckScriptName(binding.service());
    case v1::Binding::kDurableObject:
      if (!binding.durable_object().script().empty()) {
        RETURN_IF_ERROR(bundle::CheckScriptName(binding.durable_object().script()));
      }
      return CheckClassName(binding.durable_object().class_name());
    case v1::Binding::kModule: {
      const auto& modules = version.modules();
      const bool there = std::any_of(modules.begin(), modules.end(), [&](const v1::Module& module) {
        return module.name() == binding.module();
      });
      if (there) return absl::OkStatus();
      return InvalidArgument("there is no module '{}'", binding.module());
    }
    case v1::Binding::kKvNamespace:
      return bundle::CheckKvNamespace(binding.kv_namespace().id());
    case v1::Binding::kRateLimit:
      if (binding.rate_limit().limit() > 0 &&
          (binding.rate_limit().period_s() == 10 || binding.rate_limit().period_s() == 60)) {
        return absl::OkStatus();
      }
      return InvalidArgument("a rate limit has a limit above 0 and a period of 10 or 60 s");
    case v1::Binding::kAssets:
      if (version.has_assets()) return absl::OkStatus();
      return InvalidArgument("the version has no assets");
    case v1::Binding::VALUE_NOT_SET:
      return InvalidArgument("it has no value");
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckBindings(const v1::Version& version, const VersionLimits& limits) {
  if (static_cast<size_t>(version.bindings_size()) > limits.bindings_max) {
    return ResourceExhausted("{} bindings are over the limit of {}", version.bindings_size(),
                             limits.bindings_max);
  }
  std::set<std::string_view> names;
  for (const v1::Binding& binding : version.bindings()) {
    RETURN_IF_ERROR(bundle::CheckBindingName(binding.name()));
    if (!names.insert(binding.name()).second) {
      return InvalidArgument("binding '{}' is there twice", binding.name());
    }
    if (absl::Status status = CheckBindingValue(binding, version); !status.ok()) {
      return InvalidArgument("binding '{}': {}", binding.name(), Message(status));
    }
    if (binding.ByteSizeLong() > limits.binding_bytes_max) {
      return ResourceExhausted("binding '{}' is over the limit of {} KiB", binding.name(),
                               limits.binding_bytes_max >> 10);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMigration(const v1::Migration& migration, const VersionLimits& limits) {
  if (migration.tag().empty() || migration.tag().size() > limits.migration_tag_bytes_max) {
    return InvalidArgument("a migration's tag is 1 to {} bytes, got {}",
                           limits.migration_tag_bytes_max, migration.tag().size());
  }
  absl::Status status;
  auto check = [&](absl::Status one) {
    if (status.ok() && !one.ok()) {
      status = InvalidArgument("migration '{}': {}", migration.tag(), Message(one));
    }
  };
  for (const auto* names :
       {&migration.new_classes(), &migration.new_sqlite_classes(), &migration.deleted_classes()}) {
    for (const std::string& name : *names) check(CheckClassName(name));
  }
  for (const auto* moves : {&migration.renamed_classes(), &migration.transferred_classes()}) {
    for (const v1::ClassMove& move : *moves) {
      check(CheckClassName(move.from()));
      check(CheckClassName(move.to()));
    }
  }
  for (const v1::ClassMove& move : migration.transferred_classes()) {
    check(bundle::CheckScriptName(move.from_script()));
  }
  return status;
}

absl::Status CheckEvents(const v1::Version& version, const VersionLimits& limits) {
  if (static_cast<size_t>(version.crons_size()) > limits.crons_max ||
      static_cast<size_t>(version.migrations_size()) > limits.migrations_max) {
    return ResourceExhausted("{} crons and {} migrations; at most {} and {}", version.crons_size(),
                             version.migrations_size(), limits.crons_max, limits.migrations_max);
  }
  for (const std::string& cron : version.crons()) {
    RETURN_IF_ERROR(bundle::CronExpression::Parse(cron).status());
  }
  std::set<std::string_view> tags;
  for (const v1::Migration& migration : version.migrations()) {
    RETURN_IF_ERROR(CheckMigration(migration, limits));
    if (!tags.insert(migration.tag()).second) {
      return InvalidArgument("there are two migrations with the tag '{}'", migration.tag());
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAssets(const v1::Version& version, const VersionLimits& limits) {
  if (!version.has_assets()) return absl::OkStatus();
  const v1::StaticAssets& assets = version.assets();
  if (assets.manifest_sha256().size() != 32) {
    return InvalidArgument("the assets' list has no SHA-256");
  }
  if (assets.manifest_bytes() > limits.asset_manifest_bytes_max ||
      assets.files() > limits.asset_files_max) {
    return ResourceExhausted("{} assets in a list of {} bytes; at most {} and {}", assets.files(),
                             assets.manifest_bytes(), limits.asset_files_max,
                             limits.asset_manifest_bytes_max);
  }
  if (!v1::StaticAssets::HtmlHandling_IsValid(assets.html_handling()) ||
      !v1::StaticAssets::NotFoundHandling_IsValid(assets.not_found_handling())) {
    return InvalidArgument("how assets are served is not known here");
  }
  for (const std::string& path : assets.worker_first_paths()) {
    RETURN_IF_ERROR(bundle::CheckWorkerFirstPath(path));
  }
  return absl::OkStatus();
}

absl::Status CheckOrigins(const v1::Version& version, const VersionLimits& limits) {
  if (static_cast<size_t>(version.origins_size()) > limits.origins_max) {
    return ResourceExhausted("{} origins are over the limit of {}", version.origins_size(),
                             limits.origins_max);
  }
  std::set<std::string_view> hosts;
  for (const v1::Origin& origin : version.origins()) {
    if (absl::Status status = bundle::CheckHostName(origin.host()); !status.ok()) {
      return InvalidArgument("origin: {}", Message(status));
    }
    if (!hosts.insert(origin.host()).second) {
      return InvalidArgument("origin '{}' is there twice", origin.host());
    }
    if (auto address = SocketAddress::Parse(origin.address()); !address.ok()) {
      return InvalidArgument("origin '{}': {}", origin.host(), Message(address.status()));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckObservability(const v1::Version& version) {
  if (!version.observability().logs()) return absl::OkStatus();
  const double rate = version.observability().head_sampling_rate();
  if (rate > 0 && rate <= 1) return absl::OkStatus();
  return InvalidArgument("observability: a head_sampling_rate is above 0 and at most 1, got {}",
                         rate);
}

}  // namespace

absl::Status CheckVersion(const v1::Version& version, const VersionLimits& limits) {
  RETURN_IF_ERROR(bundle::CheckScriptName(version.script()));
  RETURN_IF_ERROR(CheckModules(version, limits));
  RETURN_IF_ERROR(CheckBindings(version, limits));
  RETURN_IF_ERROR(CheckAssets(version, limits));
  RETURN_IF_ERROR(CheckOrigins(version, limits));
  RETURN_IF_ERROR(CheckEvents(version, limits));
  RETURN_IF_ERROR(CheckObservability(version));
  if (!version.compatibility_date().empty()) {
    RETURN_IF_ERROR(bundle::CheckCompatibilityDate(version.compatibility_date()));
  }
  if (static_cast<size_t>(version.compatibility_flags_size()) > limits.compatibility_flags_max) {
    return ResourceExhausted("{} compatibility flags are over the limit of {}",
                             version.compatibility_flags_size(), limits.compatibility_flags_max);
  }
  size_t inline_bytes = 0;
  for (const v1::Module& module : version.modules()) inline_bytes += module.inline_bytes().size();
  if (version.ByteSizeLong() - inline_bytes > limits.description_bytes_max) {
    return ResourceExhausted("names, bindings and origins together are over the limit of {} KiB",
                             limits.description_bytes_max >> 10);
  }
  return absl::OkStatus();
}

uint64_t BundleBytes(const v1::Version& version) {
  uint64_t bytes = 0;
  for (const v1::Module& module : version.modules()) bytes += module.size_bytes();
  return bytes;
}

}  // namespace terrella::control
