// LoopStream: a stream in both directions whose messages are dealt with on the coordinator's loop.
//
// gRPC's threads only carry: at most one message of a stream is in the loop's mailbox, and the next
// is read when that one has been dealt with, so a peer that sends fast waits for itself. What is to
// be sent is the derived class' to keep and to bound; it is asked for the next message whenever the
// one before has gone.
//
// Thread: Handle and Gone on the loop; Pump and End on any; the reactions on gRPC's.
// Owns: itself, until gRPC is done with the call.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/rollout/coordinator.h"

namespace terrella::control {

template <class In, class Out>
class LoopStream : public grpc::ServerBidiReactor<In, Out>,
                   public std::enable_shared_from_this<LoopStream<In, Out>> {
 public:
  // The stream begins, with the call that made it.
  void Start() {
    self_ = this->shared_from_this();
    this->StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End(absl::OkStatus());
      return PostDisconnect();
    }
    coordinator_.Post([self = this->shared_from_this()] { self->OnMessage(); });
  }
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) Pump();
  }
  void OnCancel() override { PostDisconnect(); }
  void OnDone() override {
    PostDisconnect();
    self_.reset();
  }

 protected:
  explicit LoopStream(Coordinator& coordinator) : coordinator_(coordinator) {}

  // One message, while the stream is there. An error ends the stream.
  virtual absl::Status Handle(In& message) = 0;
  // Once, when nothing more comes.
  virtual void Gone() = 0;
  // With the lock held: moves what is to be sent next into `out`; false when there is nothing.
  virtual bool TakeNext(Out& out) = 0;

  // With the lock held, after something to be sent has come.
  void Pump() {
    if (writing_ || finished_ || !TakeNext(outgoing_)) return;
    writing_ = true;
    this->StartWrite(&outgoing_);
  }
  void End(const absl::Status& why) {
    std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    this->Finish(ToGrpc(why));
  }
  // On the loop: ends the stream as an error of Handle does.
  void Fail(const absl::Status& why) {
    End(why);
    Disconnect();
  }
  bool writing() const { return writing_; }    // with the lock held
  bool finished() const { return finished_; }  // likewise
  bool gone() const { return gone_; }          // on the loop

  Coordinator& coordinator_;
  std::mutex mutex_;

 private:
  // On the loop.
  void OnMessage() {
    if (!gone_) {
      if (absl::Status status = Handle(incoming_); !status.ok()) return Fail(status);
    }
    // After Finish the call may be over, and a read would touch what is gone.
    std::lock_guard lock(mutex_);
    if (finished_) return;
    incoming_.Clear();
    this->StartRead(&incoming_);
  }
  void PostDisconnect() {
    coordinator_.Post([self = this->shared_from_this()] { self->Disconnect(); });
  }
  // On the loop.
  void Disconnect() {
    if (!std::exchange(gone_, true)) Gone();
  }

  std::shared_ptr<LoopStream> self_;  // until OnDone
  In incoming_;                       // of the reader, and of the loop between two reads
  bool gone_ = false;                 // on the loop
  bool writing_ = false;              // guarded by mutex_, as are the two below
  bool finished_ = false;
  Out outgoing_;
};

}  // namespace terrella::control
