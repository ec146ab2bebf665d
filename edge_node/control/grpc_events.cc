#include "edge_node/control/grpc_events.h"

#include <utility>

#include "edge_node/control/bidi_stream.h"
#include "terrella/v1/node_events.grpc.pb.h"

namespace terrella::edge {
namespace {

class GrpcEvents final : public EventTransport,
                         private BidiStream<v1::NodeEvent, v1::NodeOrder>::Events {
 public:
  using Stream = BidiStream<v1::NodeEvent, v1::NodeOrder>;

  GrpcEvents(EventLoop& loop, std::shared_ptr<grpc::Channel> channel)
      : loop_(loop), stub_(v1::NodeEvents::NewStub(std::move(channel))) {}
  ~GrpcEvents() override {
    Close();
    pending_.WaitForNone();
  }

  void set_observer(Observer* observer) override { observer_ = observer; }
  void Open(bool patient) override {
    Close();
    door_ = std::make_shared<StreamDoor<Stream::Events>>(StreamDoor<Stream::Events>{loop_, this});
    stream_ = std::make_shared<Stream>(door_, pending_);
    Stream::Start(stream_, patient, [this](auto* context, auto* reactor) {
      stub_->async()->Attend(context, reactor);
    });
  }
  void Send(const v1::NodeEvent& event) override {
    if (stream_ != nullptr) stream_->Send(event);
  }
  size_t unsent() const override { return stream_ == nullptr ? 0 : stream_->unsent(); }
  void Close() override {
    if (stream_ == nullptr) return;
    door_->events = nullptr;
    std::exchange(stream_, nullptr)->Cancel();
  }

 private:
  void OnMessage(v1::NodeOrder order) override { observer_->OnOrder(std::move(order)); }
  void OnEnd(const absl::Status& status) override {
    stream_.reset();
    observer_->OnStreamClosed(status.ok() ? Unavailable("the stream was ended") : status);
  }

  EventLoop& loop_;
  Observer* observer_ = nullptr;
  PendingCalls pending_;
  std::unique_ptr<v1::NodeEvents::Stub> stub_;
  std::shared_ptr<StreamDoor<Stream::Events>> door_;
  std::shared_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<EventTransport> MakeGrpcEvents(EventLoop& loop,
                                               std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcEvents>(loop, std::move(channel));
}

}  // namespace terrella::edge
