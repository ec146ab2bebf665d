#include "bundle/wrangler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

WranglerConfig Toml(std::string_view text, std::string_view environment = "") {
  auto config = ParseWrangler(text, "w.toml", WranglerSyntax::kToml, environment);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : WranglerConfig();
}
WranglerConfig Json(std::string_view text, std::string_view environment = "") {
  auto config = ParseWrangler(text, "w.jsonc", WranglerSyntax::kJson, environment);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : WranglerConfig();
}

// "NAME=kind:value ..." in order.
std::string Bindings(const WranglerConfig& config) {
  std::string out;
  for (const v1::Binding& b : config.manifest.bindings) {
    std::string value;
    switch (b.value_case()) {
      case v1::Binding::kText:
        value = "text:" + b.text();
        break;
      case v1::Binding::kJson:
        value = "json:" + b.json();
        break;
      case v1::Binding::kService:
        value = "service:" + b.service() + "/" + b.entrypoint() + b.props_json();
        break;
      case v1::Binding::kKvNamespace:
        value = "kv:" + b.kv_namespace().id();
        break;
      case v1::Binding::kDurableObject:
        value = "object:" + b.durable_object().script() + "/" + b.durable_object().class_name();
        break;
      case v1::Binding::kRateLimit:
        value = fmt::format("rate:{}/{}", b.rate_limit().limit(), b.rate_limit().period_s());
        break;
      case v1::Binding::kUnsupported:
        value = "none:" + b.unsupported();
        break;
      case v1::Binding::kAssets:
        value = "assets";
        break;
      case v1::Binding::kVersionMetadata:
        value = "metadata";
        break;
      default:
        value = "?";
        break;
    }
    out += b.name() + "=" + value + " ";
  }
  return out;
}

TEST(Wrangler, ReadsAProjectInEitherSyntax) {
  const WranglerConfig toml = Toml(R"(
name = "My_API"
main = "src/index.ts"
compatibility_date = "2026-01-01"
compatibility_flags = ["nodejs_compat"]
workers_dev = true
routes = ["example.com/api/*", { pattern = "https://shop.example.com", custom_domain = true }, "*example.net/x"]
[limits]
cpu_ms = 100
[vars]
NAME = "x"
COUNT = 3
[[services]]
binding = "AUTH"
service = "auth"
entrypoint = "Admin"
)");
  const WranglerConfig json = Json(R"({
  // The same.
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "My_API", "main": "src/index.ts", "compatibility_date": "2026-01-01",
  "compatibility_flags": ["nodejs_compat"], "workers_dev": true,
  "routes": ["example.com/api/*", { "pattern": "https://shop.example.com", "custom_domain": true }, "*example.net/x",],
  "limits": { "cpu_ms": 100 },
  "vars": { "NAME": "x", "COUNT": 3 },
  "services": [{ "binding": "AUTH", "service": "auth", "entrypoint": "Admin" }],
})");
  for (const WranglerConfig* config : {&toml, &json}) {
    const Manifest& m = config->manifest;
    EXPECT_EQ(m.name, "my-api");
    EXPECT_EQ(m.main_module, "src/index.ts");
    EXPECT_EQ(m.compatibility_date, "2026-01-01");
    EXPECT_THAT(m.compatibility_flags, ElementsAre("nodejs_compat"));
    EXPECT_THAT(m.routes, ElementsAre("example.com/api/*", "shop.example.com/*", "example.net/x",
                                      "*.example.net/x"));
    EXPECT_EQ(m.limits.cpu_ms(), 100u);
    EXPECT_EQ(Bindings(*config), "COUNT=json:3 NAME=text:x AUTH=service:auth/Admin ");
  }
  EXPECT_THAT(
      toml.warnings,
      ElementsAre("w.toml:2:1: 'name' is 'my-api' here: names of scripts are labels of DNS"));
}

TEST(Wrangler, CarriesEveryKindOfBinding) {
  const WranglerConfig config = Json(R"({ "name": "a",
    "kv_namespaces": [{ "binding": "KV", "id": "ns1", "preview_id": "p" }, { "binding": "OWN" }],
    "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }, { "name": "FAR", "class_name": "B", "script_name": "c" }] },
    "ratelimits": [{ "name": "LIMIT", "namespace_id": "1", "simple": { "limit": 5, "period": 10 } }],
    "version_metadata": { "binding": "META" },
    "services": [{ "binding": "S", "service": "s", "entrypoint": "default", "props": { "a": 1 } }],
    "r2_buckets": [{ "binding": "BUCKET", "bucket_name": "b" }], "d1_databases": [{ "binding": "DB" }],
    "queues": { "producers": [{ "binding": "Q", "queue": "q" }], "consumers": [{ "queue": "q" }] },
    "ai": { "binding": "AI" } })");
  EXPECT_EQ(Bindings(config),
            "S=service:s/{\"a\":1} KV=kv:ns1 OWN=kv:a-OWN ROOM=object:/Room FAR=object:c/B "
            "LIMIT=rate:5/10 "
            "META=metadata AI=none:Workers AI binding DB=none:D1 database BUCKET=none:R2 bucket "
            "Q=none:queue ");
}

