// CallImpl: a request on its way, and ResponseBody: the body of its response.
//
// Thread: the loop's. Invariants: call, connection and body know of each other until one of them
// goes or the response has ended.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/client/client_impl.h"

namespace terrella::http {

class CallImpl final : public Call {
 public:
  CallImpl(Client::Impl& client, ClientRequest request, ResponseObserver& observer);
  ~CallImpl() override;
  const CallTimings& timings() const override { return timings_; }

  // Serializes the head and asks for a connection.
  void Start();
  // The connection's side. `this` may be gone after these.
  void Fail(const absl::Status& status);
  // Whether the call may be sent once more after its pooled connection turned out to be dead.
  bool CanRetry() const;

  Client::Impl& client_;
  ClientRequest request_;
  ResponseObserver& observer_;
  CallTimings timings_;
  std::string head_;
  bool chunked_ = false;
  bool is_head_ = false;
  bool idempotent_ = false;
  bool had_body_ = false;
  ClientConnection* connection_ = nullptr;

 private:
  absl::Status Serialize();
  absl::Status early_error_;
  Timer early_error_timer_;
};

class ResponseBody final : public BodySource {
 public:
  ResponseBody(ClientConnection* connection, std::optional<uint64_t> length_bytes)
      : connection_(connection), length_bytes_(length_bytes) {}
  ~ResponseBody() override;
  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }
  void Read(Reader& reader) override;
  void Pause() override;

 private:
  friend class ClientConnection;
  void End();
  void Fail(const absl::Status& error);

  ClientConnection* connection_;
  std::optional<uint64_t> length_bytes_;
  Reader* reader_ = nullptr;
  bool reading_ = false;
  absl::Status error_;
};

}  // namespace terrella::http
