#include "http/h2/request_builder.h"

#include <utility>

#include "http/h1/grammar.h"
#include "http/h2/server_session.h"

namespace terrella::http::h2 {

void RequestBuilder::Add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + 32;
  Headers& into = head_done_ ? trailers_ : head_.headers;
  if (bytes_ > (head_done_ ? limits_.trailer_bytes_max : limits_.header_bytes_max) ||
      into.size() >= limits_.header_count_max) {
    too_large_ = true;
    return;
  }
  if (head_done_) {
    trailers_.Append(name, value);
  } else if (name.front() == ':') {
    AddPseudo(name, value);
  } else if (name == "cookie") {
    AddCookie(value);
  } else {
    head_.headers.Append(name, value);
  }
}

void RequestBuilder::AddPseudo(std::string_view name, std::string_view value) {
  if (name == ":method") {
    head_.method.assign(value);
  } else if (name == ":path") {
    head_.target.assign(value);
  } else if (name == ":authority") {
    head_.host.assign(value);
  }
}

// RFC 9113 section 8.2.3: a cookie may come in crumbs.
void RequestBuilder::AddCookie(std::string_view value) {
  if (!cookie_.empty()) cookie_.append("; ");
  cookie_.append(value);
}

RequestError RequestBuilder::FinishHead(IncomingRequest* request) {
  head_done_ = true;
  bytes_ = 0;
  if (std::exchange(too_large_, false)) return {431, "head is too large"};
  if (!h1::IsKnownMethod(head_.method)) return {501, "method is not implemented"};
  if (RequestError error = JudgeTarget(); error.status != 0) return error;
  if (RequestError error = JudgeHost(); error.status != 0) return error;
  if (auto length = head_.headers.Find("content-length")) {
    request->length_bytes = h1::ParseContentLength(*length);
    if (!request->length_bytes) return {400, "bad content-length"};
  }
  if (auto expect = head_.headers.Find("expect")) {
    if (!EqualsIgnoreCase(*expect, "100-continue")) return {417, "unknown expectation"};
    request->expects_continue = true;
  }
  if (!cookie_.empty()) head_.headers.Append("cookie", cookie_);
  head_.major_version = 2;
  head_.minor_version = 0;
  request->head = std::move(head_);
  return {};
}

RequestError RequestBuilder::JudgeTarget() const {
  const std::string& target = head_.target;
  if (target.size() > limits_.target_bytes_max) return {414, "request target is too long"};
  if (target.empty() || !h1::IsTargetText(target)) return {400, "bad character in the target"};
  if (target == "*" && head_.method == "OPTIONS") return {};
  return target.front() == '/' ? RequestError{} : RequestError{400, "bad request target"};
}

// RFC 9113 section 8.3.1: :authority stands for Host, and both must agree.
RequestError RequestBuilder::JudgeHost() {
  if (head_.headers.Count("host") > 1) return {400, "more than one host"};
  const auto host = head_.headers.Find("host");
  if (head_.host.empty()) {
    if (!host) return {400, "no host"};
    head_.host.assign(*host);
  } else if (host && !EqualsIgnoreCase(*host, head_.host)) {
    return {400, "host differs from :authority"};
  }
  if (!h1::IsAuthority(head_.host)) return {400, "bad host"};
  if (!host) head_.headers.Append("host", head_.host);
  return {};
}

RequestError RequestBuilder::FinishTrailers() {
  bytes_ = 0;
  if (too_large_) return {431, "trailer section is too large"};
  for (const Headers::Field field : trailers_.fields()) {
    if (h1::IsConnectionField(field.name) || field.name == "host") {
      return {400, "framing field in the trailer section"};
    }
  }
  return {};
}

}  // namespace terrella::http::h2
