#include "control_plane/api/node_sync_service.h"

#include <grpcpp/support/slice.h>

#include <mutex>
#include <optional>
#include <utility>

#include "control_plane/api/grpc_status.h"

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

// One node's stream. At most one message of it is in the loop's mailbox: the next is read when that
// one has been dealt with. At most one push waits for the one being written.
class NodeStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                         public NodeLink,
                         public std::enable_shared_from_this<NodeStream> {
 public:
  static NodeStream* Start(Coordinator& coordinator) {
    std::shared_ptr<NodeStream> stream(new NodeStream(coordinator));
    stream->self_ = stream;
    stream->StartRead(&stream->incoming_);
    return stream.get();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Close(absl::OkStatus());
      return PostDisconnect();
    }
    coordinator_.loop().Post([self = shared_from_this()] { self->OnMessage(); });
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

  void Send(std::string head, std::shared_ptr<const PushBody> body) override {
    grpc::Slice slices[] = {grpc::Slice(head), ShareBody(std::move(body))};
    std::lock_guard lock(mutex_);
    waiting_.emplace(slices, 2);
    Pump();
  }
  void Close(const absl::Status& why) override {
    std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(ToGrpc(why));
  }

 private:
  explicit NodeStream(Coordinator& coordinator) : coordinator_(coordinator) {}

  // With the lock held.
  void Pump() {
    if (writing_ || finished_ || !waiting_) return;
    writing_ = true;
    outgoing_ = *std::move(waiting_);
    waiting_.reset();
    StartWrite(&outgoing_);
  }

  // On the loop.
  void OnMessage() {
    absl::StatusOr<v1::NodeMessage> message = ParseMessage(incoming_);
    absl::Status status = message.ok() ? Handle(*message) : message.status();
    if (!status.ok()) {
      Close(status);
      return Disconnect();
    }
    // After Finish the call may be over, and a read would touch what is gone.
    std::lock_guard lock(mutex_);
    if (finished_) return;
    incoming_.Clear();
    StartRead(&incoming_);
  }

  absl::Status Handle(const v1::NodeMessage& message) {
    if (gone_) return absl::OkStatus();
    if (message.has_hello()) {
      if (session_) return InvalidArgument("a stream has one Hello");
      ASSIGN_OR_RETURN(session_, coordinator_.Connect(message.hello(), shared_from_this()));
      return absl::OkStatus();
    }
    if (!session_) return InvalidArgument("a stream begins with Hello");
    if (message.has_report()) return coordinator_.fleet().OnReport(*session_, message.report());
    if (message.has_heartbeat()) coordinator_.fleet().OnHeartbeat(*session_, message.heartbeat());
    return absl::OkStatus();
  }

  void PostDisconnect() {
    coordinator_.loop().Post([self = shared_from_this()] { self->Disconnect(); });
  }
  // On the loop.
  void Disconnect() {
    if (std::exchange(gone_, true) || !session_) return;
    coordinator_.fleet().OnDisconnect(*session_);
  }

  Coordinator& coordinator_;
  std::shared_ptr<NodeStream> self_;  // until OnDone
  grpc::ByteBuffer incoming_;         // of the reader, and of the loop between two reads
  std::optional<SessionId> session_;  // on the loop
  bool gone_ = false;                 // on the loop

  std::mutex mutex_;  // guards everything below
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::ByteBuffer> waiting_;
  grpc::ByteBuffer outgoing_;
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

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NodeSyncService::Subscribe(
    grpc::CallbackServerContext*) {
  return NodeStream::Start(coordinator_);
}

grpc::ServerWriteReactor<v1::BlobChunk>* NodeSyncService::FetchBlob(
    grpc::CallbackServerContext*, const v1::FetchBlobRequest* request) {
  return new BlobStream(coordinator_.store(), *request);
}

}  // namespace terrella::control
