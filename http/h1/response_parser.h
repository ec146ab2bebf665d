// ResponseParser: bytes of a connection in, responses out, as strict as RequestParser.
//
// Interim responses (1xx) are skipped; 101 is refused unless a switch was offered, and then the
// last.
//
// Thread: one.
#pragma once

#include <string_view>

#include "http/h1/message_reader.h"
#include "http/message/message.h"

namespace terrella::http::h1 {

class ResponseParser final : public MessageReader {
 public:
  explicit ResponseParser(const ParserLimits& limits = {});

  // Call before each response: one to HEAD has no body whatever its fields say (RFC 9112
  // section 6.3).
  void Expect(bool response_to_head, bool may_switch = false) {
    response_to_head_ = response_to_head;
    may_switch_ = may_switch;
    continued_ = false;
  }
  // A `100 Continue` has come (RFC 9110 section 15.2.1).
  bool continued() const { return continued_; }
  // After kHead: the bytes that follow belong to another protocol.
  bool switched() const { return status_ == 101; }
  // Hides MessageReader::Next, to skip interim responses.
  Event Next(std::string_view* input);
  // The peer has closed. True when that ends the response properly.
  bool FinishAtEof() const { return in_body() && framing().until_close; }
  ResponseHead TakeHead() { return std::move(head_); }

 private:
  bool OnFirstLine(std::string_view line) override;
  bool OnField(const FieldLine&) override { return true; }
  bool OnHeadEnd() override;
  void BuildHead(std::string_view head) override;

  ResponseHead head_;
  int status_ = 0;
  Span reason_;
  bool response_to_head_ = false;
  bool may_switch_ = false;
  bool continued_ = false;
  bool skipping_interim_ = false;
  int interims_ = 0;
};

}  // namespace terrella::http::h1
