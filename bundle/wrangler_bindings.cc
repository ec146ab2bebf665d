#include "bundle/wrangler_bindings.h"

#include <algorithm>

#include "base/status.h"
#include "bundle/names.h"

namespace terrella::bundle {
namespace {

// Kinds of bindings that nodes do not have.
struct Missing {
  std::string_view key;
  std::string_view name_key;  // of the name in env
  std::string_view what;
};
constexpr Missing kMissing[] = {
    {"ai", "binding", "Workers AI binding"},
    {"analytics_engine_datasets", "binding", "Analytics Engine dataset"},
    {"browser", "binding", "browser binding"},
    {"d1_databases", "binding", "D1 database"},
    {"dispatch_namespaces", "binding", "dispatch namespace"},
    {"hyperdrive", "binding", "Hyperdrive configuration"},
    {"images", "binding", "Images binding"},
    {"media", "binding", "media binding"},
    {"mtls_certificates", "binding", "mTLS certificate"},
    {"pipelines", "binding", "pipeline"},
    {"r2_buckets", "binding", "R2 bucket"},
    {"secrets_store_secrets", "binding", "Secrets Store secret"},
    {"send_email", "name", "email sender"},
    {"unsafe_hello_world", "binding", "hello-world binding"},
    {"vectorize", "binding", "Vectorize index"},
    {"vpc_services", "binding", "VPC service"},
    {"worker_loaders", "binding", "worker loader"},
    {"workflows", "binding", "workflow"},
};

class Reader {
 public:
  Reader(ConfigTable& table, const ManifestLimits& limits, WranglerConfig& out)
      : table_(table), limits_(limits), out_(out) {}

  void Read() {
    ReadVars();
    ReadServices();
    ReadKvNamespaces();
    ReadDurableObjects();
    ReadRateLimits();
    if (auto metadata = table_.Table("version_metadata")) {
      v1::Binding binding;
      binding.set_version_metadata(true);
      Add(*metadata, "binding", std::move(binding));
    }
    for (const Missing& missing : kMissing) ReadMissing(missing);
    ReadQueues();
  }

 private:
  void Warn(std::string_view key, std::string_view message) {
    out_.warnings.push_back(fmt::format("{}: '{}' {}", table_.WhereKey(key), key, message));
  }

  // Under the name that `entry` gives by `name_key`.
  void Add(ConfigTable& entry, std::string_view name_key, v1::Binding binding) {
    const std::optional<std::string> name = entry.String(name_key);
    if (!name) {
      if (!entry.Has(name_key)) entry.Fail(name_key, fmt::format("'{}' is missing", name_key));
      return;
    }
    AddNamed(entry, name_key, *name, std::move(binding));
  }

  void AddNamed(const ConfigTable& entry, std::string_view key, const std::string& name,
                v1::Binding binding) {
    auto& bindings = out_.manifest.bindings;
    if (absl::Status status = CheckBindingName(name); !status.ok()) {
      return entry.Fail(key, Message(status));
    }
    if (bindings.size() >= limits_.bindings_max) {
      return entry.Fail(key, fmt::format("more than {} bindings", limits_.bindings_max));
    }
    if (std::any_of(bindings.begin(), bindings.end(),
                    [&](const v1::Binding& other) { return other.name() == name; })) {
      return entry.Fail(key, fmt::format("'{}' is bound twice", name));
    }
    binding.set_name(name);
    bindings.push_back(std::move(binding));
  }

  // What an entry gives by `key`, which must be there.
  std::string Needed(ConfigTable& entry, std::string_view key) {
    if (!entry.Has(key)) entry.Fail(key, fmt::format("'{}' is missing", key));
    return entry.String(key).value_or("");
  }

  void ReadVars() {
    auto vars = table_.Table("vars");
    if (!vars) return;
    for (const std::string& name : vars->Keys()) {
      v1::Binding binding;
      if (vars->IsString(name)) {
        binding.set_text(vars->String(name, limits_.binding_bytes_max).value_or(""));
      } else {
        binding.set_json(vars->Json(name, limits_.binding_bytes_max).value_or(""));
      }
      AddNamed(*vars, name, name, std::move(binding));
    }
  }

  void ReadServices() {
    for (ConfigTable& entry : table_.Tables("services", limits_.bindings_max)) {
      v1::Binding binding;
      const std::string script = Needed(entry, "service");
      if (absl::Status status = CheckScriptName(script); !status.ok() && entry.Has("service")) {
        entry.Fail("service", Message(status));
      }
      binding.set_service(script);
      binding.set_entrypoint(entry.String("entrypoint").value_or(""));
      if (binding.entrypoint() == "default") binding.clear_entrypoint();
      if (entry.Table("props")) {
        binding.set_props_json(entry.Json("props", limits_.binding_bytes_max).value_or(""));
      }
      entry.Accept("environment");
      entry.Accept("remote");
      Add(entry, "binding", std::move(binding));
      WarnUnknown(entry);
    }
  }

