// runtime_bench: what an isolate costs, measured in this process: time to load a hello worker from
// the snapshot, private memory of one that idles, CPU time of a request through Dispatch (no
// sockets).
#include <stdio.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/histogram.h"
#include "edge_node/runtime/cpu_clock.h"
#include "edge_node/runtime/worker.h"

namespace terrella::runtime {
namespace {

class QuietHost final : public Host {
  std::unique_ptr<Subrequest> Fetch(OutboundRequest, SubrequestObserver&) override {
    return nullptr;
  }
  void OnLog(Worker&, LogLevel, std::string_view) override {}
  void OnCondemned(Worker&, std::string_view reason) override {
    fprintf(stderr, "condemned: %.*s\n", static_cast<int>(reason.size()), reason.data());
  }
  void OnIdle(Worker&) override {}
};

class Counter final : public ResponseObserver {
 public:
  void OnResponse(http::ResponseHead, WorkerBody) override { ++answered; }
  void OnFailed(FailureKind, std::string_view, bool) override { ++failed; }
  uint64_t answered = 0;
  uint64_t failed = 0;
};

// Private bytes (clean + dirty) of this process.
size_t PrivateKiB() {
  std::ifstream in("/proc/self/smaps_rollup");
  std::string word;
  size_t total = 0;
  size_t kib;
  while (in >> word) {
    if ((word == "Private_Dirty:" || word == "Private_Clean:") && in >> kib) total += kib;
  }
  return total;
}

std::shared_ptr<WorkerCode> Hello() {
  auto code = std::make_shared<WorkerCode>();
  code->script = "hello";
  code->main_module = "index.js";
  code->modules.push_back(
      {"index.js", ModuleKind::kEsm,
       "export default { async fetch(request) { return new Response('Hello'); } }"});
  return code;
}

std::unique_ptr<Worker> LoadHello(Engine& engine, EventLoop& loop, Host& host) {
  auto worker = Worker::Load(engine, loop, Hello(), host);
  CHECK(worker.ok());
  return *std::move(worker);
}

InboundRequest Request() {
  InboundRequest request;
  request.head.method = "GET";
  request.head.target = "/";
  request.head.host = "hello.edge.test";
  request.head.headers = {{"host", "hello.edge.test"}, {"user-agent", "bench"}, {"accept", "*/*"}};
  request.url = "http://hello.edge.test/";
  return request;
}

void MeasureLoad(Engine& engine, EventLoop& loop, Host& host) {
  constexpr int kWorkers = 50;
  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(LoadHello(engine, loop, host));  // first-time costs of the process
  size_t before = PrivateKiB();
  std::vector<double> wall_ms, cpu_ms;
  for (int i = 0; i < kWorkers; ++i) {
    MonotonicTime started = loop.Now();
    Duration cpu_started = ThreadCpuTime();
    workers.push_back(LoadHello(engine, loop, host));
    cpu_ms.push_back(ToMs(ThreadCpuTime() - cpu_started));
    wall_ms.push_back(ToMs(loop.Now() - started));
  }
  size_t after = PrivateKiB();
  std::sort(wall_ms.begin(), wall_ms.end());
  std::sort(cpu_ms.begin(), cpu_ms.end());
  printf(
      "isolate from the snapshot + hello module: median %.2f ms (CPU %.2f), max %.2f ms (CPU "
      "%.2f)\n",
      wall_ms[kWorkers / 2], cpu_ms[kWorkers / 2], wall_ms.back(), cpu_ms.back());
  printf("private memory per idle isolate: %zu KiB (over %d)\n", (after - before) / kWorkers,
         kWorkers);
}

void MeasureDispatch(Engine& engine, EventLoop& loop, Host& host) {
  constexpr int kBatch = 64;
  constexpr int kWarmUp = 2000;
  constexpr int kRounds = 5000;
  auto worker = LoadHello(engine, loop, host);
  Counter counter;
  Histogram batch_us;
  Duration cpu{};
  for (int round = 0; round < kWarmUp + kRounds; ++round) {
    uint64_t goal = counter.answered + kBatch;
    Duration cpu_before = ThreadCpuTime();
    std::vector<std::unique_ptr<Invocation>> invocations;
    for (int i = 0; i < kBatch; ++i) invocations.push_back(worker->Dispatch(Request(), counter));
    while (counter.answered + counter.failed < goal) loop.RunOnce();
    invocations.clear();
    if (round < kWarmUp) continue;
    Duration used = ThreadCpuTime() - cpu_before;
    cpu += used;
    batch_us.Add(static_cast<uint64_t>(used.count() / 1000));
  }
  CHECK(counter.failed == 0);
  printf("CPU per hello request: %.2f us (batches of %d: p50 %.0f us, p99 %.0f us, max %.0f us)\n",
         static_cast<double>(cpu.count()) / 1000 / (static_cast<double>(kRounds) * kBatch), kBatch,
         static_cast<double>(batch_us.Quantile(0.5)), static_cast<double>(batch_us.Quantile(0.99)),
         static_cast<double>(batch_us.Quantile(1)));
  WorkerStatistics statistics = worker->Statistics();
  printf("heap after %d requests: used %zu KiB, committed %zu KiB\n", (kWarmUp + kRounds) * kBatch,
         statistics.heap_used_bytes >> 10, statistics.heap_committed_bytes >> 10);
}

void Run() {
  size_t bare = PrivateKiB();
  auto engine = Engine::Create();
  EventLoop loop;
  QuietHost host;
  {
    auto worker = LoadHello(*engine, loop, host);
    printf("private memory: %zu KiB before the engine, %zu KiB with one idle worker\n", bare,
           PrivateKiB());
  }
  MeasureLoad(*engine, loop, host);
  MeasureDispatch(*engine, loop, host);
}

}  // namespace
}  // namespace terrella::runtime

int main() {
  terrella::runtime::Run();
  return 0;
}
