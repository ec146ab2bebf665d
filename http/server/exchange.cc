#include "http/server/exchange.h"

#include "base/check.h"
#include "base/status.h"
#include "http/connection_body.h"
#include "http/server/exchange_peer.h"

namespace terrella::http {

bool Exchange::Sink::Write(std::string_view bytes) {
  // Bytes nobody will see are taken and lost; the closed callback has told the handler.
  return exchange_.peer_ == nullptr || exchange_.peer_->WriteBody(bytes);
}

void Exchange::Sink::SetTrailers(Headers&& trailers) {
  if (exchange_.peer_ != nullptr) exchange_.peer_->SetTrailers(std::move(trailers));
}

void Exchange::Sink::End() {
  if (exchange_.peer_ != nullptr) exchange_.peer_->EndBody();
}

void Exchange::Sink::Abort(const absl::Status&) {
  if (exchange_.peer_ != nullptr) exchange_.peer_->AbortResponse();
}

void Exchange::Sink::Drained() {
  if (auto drained = drained_)
    drained();  // a copy: it may be replaced or destroyed by what it does
}

Exchange::Exchange() = default;

Exchange::~Exchange() {
  if (peer_ != nullptr) peer_->OnExchangeDestroyed();
}

std::unique_ptr<BodySource> Exchange::TakeBody() {
  if (!has_body_) return MakeStringBody("");
  if (peer_ == nullptr) {
    return std::make_unique<ConnectionBody>(Cancelled("the request is over"));
  }
  return peer_->TakeBody();
}

void Exchange::Respond(ResponseHead head, std::string_view body) {
  if (peer_ != nullptr) peer_->Respond(std::move(head), body);
}

BodySink& Exchange::StartResponse(ResponseHead head, std::optional<uint64_t> length) {
  CHECK(sink_ == nullptr);
  sink_ = std::make_unique<Sink>(*this);
  if (peer_ != nullptr) peer_->StartResponse(head, length);
  return *sink_;
}

std::unique_ptr<ByteStream> Exchange::SwitchProtocols(const ResponseHead& head,
                                                      std::string_view protocol,
                                                      std::string* unread) {
  return peer_ == nullptr ? nullptr : peer_->SwitchProtocols(head, protocol, unread);
}

}  // namespace terrella::http
