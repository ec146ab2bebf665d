// CodingBudget: what a body may cost that native code compresses or decompresses for a worker.
//
// No JavaScript runs while such a body flows, and the request may be over but for it. Still its CPU
// time is the request's, and the codec's tables are the worker's memory: when either is used up the
// body breaks off.
//
// Thread: the isolate's. Owned by the body.
#pragma once

#include <memory>

#include "base/clock.h"
#include "edge_node/runtime/buffer_allocator.h"
#include "edge_node/runtime/compression/coded_body.h"
#include "edge_node/runtime/cpu_clock.h"

namespace terrella::runtime {

class IoContext;
class IsolateState;

class CodingBudget final : public CodingMeter {
 public:
  explicit CodingBudget(IoContext& io);
  ~CodingBudget() override;

  void BeginStep() override { mark_ = MarkCpu(); }
  absl::Status EndStep(size_t codec_bytes) override;

 private:
  const std::shared_ptr<IsolateState*> isolate_;
  const uint32_t io_;
  const std::shared_ptr<BufferAllocator> allocator_;
  const uint32_t limit_ms_;  // 0: none
  Duration used_;            // by the request, as far as is known here
  CpuMark mark_;
  size_t counted_bytes_ = 0;
};

}  // namespace terrella::runtime
