#include "edge_node/runtime/script.h"

#include <fmt/format.h>
#include <v8.h>

#include <cstdio>
#include <string>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/module_loader.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::runtime {
namespace {

class ScriptOwner final : public IsolateOwner {
 public:
  explicit ScriptOwner(const ScriptOptions& options) : options_(options) {}
  void OnLog(LogLevel level, std::string_view text) override {
    std::FILE* out = level >= LogLevel::kWarn ? stderr : stdout;
    std::fwrite(text.data(), 1, text.size(), out);
    std::fputc('\n', out);
    std::fflush(out);  // whoever ends the script wants what it said
  }
  void OnCondemned(FailureKind, std::string_view reason, uint32_t) override {
    Finish(/*ok=*/false);
    OnLog(LogLevel::kError, fmt::format("the script {}", reason));
  }
  void OnIoEnded() override { Finish(/*ok=*/true); }
  std::unique_ptr<Subrequest> Fetch(OutboundRequest request,
                                    SubrequestObserver& observer) override {
    return options_.fetch(std::move(request), observer);
  }
  std::unique_ptr<Subrequest> Kv(KvRequest, KvObserver&) override {
    CHECK(false);  // a script has no bindings
    return nullptr;
  }

  void Finish(bool ok) {
    failed |= !ok;
    over = true;
    if (loop != nullptr) loop->Stop();
  }

  EventLoop* loop = nullptr;  // while it runs
  bool over = false;
  bool failed = false;

 private:
  const ScriptOptions& options_;
};

void RunSource(IsolateState& state, const ScriptOptions& options) {
  v8::Isolate* isolate = state.isolate();
  auto context = state.context();
  v8::TryCatch try_catch(isolate);
  v8::ScriptOrigin origin(isolate, ToV8(isolate, options.name));
  auto source = ToV8(isolate, options.source);
  v8::Local<v8::Script> script;
  if (source.IsEmpty() || (v8::Script::Compile(context, source, &origin).ToLocal(&script) &&
                           !script->Run(context).IsEmpty())) {
    if (source.IsEmpty()) state.on_uncaught("the script is too long");
    return;
  }
  if (try_catch.HasTerminated()) return;
  auto error = try_catch.Exception();
  auto message = try_catch.Message();
  try_catch.Reset();
  state.ReportException(error, message);
}

}  // namespace

int RunScript(Engine& engine, EventLoop& loop, const ScriptOptions& options) {
  ScriptOwner owner(options);
  {
    IsolateState state(engine, &loop, options.limits, owner);
    const WorkerCode no_bundle;  // import() finds the runtime's own modules only
    ModuleLoader modules(state, no_bundle);
    state.set_modules(&modules);
    state.set_origin_hosts(options.origin_hosts);
    state.set_may_compile_wasm(true);
    state.set_live_clock(true);
    state.on_uncaught = [&](std::string_view text) {
      owner.OnLog(LogLevel::kError, text);
      owner.Finish(/*ok=*/false);  // what is pending is dropped, as in a terminal
    };
    IoContext& io = state.AddIo(std::make_unique<IoContext>(state, InboundRequest{}, nullptr));
    state.RunTurn(&io, [&] {
      state.context()->AllowCodeGenerationFromStrings(true);
      Discard(state.entry(Entry::kBecomeScript)
                  ->Call(state.context(), v8::Undefined(state.isolate()), 0, nullptr));
      RunSource(state, options);
    });
    owner.loop = &loop;
    if (!owner.over) loop.Run();
    owner.loop = nullptr;
  }
  std::fflush(stdout);
  return owner.failed ? 1 : 0;
}

}  // namespace terrella::runtime
