// CallImpl: a request on its way.
//
// Thread: the loop's. Invariants: call and connection know of each other until one of them goes or
// the response has ended.
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
  // Whether its connection is nobody else's.
  bool IsAlone() const { return !request_.prefix_bytes.empty() && request_.kept_as.empty(); }
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
  bool expects_continue_ = false;
  ClientConnection* connection_ = nullptr;

 private:
  absl::Status Serialize();
  absl::Status early_error_;
  Timer early_error_timer_;
};

}  // namespace terrella::http
