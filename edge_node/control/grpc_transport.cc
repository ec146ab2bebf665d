#include "edge_node/control/grpc_transport.h"

#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "base/status.h"
#include "edge_node/control/bidi_stream.h"
#include "edge_node/control/pending_calls.h"
#include "terrella/v1/node_sync.grpc.pb.h"

namespace terrella::edge {
namespace {

// For the largest module over a slow link; one who stands still is found by pings long before.
constexpr int kFetchDeadlineS = 60;

using Stream = BidiStream<v1::NodeMessage, v1::Push>;

// One FetchBlob call.
class BlobFetch final : public grpc::ClientReadReactor<v1::BlobChunk> {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnFetched(BlobFetch* fetch, absl::Status status) = 0;
  };

  BlobFetch(std::shared_ptr<StreamDoor<Events>> door, PendingCalls& pending, uint64_t bytes_max,
            SyncTransport::FetchDone done)
      : done(std::move(done)), door_(std::move(door)), pending_(pending), bytes_max_(bytes_max) {}

  void Start(v1::NodeSync::Stub& stub, const std::string& node, const std::string& sha256,
             uint64_t offset) {
    pending_.Add();
    request_.set_node(node);
    request_.set_sha256(sha256);
    request_.set_offset(offset);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kFetchDeadlineS));
    stub.async()->FetchBlob(&context_, &request_, this);
    StartRead(&chunk_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (bytes.size() + chunk_.data().size() > bytes_max_) {
      too_large_ = true;
      context_.TryCancel();
      return;
    }
    bytes += chunk_.data();
    StartRead(&chunk_);
  }
  // Frees this, on the loop.
  void OnDone(const grpc::Status& status) override {
    absl::Status end = too_large_ ? DataLoss("more than the {} bytes announced", bytes_max_)
                                  : StreamStatus(status);
    PendingCalls& pending = pending_;
    door_->loop.Post([door = door_, end, self = std::shared_ptr<BlobFetch>(this)] {
      if (door->events != nullptr) door->events->OnFetched(self.get(), end);
    });
    pending.Remove();
  }

  SyncTransport::FetchDone done;
  std::string bytes;

 private:
  std::shared_ptr<StreamDoor<Events>> door_;
  PendingCalls& pending_;
  const uint64_t bytes_max_;
  bool too_large_ = false;
  grpc::ClientContext context_;
  v1::FetchBlobRequest request_;
  v1::BlobChunk chunk_;
};

class GrpcTransport final : public SyncTransport,
                            private Stream::Events,
                            private BlobFetch::Events {
 public:
  GrpcTransport(EventLoop& loop, std::shared_ptr<grpc::Channel> channel)
      : loop_(loop),
        fetch_door_(std::make_shared<StreamDoor<BlobFetch::Events>>(
            StreamDoor<BlobFetch::Events>{loop, this})),
        stub_(v1::NodeSync::NewStub(std::move(channel))) {}
  ~GrpcTransport() override {
    Close();
    CancelFetches();
    fetch_door_->events = nullptr;
    pending_.WaitForNone();
  }

  void set_observer(Observer* observer) override { observer_ = observer; }

  void Open(bool patient) override {
    Close();
    stream_door_ =
        std::make_shared<StreamDoor<Stream::Events>>(StreamDoor<Stream::Events>{loop_, this});
    stream_ = std::make_shared<Stream>(stream_door_, pending_);
    Stream::Start(stream_, patient, [this](auto* context, auto* reactor) {
      stub_->async()->Subscribe(context, reactor);
    });
  }
  void Send(const v1::NodeMessage& message) override {
    if (message.has_hello()) node_ = message.hello().node().id();
    if (stream_ != nullptr) stream_->Send(message);
  }
  size_t unsent() const override { return stream_ == nullptr ? 0 : stream_->unsent(); }
  void Close() override {
    if (stream_ == nullptr) return;
    stream_door_->events = nullptr;
    std::exchange(stream_, nullptr)->Cancel();
  }

  void Fetch(const std::string& sha256, uint64_t offset, uint64_t bytes_max,
             FetchDone done) override {
    auto* fetch = new BlobFetch(fetch_door_, pending_, bytes_max, std::move(done));
    fetches_.insert(fetch);
    fetch->Start(*stub_, node_, sha256, offset);
  }
  void CancelFetches() override {
    for (BlobFetch* fetch : fetches_) {
      fetch->done = nullptr;
      fetch->Cancel();
    }
    fetches_.clear();
  }

 private:
  void OnMessage(v1::Push push) override { observer_->OnPush(std::move(push)); }
  void OnEnd(const absl::Status& status) override {
    const absl::Status end = status.ok() ? Unavailable("the stream was ended") : status;
    stream_.reset();
    observer_->OnStreamClosed(end);
  }
  void OnFetched(BlobFetch* fetch, absl::Status status) override {
    fetches_.erase(fetch);
    if (fetch->done)
      std::exchange(fetch->done, nullptr)(std::move(status), std::move(fetch->bytes));
  }

  EventLoop& loop_;
  std::string node_;  // as the last Hello named it
  Observer* observer_ = nullptr;
  PendingCalls pending_;
  std::shared_ptr<StreamDoor<BlobFetch::Events>> fetch_door_;
  std::shared_ptr<StreamDoor<Stream::Events>> stream_door_;
  std::unique_ptr<v1::NodeSync::Stub> stub_;
  std::shared_ptr<Stream> stream_;
  std::set<BlobFetch*> fetches_;
};

}  // namespace

std::unique_ptr<SyncTransport> MakeGrpcTransport(EventLoop& loop,
                                                 std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcTransport>(loop, std::move(channel));
}

}  // namespace terrella::edge
