// IoJobs: the computations that one request has under way on helper threads (job_threads.h).
//
// Their CPU time is the request's, but not of the budget that its turns have: nobody waits for a
// job but the request that asked for it. WorkerLimits::job_cpu_ms is for all jobs of a request
// together.
//
// Thread: the isolate's. Owned by IoContext.
#pragma once

#include <v8.h>

#include <functional>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/work_limit.h"
#include "edge_node/runtime/job_threads.h"

namespace terrella::runtime {

class IoContext;

class IoJobs {
 public:
  explicit IoJobs(IoContext& io) : io_(io) {}

  struct Work {
    std::function<void(WorkLimit)> run;  // on a helper thread
    // Then, in a turn, what came of it.
    std::function<v8::Local<v8::Value>(v8::Isolate*)> result;
  };
  // Calls `on_done` with the result. The work holds values alone, nothing of V8. ResourceExhausted:
  // too many jobs, or no CPU time left for another.
  absl::Status Start(Work work, v8::Local<v8::Function> on_done);
  Duration cpu_used() const { return cpu_used_; }

 private:
  struct Running {
    std::unique_ptr<JobTicket> ticket;
    std::function<v8::Local<v8::Value>(v8::Isolate*)> result;
    v8::Global<v8::Function> on_done;
  };
  void Finish(uint32_t job, Duration cpu_used);

  IoContext& io_;
  uint32_t next_job_ = 0;
  Duration cpu_used_{};
  std::map<uint32_t, Running> running_;
};

}  // namespace terrella::runtime
