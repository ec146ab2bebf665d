#include "edge_node/runtime/testing.h"

#include <chrono>
#include <thread>

namespace terrella::runtime {

Engine& TestEngine() {
  static Engine& engine =
      *Engine::Create({.fresh_isolates = 1}).release();  // outlives every static of a test
  return engine;
}

std::shared_ptr<WorkerCode> CodeOf(std::vector<ModuleSource> modules) {
  auto code = std::make_shared<WorkerCode>();
  code->script = "test";
  code->version_id = "v1";
  code->main_module = "index.js";
  code->modules = std::move(modules);
  return code;
}

std::shared_ptr<WorkerCode> CodeOf(std::string source) {
  return CodeOf(std::vector<ModuleSource>{{"index.js", ModuleKind::kEsm, std::move(source)}});
}

TestBench::TestBench(std::shared_ptr<WorkerCode> code) {
  auto worker = Worker::Load(TestEngine(), loop_, std::move(code), *this);
  if (!worker.ok()) ADD_FAILURE() << Message(worker.status());
  if (worker.ok()) worker_ = *std::move(worker);
}

TestBench::~TestBench() {
  worker_.reset();
}

void TestBench::Call::OnResponse(http::ResponseHead head, WorkerBody body) {
  outcome.status = head.status;
  outcome.headers = std::move(head.headers);
  if (auto* text = std::get_if<std::string>(&body)) {
    outcome.body = std::move(*text);
    done_ = true;
    return;
  }
  source = std::get<1>(std::move(body));
  if (source == nullptr) {
    done_ = true;
    return;
  }
  outcome.body_length = source->length_bytes();
  if (!hold_body) source->Read(*this);
}

void TestBench::Call::OnFailed(FailureKind kind, std::string_view detail, bool pass_through) {
  outcome.failure = kind;
  outcome.detail = detail;
  outcome.pass_through = pass_through;
  done_ = true;
}

std::unique_ptr<TestBench::Call> TestBench::Start(TestRequest request) {
  InboundRequest inbound;
  inbound.head.method = request.method;
  inbound.head.target = request.path;
  inbound.head.host = "test.example";
  inbound.head.headers = request.headers;
  inbound.url = "http://test.example" + request.path;
  inbound.place = std::make_shared<const RequestPlace>(request.place);
  inbound.entrypoint = request.entrypoint;
  inbound.props_json = request.props_json;
  inbound.scheduled = request.scheduled;
  inbound.actor = request.actor;
  inbound.is_alarm = request.is_alarm;
  if (request.body.has_value()) inbound.body = http::MakeStringBody(*request.body);
  auto call = std::make_unique<Call>();
  call->invocation = worker_->Dispatch(std::move(inbound), *call);
  return call;
}

Outcome TestBench::Fetch(TestRequest request) {
  auto call = Start(std::move(request));
  RunUntil([&] { return call->done(); });
  return std::move(call->outcome);
}

std::string TestBench::Get(std::string path) {
  Outcome outcome = Fetch({.path = std::move(path)});
  return outcome.failure.has_value() ? outcome.detail : outcome.body;
}

void TestBench::RunUntil(const std::function<bool()>& condition) {
  MonotonicTime deadline = loop_.Now() + std::chrono::seconds(10);
  for (int turns = 0; !condition(); ++turns) {
    // Long waits are for other threads, which need the core.
    if (turns > 1000) std::this_thread::sleep_for(std::chrono::microseconds(100));
    if (loop_.Now() > deadline) {
      ADD_FAILURE() << "nothing happened for ten seconds";
      return;
    }
    loop_.RunOnce();
  }
}

std::unique_ptr<Subrequest> TestBench::Fetch(OutboundRequest request,
                                             SubrequestObserver& observer) {
  struct Started : Subrequest {};
  if (on_fetch) {
    on_fetch(std::move(request), observer);
  } else {
    observer.OnSubrequestError(Unavailable("no origin in this test"));
  }
  return std::make_unique<Started>();
}

std::unique_ptr<Subrequest> TestBench::Kv(KvRequest request, KvObserver& observer) {
  struct Trip : Subrequest {
    explicit Trip(std::shared_ptr<KvObserver*> observer) : observer(std::move(observer)) {}
    ~Trip() override { *observer = nullptr; }
    std::shared_ptr<KvObserver*> observer;
  };
  auto started = std::make_shared<KvObserver*>(&observer);
  loop_.Post([this, started, request = std::move(request)] {
    if (*started == nullptr) return;
    (*started)->OnKv(on_kv ? on_kv(request) : Unavailable("no KV in this test"));
  });
  return std::make_unique<Trip>(started);
}

}  // namespace terrella::runtime
