// RequestBuilder: the fields of one HTTP/2 request, gathered and judged (RFC 9113 section 8.3).
//
// nghttp2 has seen to the form of fields, the order of pseudo-fields and what must not be there;
// this adds the same policy that HTTP/1.1 requests meet, so that a handler sees no difference.
//
// Thread: one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/h2/limits.h"
#include "http/message/message.h"

namespace terrella::http::h2 {

struct IncomingRequest;

struct RequestError {
  int status = 0;  // 0: none
  const char* reason = "";
};

class RequestBuilder {
 public:
  explicit RequestBuilder(const Limits& limits) : limits_(limits) {}

  // A field of the head, or after FinishHead of the trailer section. Beyond the limits nothing is
  // kept.
  void Add(std::string_view name, std::string_view value);
  // Fills in head, length and expectation.
  RequestError FinishHead(IncomingRequest* request);
  RequestError FinishTrailers();
  Headers TakeTrailers() { return std::move(trailers_); }

 private:
  void AddPseudo(std::string_view name, std::string_view value);
  void AddCookie(std::string_view value);
  RequestError JudgeTarget() const;
  RequestError JudgeHost();

  const Limits& limits_;
  RequestHead head_;
  std::string cookie_;
  Headers trailers_;
  size_t bytes_ = 0;
  bool head_done_ = false;
  bool too_large_ = false;
};

}  // namespace terrella::http::h2
