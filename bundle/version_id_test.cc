#include "bundle/version_id.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(VersionId(other), VersionId(Example()));
}

TEST(VersionId, ChangesWithEveryFieldThatMatters) {
  const std::string before = VersionId(Example());
  auto differs = [&](auto change) {
    v1::Version other = Example();
    change(other);
    EXPECT_NE(VersionId(other), before);
  };
  differs([](v1::Version& v) { v.set_script("hellp"); });
  differs([](v1::Version& v) { v.set_main_module("lib.js"); });
  differs([](v1::Version& v) { v.mutable_modules(0)->set_sha256(Sha256("x")); });
  differs([](v1::Version& v) { v.mutable_modules(0)->set_kind(v1::MODULE_KIND_TEXT); });
  differs([](v1::Version& v) { v.mutable_bindings(0)->set_text("2"); });
  differs([](v1::Version& v) { v.mutable_bindings(0)->set_json("1"); });
  differs([](v1::Version& v) { v.add_origins()->set_host("api.example"); });
  differs([](v1::Version& v) { v.mutable_limits()->set_cpu_ms(1); });
  differs([](v1::Version& v) { v.mutable_limits()->set_startup_cpu_ms(1); });
  differs([](v1::Version& v) { v.set_compatibility_date("2026-01-01"); });
  differs([](v1::Version& v) { v.add_compatibility_flags("x"); });
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
