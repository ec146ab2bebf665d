#include "http/tls/stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/ip_address.h"
#include "base/status.h"

namespace terrella::http {
namespace {

// One record's plain bytes.
constexpr size_t kRecordBytesMax = 16 * 1024;

std::array<char, kRecordBytesMax>& PlainBuffer() {
  thread_local std::array<char, kRecordBytesMax> buffer;
  return buffer;
}

}  // namespace

// How OpenSSL reads and writes: out of what was received, into what is to be handed down.
struct TlsStream::Bio {
  static TlsStream& Of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* out, int size) {
    TlsStream& self = Of(bio);
    BIO_clear_retry_flags(bio);
    std::string_view& from = self.fresh_;
    if (from.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t taken = std::min(from.size(), static_cast<size_t>(size));
    std::memcpy(out, from.data(), taken);
    from.remove_prefix(taken);
    return static_cast<int>(taken);
  }
  static int Write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    Of(bio).output_.append(bytes, static_cast<size_t>(size));
    return size;
  }
  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO* New(TlsStream& stream) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
      CHECK(out != nullptr);
      BIO_meth_set_read(out, Read);
      BIO_meth_set_write(out, Write);
      BIO_meth_set_ctrl(out, Control);
      return out;
    }();
    BIO* bio = BIO_new(method);
    CHECK(bio != nullptr);
    BIO_set_data(bio, &stream);
    BIO_set_init(bio, 1);
    return bio;
  }
};

TlsStream::TlsStream(EventLoop& loop, std::unique_ptr<ByteStream> below, SSL* ssl,
                     std::shared_ptr<const void> context, bool is_client, Done done)
    : loop_(loop),
      below_(std::move(below)),
      context_(std::move(context)),
      ssl_(ssl),
      is_client_(is_client),
      done_(std::move(done)),
      alive_(std::make_shared<bool>(true)) {
  BIO* bio = Bio::New(*this);
  SSL_set_bio(ssl_, bio, bio);
  below_->set_observer(this);
}

TlsStream::~TlsStream() {
  *alive_ = false;
  SSL_free(ssl_);
}

std::unique_ptr<TlsStream> TlsStream::Accept(EventLoop& loop, std::unique_ptr<ByteStream> below,
                                             std::shared_ptr<const ServerTls> tls, Done done) {
  SSL* ssl = SSL_new(tls->context());
  CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl);
  return std::unique_ptr<TlsStream>(
      new TlsStream(loop, std::move(below), ssl, std::move(tls), false, std::move(done)));
}

std::unique_ptr<TlsStream> TlsStream::Connect(EventLoop& loop, std::unique_ptr<ByteStream> below,
                                              std::shared_ptr<const ClientTls> tls,
                                              const std::string& host, Done done) {
  SSL* ssl = SSL_new(tls->context());
  CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl);
  if (IpAddress::Parse(host).ok()) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
  }
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_set_alpn_protos(ssl, kProtocols, sizeof kProtocols - 1);
  return std::unique_ptr<TlsStream>(
      new TlsStream(loop, std::move(below), ssl, std::move(tls), true, std::move(done)));
}

std::string_view TlsStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsStream::version() const {
  return SSL_get_version(ssl_);
}

std::string TlsStream::cipher() const {
  const char* name = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_));
  return name == nullptr ? "" : name;
}

bool TlsStream::resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

void TlsStream::Start(std::string_view fresh) {
  OnRead(fresh);
}

void TlsStream::OnRead(std::string_view bytes) {
  std::string before = std::exchange(held_, {});
  fresh_ = bytes;
  if (!before.empty()) fresh_ = before.append(bytes);
  if (!Advance()) return;
  held_.assign(fresh_);
  fresh_ = {};
  UpdateReading();
}

bool TlsStream::Advance() {
  if (advancing_) return true;
  advancing_ = true;
  if (state_ == State::kHandshake && !Handshake()) return false;
  if (state_ == State::kOpen && !ReadPlain()) return false;
  advancing_ = false;
  return true;
}

bool TlsStream::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ) {
    Flush();
    return true;
  }
  if (error != SSL_ERROR_NONE) {
    const absl::Status failure = LastFailure("TLS handshake");
    Flush();  // the alert
    return Fail(failure);
  }
  Flush();
  state_ = State::kOpen;
  const std::shared_ptr<bool> alive = alive_;
  std::exchange(done_, nullptr)(absl::OkStatus());
  return *alive && state_ == State::kOpen;
}

