// BidiStream: one bidirectional gRPC call of a node, as events on a loop.
//
// Shared by whoever opened it and by gRPC (until OnDone). Messages that were not taken yet queue:
// senders look at unsent().
//
// Thread: Start, Send and Cancel on the loop's; the reactions on gRPC's, which post to the loop.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "base/event_loop.h"
#include "base/status.h"
#include "edge_node/control/pending_calls.h"

namespace terrella::edge {

// What reactors post to. `events` is touched on the loop's thread only: null once the owner is
// gone.
template <class Events>
struct StreamDoor {
  EventLoop& loop;
  Events* events;
};

inline absl::Status StreamStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      ToAbsl(status.error_message()));
}

template <class Out, class In>
class BidiStream final : public grpc::ClientBidiReactor<Out, In> {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnMessage(In message) = 0;
    virtual void OnEnd(const absl::Status& status) = 0;
  };

  BidiStream(std::shared_ptr<StreamDoor<Events>> door, PendingCalls& pending)
      : door_(std::move(door)), pending_(pending) {}

  // `open(context, reactor)` is the stub's method. Patient: it waits for a connection.
  template <class Open>
  static void Start(const std::shared_ptr<BidiStream>& stream, bool patient, Open open) {
    stream->pending_.Add();
    stream->self_ = stream;
    stream->context_.set_wait_for_ready(patient);
    open(&stream->context_, stream.get());
    stream->AddHold();  // writes come from outside the reactions
    stream->StartRead(&stream->incoming_);
    stream->StartCall();
  }

  void Send(const Out& message) {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    outgoing_.push_back(message);
    if (outgoing_.size() == 1) this->StartWrite(&outgoing_.front());
  }
  size_t unsent() const {
    std::lock_guard lock(mutex_);
    return outgoing_.size();
  }
  void Cancel() {
    context_.TryCancel();
    ReleaseHold();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return ReleaseHold();
    door_->loop.Post([door = door_, message = std::move(incoming_)]() mutable {
      if (door->events != nullptr) door->events->OnMessage(std::move(message));
    });
    incoming_.Clear();
    this->StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    if (!ok) {
      ended_ = true;
      return;
    }
    outgoing_.pop_front();
    if (!outgoing_.empty()) this->StartWrite(&outgoing_.front());
  }
  void OnDone(const grpc::Status& status) override {
    PendingCalls& pending = pending_;
    auto self = std::move(self_);
    door_->loop.Post([door = door_, end = StreamStatus(status)] {
      if (door->events != nullptr) door->events->OnEnd(end);
    });
    // Its context has a share of the channel. The last one must not end on gRPC's own thread, which
    // the channel's end waits for.
    self.reset();
    pending.Remove();
  }

 private:
  void ReleaseHold() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
      if (!std::exchange(held_, false)) return;
    }
    this->RemoveHold();
  }

  std::shared_ptr<StreamDoor<Events>> door_;
  PendingCalls& pending_;
  std::shared_ptr<BidiStream> self_;  // gRPC's share, until OnDone
  grpc::ClientContext context_;
  In incoming_;
  mutable std::mutex mutex_;
  std::deque<Out> outgoing_;  // guarded by mutex_
  bool ended_ = false;        // guarded by mutex_
  bool held_ = true;          // guarded by mutex_
};

}  // namespace terrella::edge
