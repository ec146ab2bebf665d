// IoContext: everything one request has going on outside of JavaScript: its timers, fetches,
// bodies, waitUntil.
//
// JavaScript never holds a native object: it holds the context's id and small numbers of things in
// it, which are looked up at each use. So nothing of a request hangs on the garbage collector,
// ending the context ends all of it at once, and a worker that keeps one request's things for
// another gets an error.
//
//   open --respond--> answered --(no stream, no waitUntil left)--> over
//   open --fail/hung/client gone-------------------------------> over
//
// Thread: the isolate's. Owned by IsolateState.
// Invariants: (1) the observer hears of the answer once; (2) a context that is not over either
// waits for the outside (waiting()) or has a turn to come; Settle ends those that do neither.
#pragma once

#include <v8.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/runtime/compression/codec.h"
#include "edge_node/runtime/inbound_request.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/worker.h"

namespace terrella::runtime {

class ActorState;
class InBody;
class KvCall;
class IoJobs;
class OutStream;
class SocketState;
class SubrequestState;

class IoContext {
 public:
  // `observer` null: a script run, which has no response and is over when nothing waits.
  IoContext(IsolateState& state, InboundRequest request, ResponseObserver* observer);
  ~IoContext();
  IoContext(const IoContext&) = delete;
  IoContext& operator=(const IoContext&) = delete;

  IsolateState& state() { return state_; }
  uint32_t id() const { return id_; }
  void set_id(uint32_t id) { id_ = id; }
  InboundRequest& request() { return request_; }
  Duration cpu_used() const { return cpu_used_; }
  void AddCpu(Duration used) { cpu_used_ += used; }

  // The Durable Object that this is an event of; null: none.
  ActorState* actor() { return actor_; }
  void set_actor(ActorState* actor) { actor_ = actor; }

  // Whether FinishTurn has still to be asked for; it is then taken as asked.
  bool TakeFinish() { return !std::exchange(finish_asked_, true); }
  // After each turn: hands out the answer, ends what is over or hung.
  void FinishTurn();
  // Ends what is over or hung.
  void Settle();
  // Leaves everything: streams break, fetches are cancelled. Called once, by
  // IsolateState::RemoveIo.
  void Close();

  // --- the answer (inside a turn; the observer is told after it)
  // Unless `is_encoded`, the body is put into the coding that Content-Encoding names.
  void Respond(http::ResponseHead head, v8::Local<v8::Value> body, bool is_encoded);
  // Without a body; also outside of turns.
  void RespondEmpty(int status);
  // The request becomes a WebSocket, whose client has `end`; the context lives as long as sockets
  // that were accepted.
  void RespondSocket(http::ResponseHead head, std::unique_ptr<http::MessageChannel> end);
  void Fail(FailureKind kind, std::string detail);
  // The same outside of turns, at once.
  void FailNow(FailureKind kind, std::string_view detail);
  bool answered() const { return answered_; }
  void ClientGone();
  void set_pass_through() { pass_through_ = true; }

  // --- waitUntil
  void AddWait() { ++waits_; }
  void WaitDone() { --waits_; }

  // --- timers
  struct TimerOptions {
    Duration delay{};
    bool repeat = false;
    bool weak = false;  // nobody waits for it, until HoldTimer
  };
  // 0 and a pending exception when there are too many. Ids are unique within the isolate.
  uint32_t StartTimer(v8::Local<v8::Function> callback, const TimerOptions& options);
  void StopTimer(uint32_t timer);
  void HoldTimer(uint32_t timer);

  // Calls it in a turn of its own, from the loop, in the order of the calls.
  void PostTask(v8::Local<v8::Function> callback);

  // --- bodies. A body in JavaScript is null, a string, bytes, or the number of a native body; see
  // js/body.js.
  // `coding` is the Content-Encoding of the message it is for: a native body that came with it is
  // taken as it came. ResourceExhausted: the worker has no memory for it.
  absl::StatusOr<WorkerBody> TakeBody(v8::Local<v8::Value> body, std::string_view coding);
  // `coding`: what its bytes are to be decoded from (InBody).
  uint32_t AddBody(std::unique_ptr<http::BodySource> source, std::string coding = "");
  // A body that JavaScript produces: `pull` is called for each chunk. The stream has the body's
  // number.
  uint32_t OpenStream(v8::Local<v8::Function> pull, std::optional<uint64_t> length_bytes);
  // Two bodies out of one that has not been read, and one body through a transform. 0 with an
  // exception pending when there is no such body.
  std::pair<uint32_t, uint32_t> TeeBody(uint32_t body);
  struct Transform {
    enum class Kind { kSize, kDecode, kEncode };
    Kind kind = Kind::kSize;
    std::optional<uint64_t> length_bytes;  // kSize
    CodecFormat format = CodecFormat::kGzip;
  };
  uint32_t TransformBody(uint32_t body, const Transform& transform, v8::Local<v8::Value> watcher);
  // The end of a body that JavaScript waits for (watched_body.h).
  void TellWatcher(uint32_t watcher, const absl::Status& status);
  // Lets the rest of a stream be a body that has not been read. False: the stream is over.
  bool AttachBody(uint32_t stream, uint32_t body);
  InBody* FindBody(uint32_t body);
  void DropBody(uint32_t body);
  OutStream* FindStream(uint32_t stream);
  void DropStream(uint32_t stream);

