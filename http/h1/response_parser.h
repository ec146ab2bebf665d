// ResponseParser: bytes of a connection in, responses out, as strict as RequestParser.
//
// Interim responses (1xx) are skipped; 101 is refused, since we never offer to switch protocols.
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
  void Expect(bool response_to_head) { response_to_head_ = response_to_head; }
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
  bool skipping_interim_ = false;
  int interims_ = 0;
};

}  // namespace terrella::http::h1
