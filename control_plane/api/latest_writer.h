// LatestWriter: a server stream that carries states, not events: a reader that is slow gets the
// newest one next and never a queue.
//
// Thread: Offer and End on any; the reactions on gRPC's.
// Owns: itself, until gRPC is done with the call.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "control_plane/api/grpc_status.h"

namespace terrella::control {

template <class T>
class LatestWriter final : public grpc::ServerWriteReactor<T>,
                           public std::enable_shared_from_this<LatestWriter<T>> {
 public:
  // `on_gone` is called once or twice, on gRPC's threads, when nothing more will be read.
  static std::shared_ptr<LatestWriter> Create() {
    std::shared_ptr<LatestWriter> writer(new LatestWriter());
    writer->self_ = writer;
    return writer;
  }
  void set_on_gone(std::function<void()> on_gone) { on_gone_ = std::move(on_gone); }

  // Replaces what has not been sent yet; nothing after End.
  void Offer(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    if (end_) return;  // a reader that was promised one message reads no second one
    next_ = std::move(value);
    Pump();
  }
  // Ends the stream after what was offered.
  void End(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
    Pump();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_.reset();
    if (!ok) {
      next_.reset();
      if (!end_) end_ = absl::CancelledError("the reader is gone");
    }
    Pump();
  }
  void OnCancel() override {
    on_gone_();
    End(absl::CancelledError("the reader is gone"));
  }
  void OnDone() override {
    on_gone_();
    self_.reset();
  }

 private:
  LatestWriter() = default;

  // With the lock held.
  void Pump() {
    if (writing_ || finished_) return;
    if (next_) {
      writing_ = std::move(next_);
      next_.reset();
      this->StartWrite(writing_.get());
    } else if (end_) {
      finished_ = true;
      this->Finish(ToGrpc(*end_));
    }
  }

  std::function<void()> on_gone_;
  std::shared_ptr<LatestWriter> self_;  // keeps itself alive until OnDone
  std::mutex mutex_;                    // guards everything below
  std::shared_ptr<const T> writing_;
  std::shared_ptr<const T> next_;
  std::optional<absl::Status> end_;
  bool finished_ = false;
};

}  // namespace terrella::control
