// TlsStream: a ByteStream of plain bytes over one of encrypted bytes.
//
//   kHandshake --done--> kOpen --close_notify, or ours--> kOpen, half closed
//   any --failure--> kBroken
//
// The handshake runs by itself from the first bytes on; `done` hears how it ended, after which the
// stream is used like any other. A peer's end without close_notify is an end for a server and an
// error for a client, which may not take a cut-off message for a whole one (RFC 9112 section 9.8).
//
// Thread: the loop's. Owns: the stream below. Invariants: what was received and not asked for yet
// is at most one read of the stream below, which is paused meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_stream.h"
#include "base/event_loop.h"
#include "http/tls/context.h"

typedef struct ssl_st SSL;

namespace terrella::http {

class TlsStream final : public ByteStream, private ByteStream::Observer {
 public:
  using Done = std::function<void(absl::Status)>;

  // `done` may destroy the stream.
  static std::unique_ptr<TlsStream> Accept(EventLoop& loop, std::unique_ptr<ByteStream> below,
                                           std::shared_ptr<const ServerTls> tls, Done done);
  // `host`: the name or address that the certificate must be for; as in URLs, without brackets.
  static std::unique_ptr<TlsStream> Connect(EventLoop& loop, std::unique_ptr<ByteStream> below,
                                            std::shared_ptr<const ClientTls> tls,
                                            const std::string& host, Done done);
  ~TlsStream() override;

  // Begins the handshake; `fresh` was received already.
  void Start(std::string_view fresh);

  // After the handshake.
  std::string_view protocol() const;  // by ALPN; "" when there was none
  std::string version() const;        // "TLSv1.3"
  std::string cipher() const;         // as RFCs name it
  bool resumed() const;

  // ByteStream
  void set_observer(ByteStream::Observer* observer) override { observer_ = observer; }
  void StartReading() override;
  void PauseReading() override;
  bool reading() const override { return reading_; }
  void Write(std::string_view first, std::string_view second) override;
  size_t write_queue_bytes() const override { return below_->write_queue_bytes(); }
  void ShutdownWrite() override;
  void Linger() override;
  void Break() override;

 private:
  enum class State { kHandshake, kOpen, kBroken };
  struct Bio;

  TlsStream(EventLoop& loop, std::unique_ptr<ByteStream> below, SSL* ssl,
            std::shared_ptr<const void> context, bool is_client, Done done);

  void OnRead(std::string_view bytes) override;
  void OnReadEof() override;
  void OnWriteDrained() override;
  void OnError(const absl::Status& status) override;

  // Each returns false when `this` is gone or of no use any more.
  bool Advance();
  bool Handshake();
  bool ReadPlain();
  bool Fail(const absl::Status& status);
  void Flush();
  void UpdateReading();
  absl::Status LastFailure(std::string_view what);

  EventLoop& loop_;
  std::unique_ptr<ByteStream> below_;
  const std::shared_ptr<const void> context_;  // the SSL refers to it
  SSL* ssl_;
  const bool is_client_;
  Done done_;
  ByteStream::Observer* observer_ = nullptr;
  State state_ = State::kHandshake;
  bool reading_ = false;
  bool peer_ended_ = false;  // close_notify, or the end below
  bool told_end_ = false;
  bool advancing_ = false;
  bool deferred_ = false;
  std::string_view fresh_;  // received in this call, not decrypted
  std::string held_;        // the same from earlier calls
  std::string output_;      // encrypted, not handed down
  std::shared_ptr<bool> alive_;
};

}  // namespace terrella::http
