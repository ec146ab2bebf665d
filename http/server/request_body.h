// RequestBody: the BodySource over a server connection's request body.
//
// Thread: the server's loop. Invariants: the connection and the body know of each other until one
// of them goes or the body has ended.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "http/message/body.h"

namespace terrella::http {

class ServerConnection;

class RequestBody final : public BodySource {
 public:
  RequestBody(ServerConnection* connection, std::optional<uint64_t> length_bytes)
      : connection_(connection), length_bytes_(length_bytes) {}
  // A body that can no longer be read.
  explicit RequestBody(absl::Status error) : error_(std::move(error)) {}
  ~RequestBody() override;

  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }
  void Read(Reader& reader) override;
  void Pause() override;

 private:
  friend class ServerConnection;
  // The connection's side: after these `this` may be gone.
  void Deliver(std::string_view bytes) { reader_->OnBodyData(bytes); }
  void End();
  void Fail(const absl::Status& error);

  ServerConnection* connection_ = nullptr;  // null after the end or an error
  std::optional<uint64_t> length_bytes_;
  Reader* reader_ = nullptr;
  bool reading_ = false;
  absl::Status error_;  // to be told at the next Read
};

}  // namespace terrella::http
