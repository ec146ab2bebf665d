#include "http/client/h2_client.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "http/connection_body.h"
#include "http/turn_end.h"

namespace terrella::http {
namespace {

constexpr size_t kGatherBytesMax = 64 * 1024;

}  // namespace

// The connection. kNew --Send--> kConnecting --OnConnected--> kOpen; any --Fail--> kLost
class H2Client::Impl final : public ByteStream::Observer {
 public:
  Impl(EventLoop& loop, H2ClientOptions options)
      : loop_(loop),
        options_(std::move(options)),
        session_(options_.limits),
        turn_end_(loop, [this] { OnTurnEnd(); }),
        connect_deadline_(loop, [this] {
          Fail(DeadlineExceeded("{} did not accept within {:.0f} ms", options_.to.ToString(),
                                ToMs(options_.connect_deadline)));
        }) {}
  ~Impl() override { CHECK(calls_.empty()); }

  void Add(CallImpl& call);
  void Remove(CallImpl& call) { std::erase(calls_, &call); }
  // There is something to be said.
  void Schedule() { turn_end_.Schedule(); }
  EventLoop& loop() { return loop_; }
  // Why nothing can be asked for any more.
  const absl::Status& error() const { return error_; }
  h2::ClientSession& session() { return session_; }

  // ByteStream::Observer
  void OnRead(std::string_view bytes) override;
  void OnReadEof() override {
    Fail(Unavailable("{} closed the connection", options_.to.ToString()));
  }
  void OnWriteDrained() override { Schedule(); }
  void OnError(const absl::Status& status) override {
    Fail(Unavailable("connection to {} lost: {}", options_.to.ToString(), Message(status)));
  }

 private:
  enum class State { kNew, kConnecting, kOpen, kLost };

  void OnConnected(const absl::Status& status);
  void OnTurnEnd();
  void Fail(const absl::Status& status);

