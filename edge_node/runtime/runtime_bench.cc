// runtime_bench: what an isolate costs, measured in this process: CPU time to load a hello worker
// and to its first answer, private memory of one, CPU time of a request through Dispatch (no
// sockets). With `ahead`: the first of these with isolates that were made ahead.
#include <stdio.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
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
  std::unique_ptr<Subrequest> Kv(KvRequest, KvObserver&) override { return nullptr; }
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

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One request of a worker, to the end of its answer.
void Ask(EventLoop& loop, Worker& worker, Counter& counter) {
  const uint64_t goal = counter.answered + 1;
  auto invocation = worker.Dispatch(Request(), counter);
  while (counter.answered < goal) loop.RunOnce();
}

// Workers nobody has seen before: what each costs this thread until it is loaded and until it has
// answered, and what it weighs then.
void MeasureCold(Engine& engine, EventLoop& loop, Host& host, Duration between, const char* how) {
  constexpr int kWorkers = 50;
  std::vector<std::unique_ptr<Worker>> workers;
  Counter counter;
  workers.push_back(LoadHello(engine, loop, host));  // first-time costs of the process
  Ask(loop, *workers.back(), counter);
  std::vector<double> load_ms, first_ms, idle_kib, used_kib;
  for (int i = 0; i < kWorkers; ++i) {
    std::this_thread::sleep_for(between);
    const size_t before = PrivateKiB();
    Duration started = ThreadCpuTime();
    workers.push_back(LoadHello(engine, loop, host));
    Duration loaded = ThreadCpuTime();
    const size_t loaded_kib = PrivateKiB();
    load_ms.push_back(ToMs(loaded - started));
    started = ThreadCpuTime();
    Ask(loop, *workers.back(), counter);
    engine.RefillFreshIsolates();
    first_ms.push_back(ToMs(ThreadCpuTime() - started));
    idle_kib.push_back(static_cast<double>(loaded_kib) - static_cast<double>(before));
    used_kib.push_back(static_cast<double>(PrivateKiB()) - static_cast<double>(before));
  }
  printf("hello worker, %s: CPU of load %.2f ms + first answer %.2f ms (medians of %d)\n", how,
         Median(load_ms), Median(first_ms), kWorkers);
  if (between > Duration(0)) return;  // the next isolate is made meanwhile
  printf("private memory of a worker: %.0f KiB loaded, %.0f KiB after one request\n",
         Median(idle_kib), Median(used_kib));
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

// `fresh`: isolates made ahead.
void Run(size_t fresh) {
  size_t bare = PrivateKiB();
  auto engine = Engine::Create({.fresh_isolates = fresh});
  EventLoop loop;
  QuietHost host;
  {
    auto worker = LoadHello(*engine, loop, host);
    printf("private memory: %zu KiB before the engine, %zu KiB with one idle worker\n", bare,
           PrivateKiB());
  }
  if (fresh > 0) {
    MeasureCold(*engine, loop, host, std::chrono::milliseconds(5), "isolate made ahead");
    return;
  }
  MeasureCold(*engine, loop, host, Duration(0), "isolate made for it");
  MeasureDispatch(*engine, loop, host);
}

}  // namespace
}  // namespace terrella::runtime

// runtime_bench [ahead]
int main(int argc, char** argv) {
  terrella::runtime::Run(argc > 1 && std::string_view(argv[1]) == "ahead" ? 1 : 0);
  return 0;
}