TEST(Wrangler, WarnsOnceForEachKeyItCannotServe) {
  const WranglerConfig config = Toml(R"(name = "a"
account_id = "x"
nmae = "b"
[placement]
mode = "smart"
[[r2_buckets]]
binding = "B1"
[[r2_buckets]]
binding = "B2"
[triggers]
crons = ["*/5 * * * *"]
[observability]
enabled = true
)");
  EXPECT_THAT(
      config.warnings,
      ElementsAre(
          "w.toml:6:3: 'r2_buckets' is not supported: use of env.B1, env.B2 will be an error",
          "w.toml:4:2: 'placement' is not supported",
          "w.toml:3:1: 'nmae' is not known; did you mean 'name'?"));
  EXPECT_THAT(config.manifest.crons, ElementsAre("*/5 * * * *"));
}

TEST(Wrangler, SaysWhatIsKeptOfRequests) {
  const auto kept = [](std::string_view text) {
    const auto asked = Toml("name = \"a\"\n" + std::string(text)).manifest.observability;
    return asked ? fmt::format("{}{}", asked->head_sampling_rate(),
                               asked->only_with_logs() ? " with logs" : "")
                 : "nothing";
  };
  EXPECT_EQ(kept(""), "nothing");
  EXPECT_EQ(kept("[observability]\nhead_sampling_rate = 0.5"), "nothing");
  EXPECT_EQ(kept("[observability]\nenabled = true"), "1");
  EXPECT_EQ(kept("[observability]\nenabled = true\nhead_sampling_rate = 0.25"), "0.25");
  EXPECT_EQ(kept("[observability]\nenabled = true\nhead_sampling_rate = 0"), "nothing");
  EXPECT_EQ(kept("[observability]\nenabled = true\n[observability.logs]\nenabled = false"),
            "nothing");
  EXPECT_EQ(kept("[observability]\nenabled = true\nhead_sampling_rate = 0.5\n"
                 "[observability.logs]\nhead_sampling_rate = 0.1\ninvocation_logs = false"),
            "0.1 with logs");
  EXPECT_EQ(kept("[observability]\nenabled = true\n[observability.logs]\npersist = false"),
            "nothing");
  const auto wrong = ParseWrangler("name = \"a\"\n[observability]\nhead_sampling_rate = 2",
                                   "w.toml", WranglerSyntax::kToml, "");
  EXPECT_THAT(std::string(Message(wrong.status())), HasSubstr("w.toml:3:"));
}

TEST(Wrangler, AnEnvironmentReplacesSomeKeysAndOwnsOthers) {
  constexpr std::string_view kText = R"(name = "a"
main = "x.js"
compatibility_date = "2025-01-01"
[vars]
A = "top"
[[kv_namespaces]]
binding = "KV"
id = "top"
[env.staging]
compatibility_date = "2026-01-01"
[env.staging.vars]
A = "staging"
[env.prod]
name = "a-live"
route = "live.example/*"
)";
  const WranglerConfig staging = Toml(kText, "staging");
  EXPECT_EQ(staging.manifest.name, "a-staging");
  EXPECT_EQ(staging.manifest.main_module, "x.js");
  EXPECT_EQ(staging.manifest.compatibility_date, "2026-01-01");
  EXPECT_EQ(Bindings(staging), "A=text:staging ");
  EXPECT_THAT(staging.warnings,
              ElementsAre("w.toml:6:3: 'kv_namespaces' stands at the top; this environment does "
                          "not inherit it"));
  const WranglerConfig prod = Toml(kText, "prod");
  EXPECT_EQ(prod.manifest.name, "a-live");
  EXPECT_THAT(prod.manifest.routes, ElementsAre("live.example/*"));
  EXPECT_EQ(prod.warnings.size(), 2u);
  EXPECT_EQ(Bindings(Toml(kText)), "A=text:top KV=kv:top ");
}

