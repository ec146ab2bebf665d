// RequestTrace: one request, or one run of scheduled(), that somebody watches, from its beginning
// until nothing holds it: neither the flow of its answer nor its invocation, waitUntil() included.
// Then it is an event in the ring, for those filters that want it.
//
// One that cannot be shown, because the ring is full, keeps no texts: it only finds out who would
// have wanted it.
//
// Thread: the shard's. Limits: logs, their bytes, headers and exceptions of one event.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "edge_node/runtime/trace.h"
#include "edge_node/tail/tail_filter.h"
#include "edge_node/tail/tail_ring.h"

namespace terrella::edge {

// Of the node whose requests are watched.
struct TailPlace {
  std::string node;
  std::string pop;
};

class RequestTrace final : public runtime::Trace {
 public:
  static constexpr int kLogsMax = 256, kHeadersMax = 128, kExceptionsMax = 16;
  static constexpr size_t kTextBytesMax = 64 << 10;  // of logs, and of headers

  // Null: no filter can want it. The ring outlives the trace.
  static std::shared_ptr<RequestTrace> Begin(const TailPlan& plan, const TailSubject& subject,
                                             const TailPlace& place, TailRing& ring,
                                             const Clock& clock);
  ~RequestTrace() override;
  RequestTrace(const RequestTrace&) = delete;
  RequestTrace& operator=(const RequestTrace&) = delete;

  void OnLog(LogLevel level, std::string_view text) override;
  void OnEnd(Duration cpu) override { AddCpu(cpu); }

  void set_status(int status) { event_.set_status(status); }
  void set_cold() { event_.set_cold(true); }
  void set_cron(const std::string& cron, int64_t scheduled_unix_ms);
  // The first word counts; "ok" when there is none.
  void set_outcome(std::string_view outcome) {
    if (event_.outcome().empty()) event_.set_outcome(std::string(outcome));
  }
  // "index.js:3:7: TypeError: ..." and, below, the stack.
  void AddException(std::string_view detail);
  // The answer is complete.
  void Answered() { wall_ = clock_.Now() - began_; }

 private:
  RequestTrace(TailRing& ring, const Clock& clock, TailFilters filters, bool light);
  void AddCpu(Duration cpu) { event_.set_cpu_us(static_cast<uint64_t>(cpu.count() / 1000)); }
  void FillHeaders(const http::Headers& headers);
  int64_t NowMs() const;

  TailRing& ring_;
  const Clock& clock_;
  const TailFilters filters_;
  const bool light_;
  const MonotonicTime began_;
  Duration wall_{};
  size_t text_bytes_ = 0;
  v1::TailEvent event_;
};

// The parts of an exception's text.
v1::TailException ParseException(std::string_view detail);

}  // namespace terrella::edge
