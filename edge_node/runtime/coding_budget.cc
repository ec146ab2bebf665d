#include "edge_node/runtime/coding_budget.h"

#include <algorithm>

#include "base/status.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {

CodingBudget::CodingBudget(IoContext& io)
    : isolate_(io.state().handle()),
      io_(io.id()),
      allocator_(io.state().allocator()),
      limit_ms_(io.state().limits().cpu_ms),
      used_(io.cpu_used()) {}

CodingBudget::~CodingBudget() {
  allocator_->GiveBack(counted_bytes_);
}

absl::Status CodingBudget::EndStep(size_t codec_bytes) {
  const Duration step = CpuSince(mark_);
  used_ += step;
  if (*isolate_ != nullptr) {
    if (IoContext* io = (*isolate_)->FindIo(io_)) {
      io->AddCpu(step);
      used_ = std::max(used_, io->cpu_used());
    }
  }
  if (limit_ms_ != 0 && used_ > std::chrono::milliseconds(limit_ms_)) {
    return ResourceExhausted("coding the body exceeded the request's {} ms of CPU time", limit_ms_);
  }
  if (codec_bytes > counted_bytes_ && !allocator_->Take(codec_bytes - counted_bytes_)) {
    return ResourceExhausted("the worker has no memory left for the body's codec");
  }
  if (codec_bytes < counted_bytes_) allocator_->GiveBack(counted_bytes_ - codec_bytes);
  counted_bytes_ = codec_bytes;
  return absl::OkStatus();
}

}  // namespace terrella::runtime