  // --- WebSockets
  uint32_t AddSocket(std::unique_ptr<http::MessageChannel> end);
  SocketState* FindSocket(uint32_t socket);
  void DropSocket(uint32_t socket);
  size_t socket_count() const { return sockets_.size(); }
  // A message begins with a whole budget.
  void RenewCpu() {
    if (hosts_socket_) cpu_used_ = {};
  }
  // The same, and with all it may ask for: in a context that many events share.
  void RenewBudgets() {
    cpu_used_ = {};
    fetches_ = kv_operations_ = 0;
  }

  // --- fetch
  v8::Local<v8::Promise> StartFetch(uint32_t key, OutboundRequest request,
                                    v8::Local<v8::Value> body);
  void AbortFetch(uint32_t key);
  bool HasFetch(uint32_t key) const { return fetches_open_.contains(key); }
  void FetchSettled(uint32_t key);

  // --- Workers KV
  // Empty, with an exception pending, when the request has done too many operations.
  v8::MaybeLocal<v8::Promise> StartKv(KvRequest request);
  bool HasKv(uint32_t key) const { return kv_open_.contains(key); }
  void KvSettled(uint32_t key);
  // --- computations on helper threads
  IoJobs& jobs();

  // How many things will bring a turn by themselves.
  void BeginWait() { ++pending_; }
  void EndWait() { --pending_; }
  bool waiting() const { return pending_ > 0; }

 private:
  struct TimerState;
  struct Task;
  // Nothing that could bring it a turn: of its own, or of its object's other events.
  bool IsStuck() const;
  bool IsCodedAs(v8::Local<v8::Value> body, std::string_view coding);
  void Encode(WorkerBody& body, std::string_view coding);
  void FireTimer(uint32_t timer);
  struct Taken {
    std::unique_ptr<http::BodySource> source;  // null: there is none
    std::vector<uint32_t> watchers;
  };
  Taken TakeSource(uint32_t body, std::string_view coding);
  std::string CodingOf(uint32_t body);
  void CallTask(v8::Local<v8::Function> callback);

  IsolateState& state_;
  uint32_t id_ = 0;
  InboundRequest request_;
  ResponseObserver* observer_;
  ActorState* actor_ = nullptr;
  const bool is_script_;
  Duration cpu_used_{};
  struct Answer {
    http::ResponseHead head;
    WorkerBody body;
  };
  std::optional<Answer> answer_;  // until the observer has it
  bool answered_ = false;
  bool finish_asked_ = false;
  bool closed_ = false;
  bool pass_through_ = false;
  bool hosts_socket_ = false;  // the answer was a WebSocket
  uint32_t waits_ = 0;
  uint32_t pending_ = 0;
  uint32_t next_key_ = 1;
  uint32_t fetches_ = 0;
  std::optional<Timer> deadline_;  // of waitUntil work, after the answer
  std::map<uint32_t, std::unique_ptr<TimerState>> timers_;
  std::map<uint32_t, std::unique_ptr<Task>> tasks_;  // posted and not yet begun
  std::map<uint32_t, std::unique_ptr<InBody>> bodies_;
  std::map<uint32_t, std::shared_ptr<OutStream>> streams_;
  std::map<uint32_t, v8::Global<v8::Object>> watchers_;
  std::set<uint32_t> leaving_;  // of them, those whose body is on its way out
  std::map<uint32_t, std::unique_ptr<SubrequestState>> fetches_open_;
  std::map<uint32_t, std::unique_ptr<SocketState>> sockets_;
  uint32_t kv_operations_ = 0;
  std::map<uint32_t, std::unique_ptr<KvCall>> kv_open_;
  std::unique_ptr<IoJobs> jobs_;
};

}  // namespace terrella::runtime
