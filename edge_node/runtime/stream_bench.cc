// stream_bench [NAME]: what bodies cost inside the runtime, measured in this process without
// sockets: CPU time of a request with a body of 64 KiB by what the worker does with it, and what
// the first use of streams adds to an isolate.
#include <stdio.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "edge_node/runtime/cpu_clock.h"
#include "edge_node/runtime/worker.h"

namespace terrella::runtime {
namespace {

constexpr size_t kBodyBytes = 64 * 1024;
constexpr size_t kPieceBytes = 16 * 1024;  // as a socket gives it

struct Workload {
  const char* name;
  const char* handler;  // the body of fetch(request)
};
constexpr Workload kWorkloads[] = {
    {"ignored", "return new Response('x');"},
    {"forwarded", "return new Response(request.body);"},
    {"buffered", "return new Response(await request.arrayBuffer());"},
    {"text", "return new Response(await request.text());"},
    {"identity",
     "const t = new IdentityTransformStream(); request.body.pipeTo(t.writable);"
     "return new Response(t.readable);"},
    {"transform", "return new Response(request.body.pipeThrough(new TransformStream()));"},
    {"teed", "const [a, b] = request.body.tee(); b.cancel(); return new Response(a);"},
    {"read",
     "let n = 0; const r = request.body.getReader(); for (;;) {"
     "const { value, done } = await r.read(); if (done) break; n += value.byteLength; }"
     "return new Response(String(n));"},
    {"iterated",
     "let n = 0; for await (const c of request.body) n += c.byteLength;"
     "return new Response(String(n));"},
    {"byob",
     "let n = 0; const r = request.body.getReader({ mode: 'byob' });"
     "let v = new Uint8Array(16384); for (;;) { const { value, done } = await r.read(v);"
     "if (done) break; n += value.byteLength; v = new Uint8Array(value.buffer); }"
     "return new Response(String(n));"},
    {"mapped",
     "return new Response(request.body.pipeThrough(new TransformStream({"
     "transform(c, k) { k.enqueue(c); } })));"},
    {"written",
     "const t = new TransformStream(); const w = t.writable.getWriter();"
     "const c = new Uint8Array(16384); (async () => { for (let i = 0; i < 4; ++i) await "
     "w.write(c); await w.close(); })(); return new Response(t.readable);"},
    {"generated",
     "let i = 0; const c = new Uint8Array(64); return new Response(new "
     "ReadableStream({ pull(k) { if (i++ === 1000) k.close(); else k.enqueue(c); } }));"},
    {"gzipped", "return new Response(request.body.pipeThrough(new CompressionStream('gzip')));"},
};

class QuietHost final : public Host {
  std::unique_ptr<Subrequest> Fetch(OutboundRequest, SubrequestObserver&) override {
    return nullptr;
  }
  std::unique_ptr<Subrequest> Kv(KvRequest, KvObserver&) override { return nullptr; }
  void OnLog(Worker&, LogLevel, std::string_view text) override {
    fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  void OnCondemned(Worker&, std::string_view reason) override {
    fprintf(stderr, "condemned: %.*s\n", static_cast<int>(reason.size()), reason.data());
  }
  void OnIdle(Worker&) override {}
};

// A request's body, in pieces.
class Pieces final : public http::BodySource {
 public:
  std::optional<uint64_t> length_bytes() const override { return kBodyBytes; }
  void Read(Reader& reader) override {
    reading_ = true;
    while (reading_ && given_ < kBodyBytes) {
      given_ += kPieceBytes;
      reader.OnBodyData(kPiece);
    }
    if (reading_) reader.OnBodyEnd();
  }
  void Pause() override { reading_ = false; }

 private:
  static const std::string kPiece;
  size_t given_ = 0;
  bool reading_ = false;
};
const std::string Pieces::kPiece(kPieceBytes, 'x');

// One request at a time, to the end of its answer.
class Exchange final : public ResponseObserver, http::BodySource::Reader {
 public:
  void OnResponse(http::ResponseHead, WorkerBody body) override {
    if (auto* source = std::get_if<std::unique_ptr<http::BodySource>>(&body)) {
      source_ = std::move(*source);
      if (source_ != nullptr) return source_->Read(*this);
    }
    done = true;
  }
  void OnFailed(FailureKind, std::string_view detail, bool) override {
    fprintf(stderr, "failed: %.*s\n", static_cast<int>(detail.size()), detail.data());
    done = true;
  }
  void OnBodyData(std::string_view) override {}
  void OnBodyEnd() override { done = true; }
  void OnBodyError(const absl::Status&) override { done = true; }
  bool done = false;

 private:
  std::unique_ptr<http::BodySource> source_;
};

std::unique_ptr<Worker> Load(Engine& engine, EventLoop& loop, Host& host,
                             std::string_view handler) {
  auto code = std::make_shared<WorkerCode>();
  code->script = "bench";
  code->main_module = "index.js";
  code->modules.push_back(
      {"index.js", ModuleKind::kEsm,
       "export default { async fetch(request) {" + std::string(handler) + "} }"});
  auto worker = Worker::Load(engine, loop, std::move(code), host);
  CHECK(worker.ok());
  return *std::move(worker);
}

void Ask(Worker& worker, EventLoop& loop) {
  InboundRequest request;
  request.head.method = "POST";
  request.head.target = "/";
  request.url = "http://bench.test/";
  request.body = std::make_unique<Pieces>();
  Exchange exchange;
  auto invocation = worker.Dispatch(std::move(request), exchange);
  while (!exchange.done) loop.RunOnce();
  invocation.reset();
}

size_t PrivateKiB() {
  std::ifstream in("/proc/self/smaps_rollup");
  std::string word;
  size_t total = 0, kib;
  while (in >> word) {
    if ((word == "Private_Dirty:" || word == "Private_Clean:") && in >> kib) total += kib;
  }
  return total;
}

void Measure(Engine& engine, EventLoop& loop, Host& host, const Workload& workload) {
  constexpr int kWarmUp = 3000, kRequests = 5000, kIsolates = 20;
  auto worker = Load(engine, loop, host, workload.handler);
  for (int i = 0; i < kWarmUp; ++i) Ask(*worker, loop);
  const Duration before = ThreadCpuTime();
  for (int i = 0; i < kRequests; ++i) Ask(*worker, loop);
  const Duration used = ThreadCpuTime() - before;
  worker.reset();
  std::vector<std::unique_ptr<Worker>> isolates;
  for (int i = 0; i < kIsolates; ++i) {
    isolates.push_back(Load(engine, loop, host, workload.handler));
  }
  const size_t kib_before = PrivateKiB();
  Duration first = std::chrono::hours(1);  // the least: others share the machine
  for (auto& isolate : isolates) {
    const Duration started = ThreadCpuTime();
    Ask(*isolate, loop);
    first = std::min(first, ThreadCpuTime() - started);
  }
  printf("%-10s %7.2f us CPU a request; the first one %5.0f us and %4zu KiB\n", workload.name,
         static_cast<double>(used.count()) / 1000 / kRequests,
         static_cast<double>(first.count()) / 1000, (PrivateKiB() - kib_before) / kIsolates);
}

}  // namespace
}  // namespace terrella::runtime

int main(int argc, char** argv) {
  using namespace terrella;
  using namespace terrella::runtime;
  auto engine = Engine::Create();
  EventLoop loop;
  QuietHost host;
  for (const Workload& workload : kWorkloads) {
    if (argc < 2 || std::string_view(argv[1]) == workload.name) {
      Measure(*engine, loop, host, workload);
    }
  }
  return 0;
}
