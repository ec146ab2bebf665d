// RequestParser: bytes of a connection in, requests out, with a refusal policy stricter than the
// standard.
//
// Whatever two parsers in a chain might read differently is refused, so that no request can be
// smuggled past a neighbour: bare line feeds, folded headers, any repeated or odd Content-Length,
// any Transfer-Encoding but `chunked`, chunk extensions, framing fields in trailers, doubtful
// targets and hosts. The table in refusal_test.cc lists every rule with its section.
//
// Thread: one.
#pragma once

#include <string_view>

#include "http/h1/message_reader.h"
#include "http/message/message.h"

namespace terrella::http::h1 {

class RequestParser final : public MessageReader {
 public:
  explicit RequestParser(const ParserLimits& limits = {});

  // After kHead, once.
  RequestHead TakeHead() { return std::move(head_); }
  // The client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
  bool expects_continue() const { return expects_continue_; }
  // The method is HEAD; known also when the head is refused later.
  bool has_body() const { return framing().chunked || framing().content_length.value_or(0) > 0; }

 private:
  bool OnFirstLine(std::string_view line) override;
  bool OnField(const FieldLine& field) override;
  bool OnHeadEnd() override;
  void BuildHead(std::string_view head) override;
  bool TakeTarget(std::string_view method, std::string_view target);
  bool TakeAbsoluteTarget(std::string_view method, std::string_view target, size_t authority_begin);

  RequestHead head_;
  Span method_, target_, authority_, host_;
  const char* whole_target_ = nullptr;  // "/" or "*" when an absolute target has no path
  size_t hosts_ = 0;
  bool expects_continue_ = false;
};

}  // namespace terrella::http::h1
