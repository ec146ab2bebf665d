#include "control_plane/api/node_sync_service.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/status.h"
#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/api/loop_stream.h"
#include "control_plane/wan/wan.h"
#include "control_plane/wan/wan_lane.h"
#include "rpc/peer.h"

namespace terrella::control {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

// A slice of the shared body that keeps the body alive.
grpc::Slice ShareBody(std::shared_ptr<const PushBody> body) {
  auto* keep = new std::shared_ptr<const PushBody>(std::move(body));
  void* bytes = const_cast<char*>((*keep)->bytes.data());
  return grpc::Slice(
      bytes, (*keep)->bytes.size(),
      [](void* k) { delete static_cast<std::shared_ptr<const PushBody>*>(k); }, keep);
}

absl::StatusOr<v1::NodeMessage> ParseMessage(grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  v1::NodeMessage message;
  if (!buffer.DumpToSingleSlice(&slice).ok() ||
      !message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return InvalidArgument("a message of {} bytes is not a NodeMessage", buffer.Length());
  }
  return message;
}

// One node's stream. At most one push waits for the one being written.
//
// With a wan, what goes in and what comes out is under way for as long as the model says. The end
// of the stream is not: whose process dies is gone at once.
class NodeStream final : public LoopStream<grpc::ByteBuffer, grpc::ByteBuffer>, public NodeLink {
 public:
  NodeStream(Coordinator& coordinator, const Revocations* revocations, std::string certificate)
      : LoopStream(coordinator),
        revocations_(revocations),
        certificate_(std::move(certificate)),
        call_(CallScope::Current()) {}

  void Send(std::string head, std::shared_ptr<const PushBody> body) override {
    if (!distance_) return Write(head, std::move(body));
    const MonotonicTime now = coordinator_.loop().Now();
    const uint64_t bytes = head.size() + body->bytes.size();
    const WanFlow flow = coordinator_.options().wan->Send(
        now, distance_->way, fmt::format("push/{}", body->serial), bytes);
    distance_->out.Carry(flow.ArrivalOf(bytes), [this, head = std::move(head), body]() mutable {
      Write(head, std::move(body));
    });
  }
  void Close(const absl::Status& why) override { End(why); }

 private:
  static constexpr size_t kUnderWayMax = 64;  // a second of heartbeats is four messages

  // On the loop, from Hello to Gone.
  struct Distance {
    Distance(EventLoop& loop, const WanWay& way) : way(way), in(loop), out(loop) {}
    const WanWay way;
    WanLane in, out;
  };

  void Write(const std::string& head, std::shared_ptr<const PushBody> body) {
    grpc::Slice slices[] = {grpc::Slice(head), ShareBody(std::move(body))};
    std::lock_guard lock(mutex_);
    waiting_.emplace(slices, 2);
    Pump();
  }
  bool TakeNext(grpc::ByteBuffer& out) override {
    if (!waiting_) return false;
    out = *std::move(waiting_);
    waiting_.reset();
    return true;
  }

  absl::Status Handle(grpc::ByteBuffer& bytes) override {
    ASSIGN_OR_RETURN(v1::NodeMessage message, ParseMessage(bytes));
    Wan* wan = coordinator_.options().wan;
    if (wan == nullptr) return Take(message);
    MonotonicTime now = coordinator_.loop().Now();
    if (!distance_) {
      const v1::NodeInfo& node = message.hello().node();  // empty is as good as any: it is refused
      if (message.has_hello()) RETURN_IF_ERROR(CheckNodeInfo(node));
      distance_.emplace(coordinator_.loop(), coordinator_.WayTo(node));
      now += wan->Connecting(distance_->way);
    }
    if (distance_->in.under_way() >= kUnderWayMax) {
      return ResourceExhausted("{} messages of the node are under way, which is the limit",
                               kUnderWayMax);
    }
    distance_->in.Carry(wan->Return(now, distance_->way, bytes.Length()),
                        [this, message = std::move(message)] {
                          const CallScope scope(call_);
                          if (absl::Status status = Take(message); !status.ok()) Fail(status);
                        });
    return absl::OkStatus();
  }
  absl::Status Take(const v1::NodeMessage& message) {
    if (message.has_hello()) {
      if (session_) return InvalidArgument("a stream has one Hello");
      RETURN_IF_ERROR(call_->Permit(message.hello().node().id()));
      // The guard has looked, but a stream may wait before it says who it is.
      if (revocations_ != nullptr && !certificate_.empty()) {
        RETURN_IF_ERROR(revocations_->Check(message.hello().node().id(), certificate_));
      }
      ASSIGN_OR_RETURN(
          session_, coordinator_.Connect(message.hello(),
                                         std::static_pointer_cast<NodeStream>(shared_from_this())));
      return absl::OkStatus();
    }
    if (!session_) return InvalidArgument("a stream begins with Hello");
    if (message.has_report()) return coordinator_.fleet().OnReport(*session_, message.report());
    if (message.has_heartbeat()) coordinator_.fleet().OnHeartbeat(*session_, message.heartbeat());
    return absl::OkStatus();
  }
  void Gone() override {
    distance_.reset();
    if (session_) coordinator_.fleet().OnDisconnect(*session_);
  }

