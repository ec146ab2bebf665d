// Manifest: what terrella.toml says about a worker beside its code.
//
//   name = "hello"                       # DNS label; default: the folder's name
//   main = "src/index.js"                # default: the first of index.js, index.mjs, ...
//   routes = ["hello.edge.test/*"]       # default: the cluster's default route
//   compatibility_date = "2026-01-01"
//   compatibility_flags = []
//   [vars]        GREETING = "hi"        # strings stay text, everything else arrives as JSON
//   [services]    AUTH = "auth"          # env.AUTH.fetch() calls script "auth"
//   [kv]          CACHE = "cache"        # env.CACHE.get() reads the KV namespace "cache"
//   [[origins]]   host = "api.example"   # with address = "127.0.0.1:9000", place = "Frankfurt",
//                                        # tls = true, ca = "ca.pem" (else the machine's
//                                        authorities)
//   [limits]      cpu_ms = 50            # startup_cpu_ms, heap_mib, subrequests
//   [rollout]     bake = "60s"           # how new versions come: see rollout_plan.h
//   [assets]      directory = "public"   # static files, see assets_options.h; then only modules
//                                        # that are imported count, and 'main' may be missing
//
// Unknown keys are errors: a misspelt limit must not be a missing limit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bundle/assets_options.h"
#include "terrella/v1/resources.pb.h"
#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::bundle {

struct ManifestLimits {
  size_t file_bytes_max = 256 << 10;
  size_t bindings_max = 128;
  size_t binding_bytes_max = 64 << 10;
  size_t origins_max = 64;
  size_t routes_max = 64;
  size_t crons_max = 32;
  size_t migrations_max = 128;
};

struct Manifest {
  std::string name;                 // "" when not given
  std::string main_module;          // "" when not given
  std::vector<std::string> routes;  // in the form of NormalizeRoute
  std::string compatibility_date;
  std::vector<std::string> compatibility_flags;
  std::vector<v1::Binding> bindings;  // in the order of the file
  std::vector<v1::Origin> origins;    // without rtts, and with a path for ca_pem
  v1::WorkerLimits limits;
  std::vector<std::string> crons;
  std::vector<v1::Migration> migrations;
  std::optional<v1::Observability> observability;  // absent: nothing is kept
  std::optional<v1::RolloutPlan> rollout;
  std::optional<AssetsOptions> assets;  // its binding is not among `bindings`
};

// Errors are InvalidArgument with "file:line:column: what was expected".
absl::StatusOr<Manifest> ParseManifest(std::string_view text, std::string_view file_name,
                                       const ManifestLimits& limits = {});

}  // namespace terrella::bundle
