#include "http/h1/response_parser.h"

#include "http/h1/grammar.h"

namespace terrella::http::h1 {
namespace {

constexpr int kInterimsMax = 16;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

ResponseParser::ResponseParser(const ParserLimits& limits)
    : MessageReader(Framer::Kind::kResponse, limits) {}

Event ResponseParser::Next(std::string_view* input) {
  while (true) {
    Event event = MessageReader::Next(input);
    if (event == Event::kHead && status_ < 200 && status_ != 101) {
      if (status_ == 100) continued_ = true;
      if (++interims_ > kInterimsMax) {
        Refuse(502, "too many interim responses");
        return Event::kError;
      }
      skipping_interim_ = true;
    } else if (skipping_interim_ && event == Event::kEnd) {
      skipping_interim_ = false;
    } else {
      if (event == Event::kEnd) interims_ = 0;
      return event;
    }
  }
}

bool ResponseParser::OnFirstLine(std::string_view line) {
  reason_ = {};
  if (line.size() < 12 || line.substr(0, 5) != "HTTP/" || !IsDigit(line[5]) || line[6] != '.' ||
      !IsDigit(line[7]) || line[8] != ' ') {
    return Refuse(502, "bad status line");
  }
  if (line[5] != '1' || line[7] > '1') return Refuse(502, "HTTP version is not supported");
  minor_version_ = line[7] - '0';
  if (!IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11]) ||
      (line.size() > 12 && line[12] != ' ')) {
    return Refuse(502, "bad status code");
  }
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status_ < 100 || status_ > 599) return Refuse(502, "bad status code");
  if (status_ == 101 && !may_switch_) return Refuse(502, "unasked switch of protocols");
  if (line.size() > 13) {
    std::string_view reason = line.substr(13);
    if (!IsFieldValue(reason)) return Refuse(502, "bad character in the reason phrase");
    reason_ = SpanOf(reason);
  }
  return true;
}

bool ResponseParser::OnHeadEnd() {
  framing_.no_body = response_to_head_ || status_ < 200 || status_ == 204 || status_ == 304;
  framing_.until_close = !framing_.no_body && !framing_.chunked && !framing_.content_length;
  if (framing_.until_close) keep_alive_ = false;
  return true;
}

void ResponseParser::BuildHead(std::string_view head) {
  if (status_ < 200 && status_ != 101) return;
  head_.status = status_;
  head_.reason.assign(reason_.In(head));
  head_.headers = BuildHeaders(head);
}

}  // namespace terrella::http::h1
