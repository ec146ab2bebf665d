#include "control_plane/rollout/version_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/digest.h"

namespace terrella::control {
namespace {

v1::Module MakeModule(const std::string& name, v1::ModuleKind kind) {
  v1::Module module;
  module.set_name(name);
  module.set_kind(kind);
  module.set_sha256(Sha256(name));
  module.set_size_bytes(10);
  return module;
}

v1::Version Sample() {
  v1::Version version;
  version.set_script("hello");
  version.set_main_module("index.js");
  *version.add_modules() = MakeModule("index.js", v1::MODULE_KIND_ESM);
  *version.add_modules() = MakeModule("lib/a.txt", v1::MODULE_KIND_TEXT);
  version.add_bindings()->set_name("A");
  version.mutable_bindings(0)->set_text("1");
  version.add_bindings()->set_name("B");
  version.mutable_bindings(1)->set_service("other");
  version.add_origins()->set_host("api.example");
  version.mutable_origins(0)->set_address("127.0.0.1:9000");
  version.set_compatibility_date("2026-01-31");
  return version;
}

TEST(VersionCheck, AcceptsAnOrdinaryVersion) {
  EXPECT_TRUE(CheckVersion(Sample()).ok());
}

TEST(VersionCheck, WhatIsKeptIsAShareOfTheRequests) {
  v1::Version version = Sample();
  v1::Observability& kept = *version.mutable_observability();
  EXPECT_TRUE(CheckVersion(version).ok()) << "nothing is";
  kept.set_logs(true);
  for (const double rate : {0.0, -0.5, 1.5, std::nan("")}) {
    kept.set_head_sampling_rate(rate);
    EXPECT_EQ(CheckVersion(version).code(), absl::StatusCode::kInvalidArgument) << rate;
  }
  kept.set_head_sampling_rate(1);
  EXPECT_TRUE(CheckVersion(version).ok());
}

TEST(VersionCheck, AcceptsEveryKindOfBinding) {
  v1::Version version = Sample();
  auto add = [&version](const char* name) {
    version.add_bindings()->set_name(name);
    return version.mutable_bindings(version.bindings_size() - 1);
  };
  add("JSON")->set_json("1");
  add("MODULE")->set_module("lib/a.txt");
  add("KV")->mutable_kv_namespace()->set_id("ns");
  add("OBJECT")->mutable_durable_object()->set_class_name("Counter");
  add("LIMIT")->mutable_rate_limit()->set_limit(1);
  version.mutable_bindings(version.bindings_size() - 1)->mutable_rate_limit()->set_period_s(10);
  add("ASSETS")->set_assets(true);
  version.mutable_assets()->set_manifest_sha256(std::string(32, 'm'));
  add("META")->set_version_metadata(true);
  add("DB")->set_unsupported("D1 database");
  add("ADMIN")->set_service("other");
  version.mutable_bindings(version.bindings_size() - 1)->set_entrypoint("Admin");
  version.add_crons("*/5 0 1,15 * MON-FRI");
  version.mutable_modules(0)->set_kind(v1::MODULE_KIND_SCRIPT);
  EXPECT_TRUE(CheckVersion(version).ok()) << CheckVersion(version);
}

TEST(VersionCheck, RefusesWhatCannotBe) {
  using Edit = std::function<void(v1::Version&)>;
  const std::pair<const char*, Edit> cases[] = {
      {"script", [](v1::Version& v) { v.set_script("Hello"); }},
      {"no script", [](v1::Version& v) { v.clear_script(); }},
      {"no modules", [](v1::Version& v) { v.clear_modules(); }},
      {"assets' list", [](v1::Version& v) { v.mutable_assets()->set_manifest_sha256("short"); }},
      {"assets' paths",
       [](v1::Version& v) {
         v.mutable_assets()->set_manifest_sha256(std::string(32, 'm'));
         v.mutable_assets()->add_worker_first_paths("api");
       }},
      {"no assets to bind",
       [](v1::Version& v) {
         v.add_bindings()->set_name("ASSETS");
         v.mutable_bindings(v.bindings_size() - 1)->set_assets(true);
       }},
      {"main missing", [](v1::Version& v) { v.set_main_module("main.js"); }},
      {"main is text", [](v1::Version& v) { v.set_main_module("lib/a.txt"); }},
      {"twice", [](v1::Version& v) { *v.add_modules() = v.modules(0); }},
      {"no kind", [](v1::Version& v) { v.mutable_modules(1)->clear_kind(); }},
      {"hash", [](v1::Version& v) { v.mutable_modules(0)->set_sha256("short"); }},
      {"absolute", [](v1::Version& v) { v.mutable_modules(1)->set_name("/etc/passwd"); }},
      {"parent", [](v1::Version& v) { v.mutable_modules(1)->set_name("a/../b"); }},
      {"empty segment", [](v1::Version& v) { v.mutable_modules(1)->set_name("a//b"); }},
      {"control", [](v1::Version& v) { v.mutable_modules(1)->set_name("a\nb"); }},
      {"name length",
       [](v1::Version& v) { v.mutable_modules(1)->set_name(std::string(513, 'a')); }},
      {"size", [](v1::Version& v) { v.mutable_modules(1)->set_size_bytes(25 << 20); }},
      {"size wraps", [](v1::Version& v) { v.mutable_modules(1)->set_size_bytes(~uint64_t{0}); }},
      {"binding name", [](v1::Version& v) { v.mutable_bindings(0)->set_name("1A"); }},
      {"binding twice", [](v1::Version& v) { v.mutable_bindings(1)->set_name("A"); }},
      {"binding empty", [](v1::Version& v) { v.mutable_bindings(0)->clear_text(); }},
      {"service", [](v1::Version& v) { v.mutable_bindings(1)->set_service("not a name"); }},
      {"entrypoint", [](v1::Version& v) { v.mutable_bindings(1)->set_entrypoint("no class"); }},
      {"module", [](v1::Version& v) { v.mutable_bindings(0)->set_module("b.txt"); }},
      {"KV id", [](v1::Version& v) { v.mutable_bindings(0)->mutable_kv_namespace(); }},
      {"class", [](v1::Version& v) { v.mutable_bindings(0)->mutable_durable_object(); }},
      {"class's script",
       [](v1::Version& v) {
         v.mutable_bindings(0)->mutable_durable_object()->set_class_name("A");
         v.mutable_bindings(0)->mutable_durable_object()->set_script("A");
       }},
      {"rate", [](v1::Version& v) { v.mutable_bindings(0)->mutable_rate_limit()->set_limit(1); }},
      {"cron", [](v1::Version& v) { v.add_crons("every day"); }},
      {"crons",
       [](v1::Version& v) {
         for (int i = 0; i < 33; ++i) v.add_crons("* * * * *");
       }},
      {"binding size",
       [](v1::Version& v) { v.mutable_bindings(0)->set_text(std::string(70'000, 'x')); }},
      {"origin host", [](v1::Version& v) { v.mutable_origins(0)->set_host("a b"); }},
      {"origin address", [](v1::Version& v) { v.mutable_origins(0)->set_address("localhost"); }},
      {"date", [](v1::Version& v) { v.set_compatibility_date("2026-1-31"); }},
      {"modules",
       [](v1::Version& v) {
         for (int i = 0; i < 1000; ++i) {
           *v.add_modules() = MakeModule(std::to_string(i), v1::MODULE_KIND_TEXT);
         }
       }},
  };
  for (const auto& [what, edit] : cases) {
    v1::Version version = Sample();
    edit(version);
    EXPECT_FALSE(CheckVersion(version).ok()) << what;
  }
}

}  // namespace
}  // namespace terrella::control
