// ExchangePeer: what an Exchange speaks through: an HTTP/1.1 connection, or one stream of an HTTP/2
// connection.
//
// Thread: the server's loop. Invariants: exchange and peer know of each other until the answer is
// complete or one of them goes; each call may end that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_stream.h"
#include "http/message/body.h"
#include "http/message/message.h"

namespace terrella::http {

class ExchangePeer {
 public:
  virtual std::unique_ptr<BodySource> TakeBody() = 0;
  virtual void Respond(ResponseHead head, std::string_view body) = 0;
  virtual void StartResponse(const ResponseHead& head, std::optional<uint64_t> length) = 0;
  // As BodySink.
  virtual bool WriteBody(std::string_view bytes) = 0;
  virtual void SetTrailers(Headers&& trailers) = 0;
  virtual void EndBody() = 0;
  virtual void AbortResponse() = 0;
  // Null when this connection cannot.
  virtual std::unique_ptr<ByteStream> SwitchProtocols(const ResponseHead& head,
                                                      std::string_view protocol,
                                                      std::string* unread) = 0;
  virtual void OnExchangeDestroyed() = 0;

 protected:
  ~ExchangePeer() = default;
};

}  // namespace terrella::http
