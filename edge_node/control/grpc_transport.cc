#include "edge_node/control/grpc_transport.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "base/status.h"
#include "edge_node/control/control_channel.h"
#include "edge_node/control/pending_calls.h"
#include "terrella/v1/node_sync.grpc.pb.h"

namespace terrella::edge {
namespace {

constexpr int kMessageBytesMax = 16 << 20;
constexpr int kFetchDeadlineS = 10;

absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      ToAbsl(status.error_message()));
}

// What reactors post to. `events` is touched on the loop's thread only: null once the owner is
// gone.
template <class Events>
struct Door {
  EventLoop& loop;
  Events* events;
};

// One Subscribe stream. Shared by the transport and by gRPC (until OnDone).
class Stream final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::Push> {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnMessage(v1::Push push) = 0;
    virtual void OnEnd(const absl::Status& status) = 0;
  };

  Stream(std::shared_ptr<Door<Events>> door, PendingCalls& pending)
      : door_(std::move(door)), pending_(pending) {}

  static void Start(const std::shared_ptr<Stream>& stream, v1::NodeSync::Stub& stub) {
    stream->pending_.Add();
    stream->self_ = stream;
    stub.async()->Subscribe(&stream->context_, stream.get());
    stream->AddHold();  // writes come from outside the reactions
    stream->StartRead(&stream->incoming_);
    stream->StartCall();
  }

  // From the loop's thread.
  void Send(const v1::NodeMessage& message) {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    outgoing_.push_back(message);
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
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
    door_->loop.Post([door = door_, push = std::move(incoming_)]() mutable {
      if (door->events != nullptr) door->events->OnMessage(std::move(push));
    });
    incoming_.Clear();
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    if (!ok) {
      ended_ = true;
      return;
    }
    outgoing_.pop_front();
    if (!outgoing_.empty()) StartWrite(&outgoing_.front());
  }
  void OnDone(const grpc::Status& status) override {
    PendingCalls& pending = pending_;
    auto self = std::move(self_);
    door_->loop.Post([door = door_, end = ToAbslStatus(status)] {
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
    RemoveHold();
  }

  std::shared_ptr<Door<Events>> door_;
  PendingCalls& pending_;
  std::shared_ptr<Stream> self_;  // gRPC's share, until OnDone
  grpc::ClientContext context_;
  v1::Push incoming_;
  mutable std::mutex mutex_;
  std::deque<v1::NodeMessage> outgoing_;  // guarded by mutex_
  bool ended_ = false;                    // guarded by mutex_
  bool held_ = true;                      // guarded by mutex_
};

// One FetchBlob call.
class BlobFetch final : public grpc::ClientReadReactor<v1::BlobChunk> {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnFetched(BlobFetch* fetch, absl::Status status) = 0;
  };

  BlobFetch(std::shared_ptr<Door<Events>> door, PendingCalls& pending, uint64_t bytes_max,
            SyncTransport::FetchDone done)
      : done(std::move(done)), door_(std::move(door)), pending_(pending), bytes_max_(bytes_max) {}

  void Start(v1::NodeSync::Stub& stub, const std::string& sha256, uint64_t offset) {
    pending_.Add();
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
                                  : ToAbslStatus(status);
    PendingCalls& pending = pending_;
    door_->loop.Post([door = door_, end, self = std::shared_ptr<BlobFetch>(this)] {
      if (door->events != nullptr) door->events->OnFetched(self.get(), end);
    });
    pending.Remove();
  }

  SyncTransport::FetchDone done;
  std::string bytes;

 private:
  std::shared_ptr<Door<Events>> door_;
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
  GrpcTransport(EventLoop& loop, const std::string& target)
      : loop_(loop),
        fetch_door_(
            std::make_shared<Door<BlobFetch::Events>>(Door<BlobFetch::Events>{loop, this})) {
    grpc::ChannelArguments arguments = ControlChannelArguments(kMessageBytesMax);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // the agent tries again by itself
    channel_ =
        grpc::CreateCustomChannel("ipv4:" + target, grpc::InsecureChannelCredentials(), arguments);
    stub_ = v1::NodeSync::NewStub(channel_);
  }
  ~GrpcTransport() override {
    Close();
    CancelFetches();
    fetch_door_->events = nullptr;
    pending_.WaitForNone();
  }

  void set_observer(Observer* observer) override { observer_ = observer; }

  void Open() override {
    Close();
    stream_door_ = std::make_shared<Door<Stream::Events>>(Door<Stream::Events>{loop_, this});
    stream_ = std::make_shared<Stream>(stream_door_, pending_);
    Stream::Start(stream_, *stub_);
  }
  void Send(const v1::NodeMessage& message) override {
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
    fetch->Start(*stub_, sha256, offset);
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
  Observer* observer_ = nullptr;
  PendingCalls pending_;
  std::shared_ptr<Door<BlobFetch::Events>> fetch_door_;
  std::shared_ptr<Door<Stream::Events>> stream_door_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::NodeSync::Stub> stub_;
  std::shared_ptr<Stream> stream_;
  std::set<BlobFetch*> fetches_;
};

}  // namespace

std::unique_ptr<SyncTransport> MakeGrpcTransport(EventLoop& loop, const std::string& target) {
  return std::make_unique<GrpcTransport>(loop, target);
}

}  // namespace terrella::edge
