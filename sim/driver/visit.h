// Visit: one request of one simulated person, from the moment it was due to its last byte.
//
//   due -> (DNS: look-up, modelled resolver delay) -> call through the ingress -> head -> body ->
//   Sample
//
// The answer's PoP is read from `terrella-ray: <id>-FRA`, its version from `x-terrella-version`. A
// worker that sends `x-body-version: V` promises that every line of its body is V, which is how an
// answer mixed from two versions is caught. What the node's cache did is read from
// `cf-cache-status`, which an answer has when its worker passes on what it fetched.
//
// Thread: the loop's. Destroying a visit cancels it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "http/client/client.h"
#include "http/client/h2_client.h"
#include "sim/driver/city_resolver.h"
#include "sim/driver/driver.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/population.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

class Connections;
class KeptHttp2;
class KvLog;
class Lookup;

// What all visits of a run share; outlives them.
struct VisitContext {
  EventLoop& loop;
  const Scenario& scenario;
  const Driver::World& world;
  const DriverOptions& options;
  http::Client& client;
  CityResolver& resolver;
  Results& results;
  MonotonicTime start;
  const Catalogue& catalogue;
  PhaseRule phase_rule;
  Connections* connections = nullptr;  // of a page, whose document has the first; null: none
  KeptHttp2* kept = nullptr;           // of people whose connections are kept
  KvLog* kv = nullptr;                 // of a scenario with requests to KV
};

class Visit final : public http::ResponseObserver, private http::BodySource::Reader {
 public:
  // `done` is called once, later, and may destroy the visit. Phases are meaningless of one that
  // failed.
  using DoneCallback = std::function<void(const Sample&, const Phases&)>;
  Visit(VisitContext& context, const Arrival& arrival, DoneCallback done);
  ~Visit() override;
  void Start();
  // Where it called.
  const SocketAddress& destination() const { return destination_; }
  // It ended well, and the next request may have its connection.
  void GiveConnectionBack() {
    body_.reset();
    call_.reset();
  }

 private:
  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override;
  void OnError(const absl::Status& status) override;
  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  // `asked_at` is when the person's connection is asked for, however late we are.
  void Call(const SocketAddress& destination, MonotonicTime asked_at);
  // By a connection that the city's people share.
  void CallByKept(const SocketAddress& destination, http::ClientRequest request);
  // From what ingress and node say of their parts of the way to the first byte.
  void TakePhases(const http::Headers& headers);
  bool IsMixed() const;
  bool IsOfKv() const { return context_.scenario.requests[arrival_.request].kv.has_value(); }
  void Finish(Failure failure);

  VisitContext& context_;
  Arrival arrival_;
  DoneCallback done_;
  Sample sample_;
  Phases phases_;
  std::string kv_value_;  // what a read of KV found
  MonotonicTime asked_at_{};
  SocketAddress destination_;
  Timer deadline_;
  std::unique_ptr<Lookup> lookup_;
  std::unique_ptr<Timer> end_;              // delivers the end from a clean stack
  std::unique_ptr<Connections> own_;        // of one by HTTP/2 that is no page's
  std::shared_ptr<http::H2Client> shared_;  // ... with others of the city
  std::unique_ptr<http::Call> call_;
  std::unique_ptr<http::BodySource> body_;
  std::string body_version_;
  std::string text_;  // the body, when it promises a version
  uint64_t body_bytes_ = 0;
  bool finished_ = false;
};

}  // namespace terrella::sim