bool TlsStream::ReadPlain() {
  auto& buffer = PlainBuffer();
  const std::shared_ptr<bool> alive = alive_;
  while (reading_ && !peer_ended_) {
    ERR_clear_error();
    size_t size = 0;
    if (SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size) == 1) {
      observer_->OnRead({buffer.data(), size});
      if (!*alive || state_ != State::kOpen) return false;
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    if (error == SSL_ERROR_WANT_READ) break;
    if (error != SSL_ERROR_ZERO_RETURN) {
      const absl::Status failure = LastFailure("TLS");
      Flush();
      return Fail(failure);
    }
    peer_ended_ = true;
  }
  if (!output_.empty()) Flush();  // answers to what TLS itself asked
  if (reading_ && peer_ended_ && !told_end_) {
    told_end_ = true;
    reading_ = false;
    observer_->OnReadEof();
    return *alive && state_ == State::kOpen;
  }
  return true;
}

void TlsStream::OnReadEof() {
  if (state_ == State::kHandshake) {
    Fail(Unavailable("the connection was closed in the middle of the TLS handshake"));
    return;
  }
  if (state_ != State::kOpen || peer_ended_) return;
  if (is_client_) {
    Fail(DataLoss("the connection was closed without TLS's close_notify"));
    return;
  }
  peer_ended_ = true;
  if (reading_) Advance();
}

absl::Status TlsStream::LastFailure(std::string_view what) {
  const long verdict = SSL_get_verify_result(ssl_);
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (is_client_ && verdict != X509_V_OK) {
    return Unavailable("the server's certificate is not accepted: {}",
                       X509_verify_cert_error_string(verdict));
  }
  const char* reason = ERR_reason_error_string(code);
  return Unavailable("{}: {}", what, reason == nullptr ? "failed" : reason);
}

bool TlsStream::Fail(const absl::Status& status) {
  if (state_ == State::kBroken) return false;
  state_ = State::kBroken;
  below_->PauseReading();
  if (done_) {
    std::exchange(done_, nullptr)(status);
  } else if (observer_ != nullptr) {
    std::exchange(observer_, nullptr)->OnError(status);
  }
  return false;
}

void TlsStream::OnError(const absl::Status& status) {
  Fail(status);
}

void TlsStream::OnWriteDrained() {
  if (state_ == State::kOpen && observer_ != nullptr) observer_->OnWriteDrained();
}

void TlsStream::Flush() {
  if (output_.empty()) return;
  below_->Write(output_);
  output_.clear();
  if (output_.capacity() > kRecordBytesMax) output_.shrink_to_fit();
}

void TlsStream::Write(std::string_view first, std::string_view second) {
  if (state_ != State::kOpen) return;
  std::string joined;
  if (!second.empty() && first.size() + second.size() <= kRecordBytesMax) {
    first = joined.append(first).append(second);  // one record
    second = {};
  }
  for (std::string_view part : {first, second}) {
    size_t written = 0;
    ERR_clear_error();
    if (!part.empty() && SSL_write_ex(ssl_, part.data(), part.size(), &written) != 1) {
      // The stream below takes everything, so this is no lack of room.
      state_ = State::kBroken;
      loop_.Defer([this, alive = alive_] {
        if (*alive && observer_ != nullptr) {
          std::exchange(observer_, nullptr)->OnError(Unavailable("TLS: cannot write"));
        }
      });
      return;
    }
  }
  Flush();
}

void TlsStream::ShutdownWrite() {
  if (state_ != State::kOpen) return;
  SSL_shutdown(ssl_);
  Flush();
  below_->ShutdownWrite();
}

void TlsStream::Linger() {
  if (state_ == State::kOpen) {
    SSL_shutdown(ssl_);
    Flush();
  }
  state_ = State::kBroken;
  below_->Linger();
}

void TlsStream::Break() {
  state_ = State::kBroken;
  below_->Break();
}

void TlsStream::StartReading() {
  reading_ = true;
  if (advancing_) return;
  const bool waiting = !held_.empty() || SSL_pending(ssl_) > 0 || (peer_ended_ && !told_end_);
  if (waiting && !std::exchange(deferred_, true)) {
    loop_.Defer([this, alive = alive_] {
      if (!*alive) return;
      deferred_ = false;
      if (state_ == State::kOpen && reading_) OnRead({});
    });
  }
  UpdateReading();
}

void TlsStream::PauseReading() {
  reading_ = false;
  if (!advancing_) UpdateReading();
}

// The handshake reads by itself; later, as long as somebody wants more than there is.
void TlsStream::UpdateReading() {
  if (state_ == State::kBroken) return;
  const bool want = state_ == State::kHandshake || (reading_ && held_.empty() && !peer_ended_);
  if (want == below_->reading()) return;
  if (want) {
    below_->StartReading();
  } else {
    below_->PauseReading();
  }
}

}  // namespace terrella::http
