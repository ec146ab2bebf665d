// Worker: one V8 isolate with one version of one script, answering requests on one loop.
//
// Requests interleave inside the isolate at their awaits. What a request does to the outside
// (timers, fetches, bodies) is owned by its invocation, so ending the invocation ends all of it. A
// worker that breaks a limit is condemned: everything in flight fails and it is never entered
// again.
//
// Thread: the loop's. Owns: the isolate. Borrows: engine, loop, host (all outlive it).
// Invariants: (1) an observer gets exactly one of OnResponse and OnFailed, from the loop and never
// from inside Dispatch, unless its Invocation was destroyed first; (2) JavaScript runs only between
// a watchdog's Enter and Leave; (3) time as JavaScript sees it moves only between turns.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/runtime/host.h"
#include "edge_node/runtime/inbound_request.h"
#include "edge_node/runtime/worker_code.h"
#include "http/message/message_channel.h"

namespace terrella::runtime {

enum class FailureKind {
  kException,    // the handler threw
  kRejected,     // the handler's promise was rejected
  kNoHandler,    // no default export with a fetch()
  kBadResponse,  // what it returned is no usable Response
  kCpuLimit,
  kMemoryLimit,
  kHung,        // the promise can never settle: nothing is pending that could settle it
  kOverloaded,  // too many requests in flight
  kMoved,       // a Durable Object that another node owns: nothing was run
  kShutdown,    // the worker was condemned or destroyed by something else than this request
};
std::string_view FailureKindName(FailureKind kind);

// A body that is there already, or one that is still being produced (null source: no body), or the
// client's end of a WebSocket, with status 101.
using WorkerBody = std::variant<std::string, std::unique_ptr<http::BodySource>,
                                std::unique_ptr<http::MessageChannel>>;

class ResponseObserver {
 public:
  virtual ~ResponseObserver() = default;
  // May destroy the Invocation only together with (or after) the body.
  virtual void OnResponse(http::ResponseHead head, WorkerBody body) = 0;
  // `detail` is for the log ("index.js:3:7: TypeError: ..."); `pass_through`: the worker had called
  // ctx.passThroughOnException(), or controller.noRetry() of scheduled().
  virtual void OnFailed(FailureKind kind, std::string_view detail, bool pass_through) = 0;
};

// One request inside a worker. Destroying it says that the client is gone: the work is cancelled,
// except what ctx.waitUntil() holds. Keep it until the response body has ended.
class Invocation {
 public:
  virtual ~Invocation() = default;
  // The head of the request that was dispatched, for who wants to dispatch it again; while OnFailed
  // is being told, and once.
  virtual http::RequestHead TakeHead() = 0;
  // CPU time it has used; 0 once its work, waitUntil included, is over.
  virtual Duration cpu_used() const = 0;
};

struct WorkerStatistics {
  size_t heap_used_bytes = 0;
  size_t heap_committed_bytes = 0;
  size_t buffer_bytes = 0;  // array buffers and wasm memory
  uint64_t requests = 0;
  Duration load{};  // wall time of Load
};

class Worker {
 public:
  // Creates the isolate from the snapshot, compiles and runs the global scope. InvalidArgument
  // names the module and place; DeadlineExceeded and ResourceExhausted are the start-up limits.
  static absl::StatusOr<std::unique_ptr<Worker>> Load(Engine& engine, EventLoop& loop,
                                                      std::shared_ptr<const WorkerCode> code,
                                                      Host& host);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // `observer` outlives the Invocation.
  std::unique_ptr<Invocation> Dispatch(InboundRequest request, ResponseObserver& observer);

  const WorkerCode& code() const;
  bool condemned() const;
  // Invocations not over yet, waitUntil work included.
  size_t in_flight() const;
  // CPU time spent in JavaScript since Load.
  Duration cpu_used() const;
  // Walks the heap's spaces: not for every request.
  WorkerStatistics Statistics() const;
  // Asks V8 to give back what it can: for a worker that has been idle for a while.
  void ReleaseMemory();
  // Ends the Durable Objects that are alive in it, with what they are doing; outside of its calls.
  void BreakActors(std::string_view reason, std::string_view namespace_id = {});

 private:
  friend class WorkerImpl;
  explicit Worker(std::unique_ptr<class WorkerImpl> impl);
  std::unique_ptr<class WorkerImpl> impl_;
};

}  // namespace terrella::runtime
