// TestBench: a worker out of source text, with a loop and a host that tests control. For unit tests
// only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/status.h"
#include "edge_node/runtime/worker.h"

namespace terrella::runtime {

// The process's one engine.
Engine& TestEngine();

// A worker of one module, or of several with "index.js" as the main one.
std::shared_ptr<WorkerCode> CodeOf(std::string source);
std::shared_ptr<WorkerCode> CodeOf(std::vector<ModuleSource> modules);

struct Outcome {
  int status = 0;
  http::Headers headers;
  std::string body;
  std::optional<uint64_t> body_length;  // as the head will say it, of a body that is streamed
  bool body_broken = false;
  std::optional<FailureKind> failure;
  std::string detail;
  bool pass_through = false;
};

struct TestRequest {
  std::string path = "/";
  std::string method = "GET";
  http::Headers headers;
  std::optional<std::string> body;
  RequestPlace place;
  std::string entrypoint;
  std::string props_json;
  std::optional<ScheduledEvent> scheduled;
  std::optional<ActorAddress> actor;
  bool is_alarm = false;
};

class TestBench : public Host {
 public:
  explicit TestBench(std::shared_ptr<WorkerCode> code);
  explicit TestBench(std::string source) : TestBench(CodeOf(std::move(source))) {}
  ~TestBench() override;

  Worker& worker() { return *worker_; }
  // What goes on without it goes on without JavaScript.
  void DestroyWorker() { worker_.reset(); }
  EventLoop& loop() { return loop_; }

  // A request whose answer arrives later.
  class Call : public ResponseObserver, http::BodySource::Reader {
   public:
    bool done() const { return done_; }
    Outcome outcome;
    std::unique_ptr<Invocation> invocation;
    bool hold_body = false;  // take the head, leave the body unread
    std::unique_ptr<http::BodySource> source;
    void ReadBody() { source->Read(*this); }

   private:
    void OnResponse(http::ResponseHead head, WorkerBody body) override;
    void OnFailed(FailureKind kind, std::string_view detail, bool pass_through) override;
    void OnBodyData(std::string_view bytes) override { outcome.body += bytes; }
    void OnBodyEnd() override { done_ = true; }
    void OnBodyError(const absl::Status&) override { outcome.body_broken = done_ = true; }
    bool done_ = false;
  };
  std::unique_ptr<Call> Start(TestRequest request = {});
  // The whole answer.
  Outcome Fetch(TestRequest request = {});
  // What the body of GET / is; the failure's text when there is one.
  std::string Get(std::string path = "/");
  // Runs the loop until the condition holds; fails the test after ten seconds.
  void RunUntil(const std::function<bool()>& condition);

  // How the host answers fetches; by default 502.
  std::function<void(OutboundRequest, SubrequestObserver&)> on_fetch;
  // How the host answers KV operations; by default UNAVAILABLE.
  std::function<absl::StatusOr<KvAnswer>(const KvRequest&)> on_kv;
  // How the host answers rate limits; by default everything passes.
  std::function<bool(const RateLimitCall&)> on_rate;
  // Where Durable Objects have their storage; by default there is none.
  std::function<absl::StatusOr<std::unique_ptr<ActorStorage>>(const ActorAddress&)> on_open_actor;
  std::vector<std::pair<LogLevel, std::string>> logs;
  std::string condemned;
  int idle = 0;

 private:
  std::unique_ptr<Subrequest> Fetch(OutboundRequest request, SubrequestObserver& observer) override;
  std::unique_ptr<Subrequest> Kv(KvRequest request, KvObserver& observer) override;
  bool TakeRate(const RateLimitCall& call) override { return !on_rate || on_rate(call); }
  absl::StatusOr<std::string> FindActorNamespace(std::string_view script,
                                                 std::string_view class_name) override {
    return std::string(script).append("/").append(class_name);
  }
  absl::StatusOr<std::unique_ptr<ActorStorage>> OpenActor(const ActorAddress& address) override {
    return on_open_actor ? on_open_actor(address) : Host::OpenActor(address);
  }
  void OnLog(Worker&, LogLevel level, std::string_view text) override {
    logs.emplace_back(level, text);
  }
  void OnCondemned(Worker&, std::string_view reason) override { condemned = reason; }
  void OnIdle(Worker&) override { ++idle; }

  EventLoop loop_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace terrella::runtime