  const Revocations* const revocations_;
  const std::string certificate_;
  const std::shared_ptr<Call> call_;
  std::optional<SessionId> session_;         // on the loop
  std::optional<Distance> distance_;         // on the loop; none without a wan
  std::optional<grpc::ByteBuffer> waiting_;  // guarded by mutex_
};

// One content, read from the store chunk by chunk as the node takes it.
class BlobStream final : public grpc::ServerWriteReactor<v1::BlobChunk> {
 public:
  BlobStream(StateStore& store, const v1::FetchBlobRequest& request)
      : store_(store), sha256_(request.sha256()), offset_(request.offset()) {
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the reader is gone"));
    Next();
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    absl::StatusOr<std::string> data = store_.ReadBlob(sha256_, offset_, kChunkBytes);
    if (!data.ok()) return Finish(ToGrpc(data.status()));
    if (data->empty()) return Finish(grpc::Status::OK);
    offset_ += data->size();
    chunk_.set_data(*std::move(data));
    StartWrite(&chunk_);
  }

  StateStore& store_;
  const std::string sha256_;
  uint64_t offset_;
  v1::BlobChunk chunk_;
};

// The same over a distance: each chunk leaves when it would have come.
//
// Thread: chunks are read on gRPC's; everything else happens on the loop.
// Owns: itself, until gRPC is done with the call.
class DistantBlobStream final : public grpc::ServerWriteReactor<v1::BlobChunk>,
                                public std::enable_shared_from_this<DistantBlobStream> {
 public:
  DistantBlobStream(Coordinator& coordinator, const v1::FetchBlobRequest& request)
      : coordinator_(coordinator), request_(request) {}
  void Start() {
    self_ = shared_from_this();
    ReadChunk();
  }
  void OnWriteDone(bool ok) override {
    if (ok) return ReadChunk();
    Post([this] { End(absl::CancelledError("the reader is gone")); });
  }
  void OnCancel() override {
    Post([this] { End(absl::CancelledError("the reader is gone")); });
  }
  void OnDone() override { self_.reset(); }

 private:
  void Post(std::function<void()> task) {
    coordinator_.Post([self = shared_from_this(), task = std::move(task)] { task(); });
  }
  void ReadChunk() {
    auto data = coordinator_.store().ReadBlob(request_.sha256(), request_.offset() + bytes_read_,
                                              kChunkBytes);
    if (!data.ok() || data->empty()) {
      return Post([this, status = data.status()] { End(status); });
    }
    // Here and not on the loop: the store may have to ask for it.
    if (bytes_read_ == 0) {
      whole_ = coordinator_.store().BlobSize(request_.sha256()).value_or(data->size());
    }
    bytes_read_ += data->size();
    chunk_.set_data(*std::move(data));
    Post([this] { Await(); });
  }
  void Await() {
    if (ended_) return;
    const MonotonicTime now = coordinator_.loop().Now();
    if (!flow_) flow_ = Begin(now);
    lane_->Carry(flow_ ? flow_->ArrivalOf(bytes_read_) : now, [this] { StartWrite(&chunk_); });
  }
  // Nothing for one who is no node: there is no way to him.
  std::optional<WanFlow> Begin(MonotonicTime now) {
    lane_.emplace(coordinator_.loop());
    const NodeEntry* node = coordinator_.registry().Find(request_.node());
    if (node == nullptr) return std::nullopt;
    Wan& wan = *coordinator_.options().wan;
    return wan.Fetch(now, coordinator_.WayTo(node->info), "blob/" + request_.sha256(),
                     whole_ - std::min(whole_, request_.offset()));
  }
  void End(const absl::Status& status) {
    if (std::exchange(ended_, true)) return;
    lane_.reset();
    Finish(ToGrpc(status));
  }

  Coordinator& coordinator_;
  const v1::FetchBlobRequest request_;
  std::shared_ptr<DistantBlobStream> self_;
  uint64_t bytes_read_ = 0;  // of gRPC's thread and the loop in turns
  uint64_t whole_ = 0;       // likewise
  v1::BlobChunk chunk_;      // likewise
  std::optional<WanFlow> flow_;
  std::optional<WanLane> lane_;
  bool ended_ = false;
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NodeSyncService::Subscribe(
    grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<NodeStream>(coordinator_, revocations_,
                                             rpc::CertificateOf(*context->auth_context()));
  stream->Start();
  return stream.get();
}

grpc::ServerWriteReactor<v1::BlobChunk>* NodeSyncService::FetchBlob(
    grpc::CallbackServerContext*, const v1::FetchBlobRequest* request) {
  if (coordinator_.options().wan == nullptr) return new BlobStream(coordinator_.store(), *request);
  auto stream = std::make_shared<DistantBlobStream>(coordinator_, *request);
  stream->Start();
  return stream.get();
}

}  // namespace terrella::control
