// A body or an end of a WebSocket together with what must live as long as it does.
//
// Thread: the shard's loop. Owns: both.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "http/message/body.h"
#include "http/message/message_channel.h"

namespace terrella::edge {

template <class Keep>
class KeepingBody final : public http::BodySource {
 public:
  KeepingBody(Keep keep, std::unique_ptr<http::BodySource> body)
      : keep_(std::move(keep)), body_(std::move(body)) {}
  std::optional<uint64_t> length_bytes() const override { return body_->length_bytes(); }
  void Read(Reader& reader) override { body_->Read(reader); }
  void Pause() override { body_->Pause(); }

 private:
  Keep keep_;  // destroyed after the body
  std::unique_ptr<http::BodySource> body_;
};

// The same for an end of a WebSocket.
template <class Keep>
class KeepingChannel final : public http::MessageChannel {
 public:
  KeepingChannel(Keep keep, std::unique_ptr<http::MessageChannel> end)
      : keep_(std::move(keep)), end_(std::move(end)) {}
  void Read(Reader& reader) override { end_->Read(reader); }
  void Pause() override { end_->Pause(); }
  bool Send(Kind kind, std::string_view bytes) override { return end_->Send(kind, bytes); }
  void Close(uint16_t code, std::string_view reason) override { end_->Close(code, reason); }
  size_t buffered_bytes() const override { return end_->buffered_bytes(); }

 private:
  Keep keep_;  // destroyed after the end
  std::unique_ptr<http::MessageChannel> end_;
};

template <class Keep>
std::unique_ptr<http::BodySource> KeepWith(Keep keep, std::unique_ptr<http::BodySource> body) {
  return std::make_unique<KeepingBody<Keep>>(std::move(keep), std::move(body));
}

}  // namespace terrella::edge