  void ReadKvNamespaces() {
    for (ConfigTable& entry : table_.Tables("kv_namespaces", limits_.bindings_max)) {
      v1::Binding binding;
      // An id may be left out: then the script has a namespace of its own by this name.
      const std::string id = entry.String("id").value_or("");
      binding.mutable_kv_namespace()->set_id(
          id.empty()
              ? fmt::format("{}-{}", out_.manifest.name, entry.String("binding").value_or(""))
              : id);
      for (std::string_view key : {"preview_id", "remote"}) entry.Accept(key);
      Add(entry, "binding", std::move(binding));
      WarnUnknown(entry);
    }
  }

  void ReadDurableObjects() {
    auto section = table_.Table("durable_objects");
    if (!section) return;
    for (ConfigTable& entry : section->Tables("bindings", limits_.bindings_max)) {
      v1::Binding binding;
      auto& object = *binding.mutable_durable_object();
      object.set_class_name(Needed(entry, "class_name"));
      object.set_script(entry.String("script_name").value_or(""));
      for (std::string_view key : {"environment", "remote"}) entry.Accept(key);
      Add(entry, "name", std::move(binding));
      WarnUnknown(entry);
    }
  }

  void ReadRateLimits() {
    for (ConfigTable& entry : table_.Tables("ratelimits", limits_.bindings_max)) {
      v1::Binding binding;
      auto& limit = *binding.mutable_rate_limit();
      limit.set_namespace_id(Needed(entry, "namespace_id"));
      if (auto simple = entry.Table("simple")) {
        limit.set_limit(
            static_cast<uint32_t>(simple->Integer("limit", 1, 1'000'000'000).value_or(0)));
        limit.set_period_s(static_cast<uint32_t>(simple->Integer("period", 10, 60).value_or(0)));
      }
      if (limit.limit() == 0 || (limit.period_s() != 10 && limit.period_s() != 60)) {
        entry.Fail("simple",
                   "expected simple = { limit = 100, period = 10 } with a period of 10 or 60");
      }
      Add(entry, "name", std::move(binding));
      WarnUnknown(entry);
    }
  }

  void ReadMissing(const Missing& missing) {
    if (!table_.Has(missing.key)) return;
    std::vector<std::string> names;
    for (ConfigTable& entry : table_.Tables(missing.key, limits_.bindings_max)) {
      AddMissing(entry, missing, names);
    }
    WarnMissing(missing.key, names);
  }

  void ReadQueues() {
    auto queues = table_.Table("queues");
    if (!queues) return;
    std::vector<std::string> names;
    for (ConfigTable& entry : queues->Tables("producers", limits_.bindings_max)) {
      AddMissing(entry, {"queues", "binding", "queue"}, names);
    }
    WarnMissing("queues", names);
  }

  void AddMissing(ConfigTable& entry, const Missing& missing, std::vector<std::string>& names) {
    v1::Binding binding;
    binding.set_unsupported(std::string(missing.what));
    names.push_back(entry.String(missing.name_key).value_or(""));
    Add(entry, missing.name_key, std::move(binding));
  }

  void WarnMissing(std::string_view key, const std::vector<std::string>& names) {
    std::string uses;
    for (const std::string& name : names)
      uses += fmt::format("{}env.{}", uses.empty() ? "" : ", ", name);
    Warn(key, uses.empty() ? "is not supported"
                           : fmt::format("is not supported: use of {} will be an error", uses));
  }

  void WarnUnknown(const ConfigTable& entry) {
    for (const std::string& key : entry.UnaskedKeys()) {
      const std::string near = entry.Nearest(key);
      out_.warnings.push_back(
          fmt::format("{}: '{}' is not known{}", entry.WhereKey(key), key,
                      near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
  }

  ConfigTable& table_;
  const ManifestLimits& limits_;
  WranglerConfig& out_;
};

}  // namespace

std::vector<std::string> WranglerBindingKeys() {
  std::vector<std::string> keys = {"vars",       "services",         "kv_namespaces",  "queues",
                                   "ratelimits", "version_metadata", "durable_objects"};
  for (const Missing& missing : kMissing) keys.emplace_back(missing.key);
  return keys;
}

void ReadWranglerBindings(ConfigTable& table, const ManifestLimits& limits, WranglerConfig& out) {
  Reader(table, limits, out).Read();
}

}  // namespace terrella::bundle
