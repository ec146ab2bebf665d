#include "control_plane/api/node_sync_service.h"

#include <grpcpp/support/slice.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/api/loop_stream.h"
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
class NodeStream final : public LoopStream<grpc::ByteBuffer, grpc::ByteBuffer>, public NodeLink {
 public:
  NodeStream(Coordinator& coordinator, const Revocations* revocations, std::string certificate)
      : LoopStream(coordinator),
        revocations_(revocations),
        certificate_(std::move(certificate)),
        call_(CallScope::Current()) {}

  void Send(std::string head, std::shared_ptr<const PushBody> body) override {
    grpc::Slice slices[] = {grpc::Slice(head), ShareBody(std::move(body))};
    std::lock_guard lock(mutex_);
    waiting_.emplace(slices, 2);
    Pump();
  }
  void Close(const absl::Status& why) override { End(why); }

 private:
  bool TakeNext(grpc::ByteBuffer& out) override {
    if (!waiting_) return false;
    out = *std::move(waiting_);
    waiting_.reset();
    return true;
  }

  absl::Status Handle(grpc::ByteBuffer& bytes) override {
    ASSIGN_OR_RETURN(const v1::NodeMessage message, ParseMessage(bytes));
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
    if (session_) coordinator_.fleet().OnDisconnect(*session_);
  }

  const Revocations* const revocations_;
  const std::string certificate_;
  const std::shared_ptr<Call> call_;
  std::optional<SessionId> session_;         // on the loop
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
  return new BlobStream(coordinator_.store(), *request);
}

}  // namespace terrella::control
