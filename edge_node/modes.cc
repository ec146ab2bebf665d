#include "edge_node/modes.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/control/dev_source.h"
#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/script.h"

namespace terrella::edge {
namespace {

constexpr size_t kScriptBytesMax = 64u << 20;
constexpr int kExitRefused = 3;

}  // namespace

int RunCheck(runtime::Engine& engine, const NodeOptions& options) {
  DevSource::Options source;
  source.path = options.path;
  source.load.vars = options.vars;
  source.check = [&](const runtime::WorkerCode& code) { return CheckCode(engine, code); };
  const auto loaded = DevSource::Load(source);
  if (!loaded.ok()) {
    fmt::print(stderr, "error: {}\n", Message(loaded.status()));
    return kExitRefused;
  }
  const runtime::WorkerCode& code = *loaded->script->code;
  fmt::print("{} {} {} modules\n", code.script, code.version_id, code.modules.size());
  return 0;
}

int RunScriptFile(runtime::Engine& engine, EventLoop& loop, const NodeOptions& options) {
  auto source = ReadFile(options.path, kScriptBytesMax);
  if (!source.ok()) {
    fmt::print(stderr, "error: {}\n", Message(source.status()));
    return 1;
  }
  ScriptOrigins origins(loop, options.origins);
  runtime::ScriptOptions script{.name = options.path.string(), .source = *std::move(source)};
  script.origin_hosts = origins.authorities();
  script.fetch = [&](runtime::OutboundRequest request, runtime::SubrequestObserver& observer) {
    return origins.Fetch(std::move(request), observer);
  };
  return runtime::RunScript(engine, loop, script);
}

}  // namespace terrella::edge
