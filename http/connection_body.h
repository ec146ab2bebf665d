// ConnectionBody: the BodySource over the body of a message that a connection receives: a request's
// on the server's side, a response's on the client's.
//
// The connection parses and decides; the body remembers who reads, and what went wrong when nobody
// was reading.
//
// Thread: the loop's. Invariants: connection and body know of each other until one of them goes or
// the body has ended.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "http/message/body.h"

namespace terrella::http {

class ConnectionBody final : public BodySource {
 public:
  // The connection, as its body sees it.
  class Owner {
   public:
    virtual void OnBodyReading() = 0;
    virtual void OnBodyPaused() = 0;
    virtual void OnBodyDestroyed() = 0;

   protected:
    ~Owner() = default;
  };

  ConnectionBody(Owner& connection, std::optional<uint64_t> length_bytes)
      : connection_(&connection), length_bytes_(length_bytes) {}
  // A body that can no longer be read.
  explicit ConnectionBody(absl::Status error) : error_(std::move(error)) {}
  ~ConnectionBody() override;

  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }
  void Read(Reader& reader) override;
  void Pause() override;

  // The connection's side. After any of these `this` may be gone.
  bool reading() const { return reading_; }
  void Deliver(std::string_view bytes) { reader_->OnBodyData(bytes); }
  void Trailers(Headers&& trailers) { reader_->OnBodyTrailers(std::move(trailers)); }
  void End();
  // Told at once to who reads, else at the next Read.
  void Fail(const absl::Status& error);

 private:
  Owner* connection_ = nullptr;  // null after the end or an error
  std::optional<uint64_t> length_bytes_;
  Reader* reader_ = nullptr;
  bool reading_ = false;
  absl::Status error_;  // to be told at the next Read
};

}  // namespace terrella::http
