#include "bundle/wrangler.h"

#include <algorithm>
#include <cctype>

#include "base/config.h"
#include "base/status.h"
#include "bundle/compatibility.h"
#include "bundle/cron_expression.h"
#include "bundle/names.h"
#include "bundle/wrangler_bindings.h"

namespace terrella::bundle {
namespace {

constexpr size_t kFlagsMax = 64;
constexpr size_t kRulesMax = 64;
constexpr size_t kDefinesMax = 256;
constexpr int64_t kCpuMsMax = 300'000;

// About the hosted account, or about how it is deployed to: nothing a worker could notice here.
constexpr std::string_view kPointless[] = {
    "$schema",
    "account_id",
    "compliance_region",
    "dev",
    "first_party_worker",
    "keep_vars",
    "legacy_env",
    "logpush",
    "preview_urls",
    "send_metrics",
    "upload_source_maps",
    "usage_model",
    "workers_dev",
};
constexpr std::string_view kUnsupported[] = {
    "cache",
    "cloudchamber",
    "containers",
    "logfwdr",
    "pages_build_output_dir",
    "placement",
    "preserve_file_names",
    "python_modules",
    "streaming_tail_consumers",
    "tail_consumers",
    "unsafe",
};

// "My_Worker" -> "my-worker": names of scripts are DNS labels here.
std::string AsScriptName(std::string name) {
  for (char& c : name) {
    c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

class Reader {
 public:
  Reader(ConfigTable top, const ManifestLimits& limits, WranglerConfig& out)
      : top_(std::move(top)), limits_(limits), out_(out) {}

  void Read(std::string_view environment) {
    if (auto all = top_.Table("env")) out_.environments = all->Keys();
    if (!environment.empty() && !ChooseEnvironment(environment)) return;
    ReadName(environment);
    out_.manifest.main_module = From("main").String("main").value_or("");
    ReadCompatibility();
    ReadRoutes();
    ReadTriggers();
    ReadMigrations();
    ReadLimits();
    ReadObservability();
    ReadBuild();
    ReadAssets();
    ReadFiles();
    ReadWranglerBindings(Own(), limits_, out_);
    WarnNotInherited();
    WarnRest(top_);
    if (env_) WarnRest(*env_);
  }

 private:
  // The table that gives an inheritable key; the other one knows it, too.
  ConfigTable& From(std::string_view key) {
    if (!env_ || !env_->Has(key)) return top_;
    top_.Accept(key);
    return *env_;
  }
  // Where keys that are not inherited stand.
  ConfigTable& Own() { return env_ ? *env_ : top_; }

  void Warn(const ConfigTable& table, std::string_view key, std::string_view message) {
    out_.warnings.push_back(fmt::format("{}: '{}' {}", table.WhereKey(key), key, message));
  }

  bool ChooseEnvironment(std::string_view environment) {
    auto all = top_.Table("env");
    if (all && all->Has(environment)) {
      env_ = all->Table(environment);
      return env_.has_value();
    }
    std::string known;
    for (const std::string& name : all ? all->Keys() : std::vector<std::string>()) {
      known += fmt::format("{}'{}'", known.empty() ? "" : ", ", name);
    }
    top_.Fail("env", known.empty() ? fmt::format("there is no environment '{}'", environment)
                                   : fmt::format("there is no environment '{}'; there are {}",
                                                 environment, known));
    return false;
  }

  void ReadName(std::string_view environment) {
    std::string name = top_.String("name").value_or("");
    bool own = false;
    if (env_) {
      if (const auto given = env_->String("name")) {
        name = *given;
        own = true;
      }
    }
    if (name.empty()) return;
    if (env_ && !own) name += fmt::format("-{}", environment);
    const std::string script = AsScriptName(name);
    const ConfigTable& table = own ? *env_ : top_;
    if (absl::Status status = CheckScriptName(script); !status.ok()) {
      return table.Fail("name", Message(status));
    }
    if (script != name) {
      Warn(table, "name", fmt::format("is '{}' here: names of scripts are labels of DNS", script));
    }
    out_.manifest.name = script;
  }

  void ReadCompatibility() {
    Manifest& manifest = out_.manifest;
    ConfigTable& dated = From("compatibility_date");
    if (const auto date = dated.String("compatibility_date")) {
      if (absl::Status status = CheckCompatibilityDate(*date); !status.ok()) {
        dated.Fail("compatibility_date", Message(status));
      }
      manifest.compatibility_date = *date;
    }
    ConfigTable& flagged = From("compatibility_flags");
    for (const ConfigValue& value : flagged.List("compatibility_flags", kFlagsMax)) {
      if (auto flag = value.AsString()) {
        manifest.compatibility_flags.push_back(*std::move(flag));
      } else {
        value.Fail("'compatibility_flags' must hold strings");
      }
    }
    if (absl::Status status = CheckCompatibilityFlags(manifest.compatibility_flags); !status.ok()) {
      flagged.Fail("compatibility_flags", Message(status));
    }
    for (const std::string& text : CompatibilityWarnings(manifest.compatibility_flags)) {
      out_.warnings.push_back(fmt::format("{}: {}", flagged.Where("compatibility_flags"), text));
    }
  }

  void ReadRoutes() {
    ConfigTable& table = From("routes");
    for (const ConfigValue& value : table.List("routes", limits_.routes_max)) ReadRoute(value);
    ConfigTable& single = From("route");
    for (const ConfigValue& value : single.List("route", 1)) ReadRoute(value);
  }

  void ReadRoute(const ConfigValue& value) {
    std::optional<std::string> pattern = value.AsString();
    if (!pattern) {
      auto table = value.AsTable();
      if (!table) return value.Fail("a route is a pattern, or { pattern = ..., zone_name = ... }");
      pattern = table->String("pattern");
      if (!pattern) return table->Fail("pattern", "the route has no 'pattern'");
      const bool custom_domain = table->Boolean("custom_domain").value_or(false);
      if (custom_domain && pattern->find('/') == std::string::npos) *pattern += "/*";
    }
    for (std::string_view scheme : {"https://", "http://"}) {
      if (pattern->starts_with(scheme)) pattern->erase(0, scheme.size());
    }
    // "*example.com/x" is the name and every name below it.
    std::vector<std::string> patterns = {*pattern};
    if (pattern->starts_with('*') && pattern->size() > 1 && (*pattern)[1] != '.' &&
        (*pattern)[1] != '/') {
      patterns = {pattern->substr(1), "*." + pattern->substr(1)};
    }
    for (const std::string& one : patterns) {
      auto route = NormalizeRoute(one);
      if (!route.ok()) return value.Fail(Message(route.status()));
      if (out_.manifest.routes.size() >= limits_.routes_max) {
        return value.Fail(fmt::format("more than {} routes", limits_.routes_max));
      }
      out_.manifest.routes.push_back(*std::move(route));
    }
  }

  void ReadTriggers() {
    ConfigTable& table = From("triggers");
    auto triggers = table.Table("triggers");
    if (!triggers) return;
    for (const ConfigValue& value : triggers->List("crons", limits_.crons_max)) {
      const auto cron = value.AsString();
      if (!cron) {
        value.Fail("'crons' must hold strings");
      } else if (absl::Status status = CronExpression::Parse(*cron).status(); !status.ok()) {
        value.Fail(Message(status));
      } else {
        out_.manifest.crons.push_back(*cron);
      }
    }
  }

  void ReadMigrations() {
    ConfigTable& table = From("migrations");
    for (ConfigTable& entry : table.Tables("migrations", limits_.migrations_max)) {
      v1::Migration migration;
      migration.set_tag(entry.String("tag").value_or(""));
      if (migration.tag().empty()) entry.Fail("tag", "a migration needs a 'tag'");
      auto names = [&](std::string_view key, auto* into) {
        for (const ConfigValue& value : entry.List(key, limits_.migrations_max)) {
          if (auto name = value.AsString()) {
            *into->Add() = *std::move(name);
          } else {
            value.Fail(fmt::format("'{}' must hold names of classes", key));
          }
        }
      };
      names("new_classes", migration.mutable_new_classes());
      names("new_sqlite_classes", migration.mutable_new_sqlite_classes());
      names("deleted_classes", migration.mutable_deleted_classes());
      for (ConfigTable& move : entry.Tables("renamed_classes", limits_.migrations_max)) {
        auto& renamed = *migration.add_renamed_classes();
        renamed.set_from(move.String("from").value_or(""));
        renamed.set_to(move.String("to").value_or(""));
      }
      for (ConfigTable& move : entry.Tables("transferred_classes", limits_.migrations_max)) {
        auto& transferred = *migration.add_transferred_classes();
        transferred.set_from_script(move.String("from_script").value_or(""));
        transferred.set_from(move.String("from").value_or(""));
        transferred.set_to(move.String("to").value_or(""));
      }
      out_.manifest.migrations.push_back(std::move(migration));
    }
  }

  void ReadLimits() {
    auto limits = From("limits").Table("limits");
    if (!limits) return;
    out_.manifest.limits.set_cpu_ms(
        static_cast<uint32_t>(limits->Integer("cpu_ms", 1, kCpuMsMax).value_or(0)));
    out_.manifest.limits.set_subrequests(
        static_cast<uint32_t>(limits->Integer("subrequests", 1, 10'000'000).value_or(0)));
  }

  // What is said of logs goes before what is said of everything.
  void ReadObservability() {
    auto all = From("observability").Table("observability");
    if (!all) return;
    bool enabled = all->Boolean("enabled").value_or(false);
    double rate = all->Number("head_sampling_rate", 0, 1).value_or(1);
    bool invocations = true;
    if (auto logs = all->Table("logs")) {
      enabled = logs->Boolean("enabled").value_or(enabled);
      rate = logs->Number("head_sampling_rate", 0, 1).value_or(rate);
      invocations = logs->Boolean("invocation_logs").value_or(true);
      // Only sent to destinations of the hosted account, and kept nowhere.
      if (!logs->Boolean("persist").value_or(true)) enabled = false;
      logs->Accept("destinations");
      WarnRest(*logs);
    }
    if (all->Has("traces")) Warn(*all, "traces", "is not supported");
    all->Accept("traces");
    WarnRest(*all);
    if (!enabled || rate == 0) return;
    v1::Observability& kept = out_.manifest.observability.emplace();
    kept.set_logs(true);
    kept.set_head_sampling_rate(rate);
    kept.set_only_with_logs(!invocations);
  }

  void ReadBuild() {
    BuildOptions& build = out_.build;
    auto boolean = [&](std::string_view key, bool otherwise) {
      return From(key).Boolean(key).value_or(otherwise);
    };
    auto text = [&](std::string_view key) { return From(key).String(key).value_or(""); };
    build.no_bundle = boolean("no_bundle", false);
    build.find_additional_modules = boolean("find_additional_modules", false);
    build.base_dir = text("base_dir");
    build.minify = boolean("minify", false);
    build.keep_names = boolean("keep_names", true);
    build.tsconfig = text("tsconfig");
    build.jsx_factory = text("jsx_factory");
    build.jsx_fragment = text("jsx_fragment");
    ReadPairs(Own(), "define", build.define);
    ReadPairs(top_, "alias", build.alias);
    ReadRules();
    if (auto command = From("build").Table("build")) {
      build.command = command->String("command").value_or("");
      build.command_cwd = command->String("cwd").value_or("");
      for (const ConfigValue& value : command->List("watch_dir", kRulesMax)) {
        if (auto folder = value.AsString()) build.watch.push_back(*std::move(folder));
      }
      command->Accept("upload");
    }
  }

  void ReadPairs(ConfigTable& table, std::string_view key,
                 std::vector<std::pair<std::string, std::string>>& out) {
    auto pairs = table.Table(key);
    if (!pairs) return;
    for (const std::string& name : pairs->Keys()) {
      if (out.size() >= kDefinesMax)
        return pairs->Fail(name, fmt::format("more than {}", kDefinesMax));
      if (auto value = pairs->String(name)) out.emplace_back(name, *std::move(value));
    }
  }

  void ReadRules() {
    ConfigTable& table = From("rules");
    for (ConfigTable& entry : table.Tables("rules", kRulesMax)) {
      const std::string type = entry.String("type").value_or("");
      const auto kind = ModuleKindOfRule(type);
      if (!kind) {
        entry.Fail(
            "type",
            fmt::format(
                "expected \"Text\", \"Data\", \"CompiledWasm\" or \"ESModule\", found \"{}\"",
                type));
        return;
      }
      ModuleRule rule{
          .kind = *kind, .globs = {}, .fallthrough = entry.Boolean("fallthrough").value_or(false)};
      for (const ConfigValue& value : entry.List("globs", kRulesMax)) {
        if (auto glob = value.AsString()) rule.globs.push_back(*std::move(glob));
      }
      out_.build.rules.push_back(std::move(rule));
    }
  }

  void ReadAssets() {
    if (auto assets = From("assets").Table("assets")) {
      out_.manifest.assets = ReadAssetsOptions(*assets);
    }
    if (auto site = From("site").Table("site")) {
      out_.site_bucket = site->String("bucket").value_or("");
      if (out_.site_bucket.empty())
        site->Fail("bucket", "'site' needs a 'bucket': the folder of its files");
      for (std::string_view key : {"entry-point", "include", "exclude"}) site->Accept(key);
    }
  }

  void ReadFiles() {
    const std::pair<std::string_view, v1::ModuleKind> kinds[] = {
        {"text_blobs", v1::MODULE_KIND_TEXT},
        {"data_blobs", v1::MODULE_KIND_DATA},
        {"wasm_modules", v1::MODULE_KIND_WASM},
    };
    for (const auto& [key, kind] : kinds) {
      auto table = From(key).Table(key);
      if (!table) continue;
      for (const std::string& name : table->Keys()) {
        if (absl::Status status = CheckBindingName(name); !status.ok())
          table->Fail(name, Message(status));
        if (auto path = table->String(name)) out_.files.push_back({name, *path, kind});
      }
    }
  }

  void WarnNotInherited() {
    if (!env_) return;
    std::vector<std::string> keys = WranglerBindingKeys();
    keys.emplace_back("define");
    for (const std::string& key : keys) {
      top_.Accept(key);
      if (top_.Has(key) && !env_->Has(key)) {
        Warn(top_, key, "stands at the top; this environment does not inherit it");
      }
    }
  }

  void WarnRest(ConfigTable& table) {
    table.Accept("env");
    for (std::string_view key : kPointless) table.Accept(key);
    for (std::string_view key : kUnsupported) {
      table.Accept(key);
      if (table.Has(key)) Warn(table, key, "is not supported");
    }
    for (const std::string& key : table.UnaskedKeys()) {
      const std::string near = table.Nearest(key);
      Warn(table, key,
           near.empty() ? "is not known" : fmt::format("is not known; did you mean '{}'?", near));
    }
  }

  ConfigTable top_;
  std::optional<ConfigTable> env_;
  const ManifestLimits& limits_;
  WranglerConfig& out_;
};

}  // namespace

absl::StatusOr<WranglerConfig> ParseWrangler(std::string_view text, std::string_view file_name,
                                             WranglerSyntax syntax, std::string_view environment,
                                             const ManifestLimits& limits) {
  if (text.size() > limits.file_bytes_max) {
    return ResourceExhausted("{}: larger than {} bytes", file_name, limits.file_bytes_max);
  }
  ASSIGN_OR_RETURN(ConfigFile file, syntax == WranglerSyntax::kToml
                                        ? ConfigFile::Parse(text, file_name)
                                        : ConfigFile::ParseJson(text, file_name));
  WranglerConfig config;
  Reader(file.root(), limits, config).Read(environment);
  RETURN_IF_ERROR(file.status());
  return config;
}

}  // namespace terrella::bundle