TEST(Wrangler, ReadsHowToBuild) {
  const WranglerConfig config = Toml(R"(name = "a"
minify = true
no_bundle = true
find_additional_modules = true
base_dir = "src"
tsconfig = "ts.json"
jsx_factory = "h"
define = { V = "1" }
alias = { a = "./b" }
rules = [{ type = "Text", globs = ["**/*.tpl"], fallthrough = true }, { type = "Data", globs = ["*.dat"] }]
build = { command = "make", cwd = "tools", watch_dir = ["tools"] }
site = { bucket = "public" }
text_blobs = { PAGE = "page.txt" }
)");
  const BuildOptions& build = config.build;
  EXPECT_TRUE(build.minify && build.no_bundle && build.find_additional_modules && build.keep_names);
  EXPECT_EQ(build.base_dir + build.tsconfig + build.jsx_factory, "srcts.jsonh");
  EXPECT_THAT(build.define, ElementsAre(Pair("V", "1")));
  EXPECT_THAT(build.alias, ElementsAre(Pair("a", "./b")));
  ASSERT_EQ(build.rules.size(), 2u);
  EXPECT_EQ(KindByRules(WithDefaults(build.rules), "x/a.tpl"), v1::MODULE_KIND_TEXT);
  EXPECT_EQ(KindByRules(WithDefaults(build.rules), "x/a.html"),
            v1::MODULE_KIND_TEXT);                                           // falls through
  EXPECT_EQ(KindByRules(WithDefaults(build.rules), "a.bin"), std::nullopt);  // does not
  EXPECT_EQ(build.command + build.command_cwd, "maketools");
  EXPECT_THAT(build.watch, ElementsAre("tools"));
  EXPECT_EQ(config.site_bucket, "public");
  ASSERT_EQ(config.files.size(), 1u);
  EXPECT_EQ(config.files[0].name, "PAGE");
}

TEST(Wrangler, ReadsMigrations) {
  const WranglerConfig config = Toml(R"(name = "a"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["A"]
[[migrations]]
tag = "v2"
renamed_classes = [{ from = "A", to = "B" }]
deleted_classes = ["C"]
)");
  ASSERT_EQ(config.manifest.migrations.size(), 2u);
  EXPECT_EQ(config.manifest.migrations[0].new_sqlite_classes(0), "A");
  EXPECT_EQ(config.manifest.migrations[1].renamed_classes(0).to(), "B");
}

TEST(Wrangler, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"name = 1", "w.toml:1:8: 'name' is an integer; expected a string"},
      {"name = \"a b\"",
       "w.toml:1:8: 'a b' is not a script name: 1 to 63 characters of a-z, 0-9 and inner '-'"},
      {"routes = [\"a b/*\"]",
       "w.toml:1:11: route 'a b/*': 'a b' is neither a host name, nor '*.NAME', nor '*'"},
      {"routes = [1]", "w.toml:1:11: a route is a pattern, or { pattern = ..., zone_name = ... }"},
      {"compatibility_date = \"today\"",
       "w.toml:1:22: a compatibility date must look like \"2026-01-31\", got 'today'"},
      {"compatibility_flags = [\"nodejs_als\", \"no_nodejs_als\"]",
       "w.toml:1:23: the compatibility flags 'nodejs_als' and 'no_nodejs_als' contradict each "
       "other"},
      {"[triggers]\ncrons = [\"daily\"]",
       "w.toml:2:10: 'daily' is no cron expression of five fields (minute hour day month weekday), "
       "e.g. "
       "\"*/5 * * * *\""},
      {"[[services]]\nbinding = \"A\"", "w.toml:1:1: 'service' is missing"},
      {"[[kv_namespaces]]\nid = \"A\"", "w.toml:1:1: 'binding' is missing"},
      {"[vars]\nA = 1\n[[kv_namespaces]]\nbinding = \"A\"", "w.toml:4:11: 'A' is bound twice"},
      {"[[rules]]\ntype = \"PythonModule\"",
       "w.toml:2:8: expected \"Text\", \"Data\", \"CompiledWasm\" or \"ESModule\", found "
       "\"PythonModule\""},
      {"[[ratelimits]]\nname = \"A\"\nnamespace_id = \"1\"\nsimple = { limit = 1, period = 5 }",
       "w.toml:4:32: 'period' is 5; expected 10 to 60"},
      {"[[migrations]]\nnew_classes = [\"A\"]", "w.toml:1:1: a migration needs a 'tag'"},
  };
  for (const auto& [text, want] : kCases) {
    EXPECT_EQ(Message(ParseWrangler(text, "w.toml", WranglerSyntax::kToml, "").status()), want)
        << text;
  }
  EXPECT_EQ(
      Message(ParseWrangler("[env.a]\n[env.b]", "w.toml", WranglerSyntax::kToml, "c").status()),
      "w.toml:1:1: there is no environment 'c'; there are 'a', 'b'");
}

}  // namespace
}  // namespace terrella::bundle