  EventLoop& loop_;
  const H2ClientOptions options_;
  State state_ = State::kNew;
  absl::Status error_;  // of kLost
  std::unique_ptr<TcpConnection> tcp_;
  h2::ClientSession session_;
  std::vector<CallImpl*> calls_;  // not over
  std::string output_;
  TurnEnd turn_end_;
  Timer connect_deadline_;
};

// A request on its way. Invariants: it is the connection's until the answer is whole or failed;
// what came of a body that is not being read is held, up to the stream's window.
class H2Client::CallImpl final : public Call,
                                 private h2::ResponseHandler,
                                 private ConnectionBody::Owner {
 public:
  CallImpl(Impl& client, const ClientRequest& request, ResponseObserver& observer)
      : client_(client),
        observer_(observer),
        limits_(request.limits),
        deadline_(client.loop(), [this] { OnDeadline(); }) {
    timings_.started = client.loop().Now();
  }
  ~CallImpl() override {
    *alive_ = false;
    Leave();
    GiveBack(std::exchange(held_, {}).size());
    if (body_ != nullptr) std::exchange(body_, nullptr)->Fail(Cancelled("the call was cancelled"));
  }
  const CallTimings& timings() const override { return timings_; }

  void Start(const RequestHead& head) {
    if (!client_.error().ok()) return FailLater(client_.error());
    const absl::StatusOr<int32_t> stream = client_.session().Request(head, *this);
    if (!stream.ok()) return FailLater(stream.status());
    stream_ = *stream;
    on_its_way_ = true;
    client_.Add(*this);
    deadline_.Start(limits_.head_deadline);
  }
  // Not from within Send.
  void FailLater(const absl::Status& status) {
    early_error_ = status;
    deadline_.Start(Duration(0));
  }
  void OnConnected() { timings_.connected = client_.loop().Now(); }
  void OnSent() {
    if (!timings_.request_sent) timings_.request_sent = client_.loop().Now();
  }
  // `this` may be gone afterwards.
  void Fail(const absl::Status& status) {
    Leave();
    if (!head_delivered_) {
      observer_.OnError(status);
    } else if (ConnectionBody* body = std::exchange(body_, nullptr)) {
      body->Fail(status);
    }
  }

 private:
  // No more is heard of the stream.
  void Leave() {
    deadline_.Stop();
    if (!std::exchange(on_its_way_, false)) return;
    client_.session().Cancel(stream_);
    client_.Remove(*this);
    client_.Schedule();
  }
  void GiveBack(size_t bytes) {
    if (bytes == 0) return;
    client_.session().Consume(stream_, bytes);
    client_.Schedule();
  }
  void OnDeadline() {
    if (!early_error_.ok()) return Fail(early_error_);
    Fail(head_delivered_
             ? DeadlineExceeded("the response body stopped for {:.0f} ms", ToMs(limits_.body_idle))
             : DeadlineExceeded("no response within {:.0f} ms", ToMs(limits_.head_deadline)));
  }

  // h2::ResponseHandler
  void OnHead(ResponseHead head) override {
    timings_.first_byte = client_.loop().Now();
    head_delivered_ = true;
    deadline_.Stop();
    auto body =
        std::make_unique<ConnectionBody>(static_cast<ConnectionBody::Owner&>(*this), std::nullopt);
    body_ = body.get();
    observer_.OnResponse(std::move(head), std::move(body));
  }
  void OnData(std::string_view bytes) override {
    timings_.bytes_received += bytes.size();
    held_.append(bytes);
    Deliver();
  }
  void OnEnd(Headers&& trailers) override {
    trailers_ = std::move(trailers);
    ended_ = true;
    on_its_way_ = false;
    client_.Remove(*this);
    Deliver();
  }
  void OnFailed(const absl::Status& status) override {
    on_its_way_ = false;
    client_.Remove(*this);
    Fail(status);
  }

  // ConnectionBody::Owner
  void OnBodyReading() override { Deliver(); }
  void OnBodyPaused() override { deadline_.Stop(); }
  void OnBodyDestroyed() override {
    body_ = nullptr;
    Leave();
    GiveBack(std::exchange(held_, {}).size());
  }

  // Hands on what is held. `this` may be gone afterwards.
  void Deliver() {
    if (std::exchange(delivering_, true)) return;
    const std::shared_ptr<bool> alive = alive_;
    while (body_ != nullptr && body_->reading() && !held_.empty()) {
      const std::string bytes = std::exchange(held_, {});
      GiveBack(bytes.size());
      body_->Deliver(bytes);
      if (!*alive) return;
    }
    delivering_ = false;
    if (body_ == nullptr || !body_->reading()) return;
    if (!ended_) return deadline_.Start(limits_.body_idle);
    deadline_.Stop();
    if (!trailers_.empty()) body_->Trailers(std::exchange(trailers_, {}));
    if (!*alive || body_ == nullptr) return;
    std::exchange(body_, nullptr)->End();
  }

  Impl& client_;
  ResponseObserver& observer_;
  const ClientLimits limits_;
  CallTimings timings_;
  int32_t stream_ = 0;
  bool on_its_way_ = false;  // the connection and the session know of it
  ConnectionBody* body_ = nullptr;
  std::string held_;
  Headers trailers_;
  absl::Status early_error_;
  bool head_delivered_ = false, ended_ = false, delivering_ = false;
  Timer deadline_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void H2Client::Impl::Add(CallImpl& call) {
  calls_.push_back(&call);
  if (state_ == State::kOpen) return Schedule();
  if (state_ == State::kConnecting) return;
  state_ = State::kConnecting;
  const auto& from = options_.from;
  tcp_ = TcpConnection::Connect(loop_, options_.to, from ? &*from : nullptr,
                                [this](const absl::Status& status) { OnConnected(status); });
  connect_deadline_.Start(options_.connect_deadline);
}

void H2Client::Impl::OnConnected(const absl::Status& status) {
  connect_deadline_.Stop();
  if (!status.ok()) {
    return Fail(Unavailable("cannot connect to {}: {}", options_.to.ToString(), Message(status)));
  }
  state_ = State::kOpen;
  for (CallImpl* call : calls_) call->OnConnected();
  tcp_->set_observer(this);
  tcp_->StartReading();
  output_ = options_.prefix_bytes;
  OnTurnEnd();
}

void H2Client::Impl::OnTurnEnd() {
  if (state_ != State::kOpen) return;
  // What the peer does not take yet waits for OnWriteDrained.
  while (tcp_->write_queue_bytes() < kGatherBytesMax) {
    const bool more = session_.Produce(&output_, kGatherBytesMax);
    if (output_.empty()) break;
    tcp_->Write(output_);
    output_.clear();
    if (!more) break;
  }
  for (CallImpl* call : calls_) call->OnSent();
  if (!session_.finished()) return;
  // Who leaves in order has answered what was asked.
  Fail(calls_.empty() ? Unavailable("{} has left", options_.to.ToString())
                      : DataLoss("malformed HTTP/2 from {}", options_.to.ToString()));
}

void H2Client::Impl::OnRead(std::string_view bytes) {
  if (state_ != State::kOpen) return;
  if (absl::Status status = session_.Receive(bytes); !status.ok()) return Fail(status);
  if (session_.wants_write()) Schedule();
}

void H2Client::Impl::Fail(const absl::Status& status) {
  if (state_ == State::kLost) return;
  state_ = State::kLost;
  error_ = status;
  connect_deadline_.Stop();
  tcp_.reset();
  // What is told to one may cancel others.
  while (!calls_.empty()) calls_.back()->Fail(error_);
}

H2Client::H2Client(EventLoop& loop, H2ClientOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
H2Client::~H2Client() = default;

bool H2Client::takes_requests() const {
  return impl_->error().ok() && impl_->session().takes_requests();
}

std::unique_ptr<Call> H2Client::Send(ClientRequest request, ResponseObserver& observer) {
  auto call = std::make_unique<CallImpl>(*impl_, request, observer);
  if (request.body != nullptr) {
    call->FailLater(InvalidArgument("expected a request without a body over HTTP/2"));
  } else {
    call->Start(request.head);
  }
  return call;
}

}  // namespace terrella::http
