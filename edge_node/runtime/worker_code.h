// WorkerCode: one immutable version of a worker: its modules, what it may reach, and its limits.
//
// Made by the control connection out of a pushed version (or by `--script`), then shared by every
// thread that runs it. Compiling is per isolate; this is only the source.
//
// Thread: any (immutable once shared).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::runtime {

enum class ModuleKind {
  kEsm,
  kText,
  kData,
  kJson,
  kWasm,
  kScript,  // a classic script, only as the main module
};

struct ModuleSource {
  std::string name;  // path within the bundle, "lib/greet.js"; specifiers resolve against it
  ModuleKind kind = ModuleKind::kEsm;
  std::string bytes;  // kEsm, kText, kJson: UTF-8; kData, kWasm: raw
};

enum class BindingKind {
  kText,         // env.NAME is the string `value`
  kJson,         // env.NAME is the parsed JSON text `value`
  kService,      // env.NAME.fetch() reaches the script named `value` on the same node
  kModule,       // env.NAME is what importing the module named `value` gives by default
  kUnsupported,  // every use of env.NAME is an error; `value` says what it would be
  kKv,           // env.NAME.get() and so on reach the KV namespace named `value`
  kSite,         // env.NAME reads the modules below the folder `value` like a KV namespace
  kRateLimit,    // env.NAME.limit() counts calls; `value` is "LIMIT PERIOD_S NAMESPACE"
  kActor,        // env.NAME has the Durable Objects of the class `value` of the script `entrypoint`
};

struct Binding {
  std::string name;
  BindingKind kind = BindingKind::kText;
  std::string value;
  std::string entrypoint;  // kService: the exported class that answers; empty: the default export
  std::string props_json;  // kService: what it sees as ctx.props; empty: {}
  bool secret = false;     // kText: no part of the version
};

// Which of several behaviours a worker asked for, by its compatibility date and flags.
struct Compatibility {
  bool node_modules = false;    // nodejs_compat: import "node:...", global Buffer and process
  bool async_hooks = false;     // nodejs_als, or nodejs_compat: AsyncLocalStorage
  bool env_in_process = false;  // text bindings are in process.env
  bool importable_env = true;   // import { env } from "cloudflare:workers"
};

struct WorkerLimits {
  uint32_t cpu_ms = 50;                // thread CPU time a request may use, all its turns together
  uint32_t startup_cpu_ms = 400;       // thread CPU time of compiling and running the global scope
  uint32_t job_cpu_ms = 10'000;        // on helper threads, by all of a request's jobs (io_jobs.h)
  uint64_t heap_bytes = 128ull << 20;  // JavaScript heap + array buffers + wasm memory
  uint32_t subrequests = 50;           // fetches of one request
  uint32_t kv_operations = 1000;       // of one request
  uint32_t timers = 1000;              // timers waiting at once in one request
  uint64_t collect_bytes =
      100ull << 20;                 // text(), json(), arrayBuffer(): longest body gathered whole
  uint32_t wait_until_ms = 30'000;  // how long waitUntil() work may go on after the response
  uint32_t in_flight = 1000;        // requests inside one isolate at once
  uint32_t log_lines_per_s = 1000;  // of console and uncaught errors; 0: no limit (log_limit.h)
  uint32_t log_bytes_per_s = 256 << 10;
};

struct WorkerCode {
  std::string script;       // "hello"
  std::string version_id;   // hexadecimal content hash
  std::string main_module;  // name of the entry among `modules`
  std::vector<ModuleSource> modules;
  std::vector<Binding> bindings;
  std::vector<std::string> origin_hosts;  // the only hosts, besides services, its fetch() may name
  WorkerLimits limits;
  Compatibility compatibility;
  // The source map (ECMA-426) of a module, read from wherever it is kept; NotFound when there is
  // none. Null: there are none. Thread: any.
  std::function<absl::StatusOr<std::string>(std::string_view module)> source_map;
};

}  // namespace terrella::runtime
