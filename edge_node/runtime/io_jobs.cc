#include "edge_node/runtime/io_jobs.h"

#include <utility>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {

absl::Status IoJobs::Start(Work work, v8::Local<v8::Function> on_done) {
  IsolateState& state = io_.state();
  const Duration cpu_max = std::chrono::milliseconds(state.limits().job_cpu_ms);
  if (cpu_used_ >= cpu_max) {
    return ResourceExhausted("the request has used up its {} ms of CPU time for such computations",
                             state.limits().job_cpu_ms);
  }
  const uint32_t job = ++next_job_;
  auto ticket = state.job_queue().Start(
      {.cpu_max = cpu_max - cpu_used_,
       .run = std::move(work.run),
       .done = [handle = state.handle(), io_id = io_.id(), job](Duration used) {
         if (*handle == nullptr) return;
         IoContext* io = (*handle)->FindIo(io_id);
         if (io != nullptr) io->jobs().Finish(job, used);
       }});
  if (ticket == nullptr) {
    return ResourceExhausted("more than {} such computations at once", JobQueue::kJobsMax);
  }
  running_[job] = {std::move(ticket), std::move(work.result),
                   v8::Global<v8::Function>(state.isolate(), on_done)};
  io_.BeginWait();
  return absl::OkStatus();
}

void IoJobs::Finish(uint32_t job, Duration cpu_used) {
  cpu_used_ += cpu_used;
  auto finished = running_.extract(job);
  if (finished.empty()) return;
  auto done = std::make_shared<Running>(std::move(finished.mapped()));
  io_.EndWait();
  io_.state().Wake(io_.id(), [done](IoContext& io) {
    IsolateState& state = io.state();
    v8::Isolate* isolate = state.isolate();
    v8::Local<v8::Value> result = done->result(isolate);
    if (result.IsEmpty()) return;  // memory is short, and the turn over
    Discard(done->on_done.Get(isolate)->Call(state.context(), v8::Undefined(isolate), 1, &result));
  });
}

}  // namespace terrella::runtime
