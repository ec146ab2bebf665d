#include "bundle/version_id.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/digest.h"

namespace terrella::bundle {
namespace {

v1::Version Example() {
  v1::Version version;
  version.set_script("hello");
  version.set_main_module("index.js");
  for (const char* name : {"index.js", "lib.js"}) {
    v1::Module& module = *version.add_modules();
    module.set_name(name);
    module.set_kind(v1::MODULE_KIND_ESM);
    module.set_sha256(Sha256(name));
    module.set_size_bytes(8);
  }
  v1::Binding& binding = *version.add_bindings();
  binding.set_name("A");
  binding.set_text("1");
  version.add_bindings()->set_name("B");
  v1::Origin& origin = *version.add_origins();
  origin.set_host("api.example");
  origin.set_address("127.0.0.1:9000");
  v1::PopRtt& rtt = *origin.add_rtts();
  rtt.set_pop("FRA");
  rtt.set_rtt_ms(1.5);
  return version;
}

TEST(VersionId, IsThirtyTwoHexDigitsAndStable) {
  EXPECT_EQ(VersionId(Example()).size(), 32u);
  EXPECT_EQ(VersionId(Example()), VersionId(Example()));
}

TEST(VersionId, IgnoresOrderInlineBytesAndTheIdItself) {
  v1::Version other = Example();
  other.set_id("whatever");
  other.mutable_modules(0)->set_inline_bytes("code");
  other.mutable_modules()->SwapElements(0, 1);
  other.mutable_bindings()->SwapElements(0, 1);
  EXPECT_EQ(VersionId(other), VersionId(Example()));
}

TEST(VersionId, EveryFieldCounts) {
  using Edit = std::function<void(v1::Version&)>;
  const Edit edits[] = {
      [](v1::Version&) {},
      [](v1::Version& v) { v.set_script("hell"); },
      [](v1::Version& v) { v.set_main_module("lib.js"); },
      [](v1::Version& v) { v.mutable_modules(1)->set_name("b.txt"); },
      [](v1::Version& v) { v.mutable_modules(1)->set_kind(v1::MODULE_KIND_DATA); },
      [](v1::Version& v) { v.mutable_modules(1)->set_sha256(Sha256("x")); },
      [](v1::Version& v) { v.mutable_modules(1)->set_size_bytes(11); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_name("C"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_text("2"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_json("1"); },
      [](v1::Version& v) { v.mutable_origins(0)->set_host("api2.example"); },
      [](v1::Version& v) { v.mutable_origins(0)->set_address("127.0.0.1:9001"); },
      [](v1::Version& v) { v.mutable_origins(0)->set_place("Lagos"); },
      [](v1::Version& v) { v.mutable_origins(0)->clear_rtts(); },
      [](v1::Version& v) { v.mutable_origins(0)->mutable_rtts(0)->set_rtt_ms(1.25); },
      [](v1::Version& v) { v.mutable_origins(0)->mutable_rtts(0)->set_pop("LOS"); },
      [](v1::Version& v) { v.mutable_limits()->set_cpu_ms(1); },
      [](v1::Version& v) { v.mutable_limits()->set_startup_cpu_ms(1); },
      [](v1::Version& v) { v.mutable_limits()->set_heap_bytes(1); },
      [](v1::Version& v) { v.mutable_limits()->set_subrequests(1); },
      [](v1::Version& v) { v.set_compatibility_date("2026-01-30"); },
      [](v1::Version& v) { v.add_compatibility_flags("x"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_service("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_module("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_unsupported("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_assets(true); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_version_metadata(true); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_kv_namespace()->set_id("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_durable_object()->set_script("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_durable_object()->set_class_name("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_rate_limit()->set_limit(1); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_rate_limit()->set_period_s(10); },
      [](v1::Version& v) { v.mutable_bindings(0)->mutable_rate_limit()->set_namespace_id("a"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_entrypoint("A"); },
      [](v1::Version& v) { v.mutable_bindings(0)->set_props_json("{}"); },
      [](v1::Version& v) { v.add_crons("* * * * *"); },
      [](v1::Version& v) { v.add_migrations(); },
      [](v1::Version& v) { v.add_migrations()->set_tag("v1"); },
      [](v1::Version& v) { v.add_migrations()->add_new_classes("A"); },
      [](v1::Version& v) { v.add_migrations()->add_new_sqlite_classes("A"); },
      [](v1::Version& v) { v.add_migrations()->add_deleted_classes("A"); },
      [](v1::Version& v) { v.add_migrations()->add_renamed_classes()->set_to("A"); },
      [](v1::Version& v) { v.add_migrations()->add_transferred_classes()->set_to("A"); },
  };
  std::set<std::string> ids;
  for (const Edit& edit : edits) {
    v1::Version version = Example();
    edit(version);
    ids.insert(VersionId(version));
  }
  EXPECT_EQ(ids.size(), std::size(edits));
}

TEST(VersionId, FieldsDoNotRunIntoEachOther) {
  v1::Version a, b;
  a.set_script("ab");
  b.set_script("a");
  b.set_main_module("b");
  EXPECT_NE(VersionId(a), VersionId(b));
}

}  // namespace
}  // namespace terrella::bundle
