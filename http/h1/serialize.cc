#include "http/h1/serialize.h"

#include <charconv>

#include "base/status.h"
#include "http/h1/grammar.h"

namespace terrella::http::h1 {
namespace {

void AppendNumber(uint64_t value, int base, std::string* out) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

absl::Status AppendFields(const Headers& headers, bool keep_length, std::string_view skip,
                          std::string* out) {
  for (const Headers::Field field : headers.fields()) {
    if (IsConnectionField(field.name) &&
        !(keep_length && EqualsIgnoreCase(field.name, "content-length") &&
          ParseContentLength(field.value))) {
      continue;
    }
    if (!skip.empty() && EqualsIgnoreCase(field.name, skip)) continue;
    if (!IsToken(field.name)) return InvalidArgument("'{}' is not a header name", field.name);
    if (!IsFieldValue(field.value)) {
      return InvalidArgument("header {} has a control character in its value", field.name);
    }
    out->append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return absl::OkStatus();
}

void AppendFraming(const SendFraming& framing, std::string* out) {
  switch (framing.kind) {
    case SendFraming::Kind::kContentLength:
      out->append("content-length: ");
      AppendNumber(framing.content_length, 10, out);
      out->append("\r\n");
      break;
    case SendFraming::Kind::kChunked:
      out->append("transfer-encoding: chunked\r\n");
      break;
    case SendFraming::Kind::kNone:
    case SendFraming::Kind::kUntilClose:
    case SendFraming::Kind::kAsGiven:
      break;
  }
  if (!framing.upgrade.empty()) out->append("upgrade: ").append(framing.upgrade).append("\r\n");
  if (!framing.connection.empty()) {
    out->append("connection: ").append(framing.connection).append("\r\n");
  }
}

absl::Status AppendResponseHead(const ResponseHead& head, const SendFraming& framing,
                                std::string_view date, std::string* out) {
  if (head.status < 200 || head.status > 599) {
    return InvalidArgument("status {} cannot be sent; expected 200 to 599", head.status);
  }
  if (!IsFieldValue(head.reason)) {
    return InvalidArgument("the reason phrase has a control character");
  }
  out->append("HTTP/1.1 ");
  AppendNumber(static_cast<uint64_t>(head.status), 10, out);
  out->append(" ");
  if (head.reason.empty()) {
    out->append(ReasonPhrase(head.status));
  } else {
    out->append(head.reason);
  }
  out->append("\r\n");
  RETURN_IF_ERROR(AppendFields(head.headers, framing.kind == SendFraming::Kind::kAsGiven, "", out));
  if (!date.empty() && !head.headers.Has("date")) out->append("date: ").append(date).append("\r\n");
  AppendFraming(framing, out);
  out->append("\r\n");
  return absl::OkStatus();
}

absl::Status AppendRequestHead(const RequestHead& head, const SendFraming& framing,
                               std::string* out) {
  if (!IsToken(head.method)) return InvalidArgument("'{}' is not a method", head.method);
  if (head.target.empty() || !IsTargetText(head.target) ||
      (head.target.front() != '/' && head.target != "*")) {
    return InvalidArgument("'{}' is not a request target", head.target);
  }
  std::string_view host = head.host;
  if (host.empty()) host = head.headers.Find("host").value_or("");
  if (!IsAuthority(host)) return InvalidArgument("'{}' is not a host", host);
  out->append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\nhost: ");
  out->append(host).append("\r\n");
  RETURN_IF_ERROR(AppendFields(head.headers, false, "host", out));
  AppendFraming(framing, out);
  out->append("\r\n");
  return absl::OkStatus();
}

}  // namespace

absl::Status SerializeResponseHead(const ResponseHead& head, const SendFraming& framing,
                                   std::string_view date, std::string* out) {
  size_t before = out->size();
  absl::Status status = AppendResponseHead(head, framing, date, out);
  if (!status.ok()) out->resize(before);
  return status;
}

absl::Status SerializeSwitch(const ResponseHead& head, std::string_view protocol,
                             std::string* out) {
  out->append("HTTP/1.1 101 Switching Protocols\r\n");
  RETURN_IF_ERROR(AppendFields(head.headers, false, "", out));
  AppendFraming({.connection = "Upgrade", .upgrade = protocol}, out);
  out->append("\r\n");
  return absl::OkStatus();
}

absl::Status SerializeRequestHead(const RequestHead& head, const SendFraming& framing,
                                  std::string* out) {
  size_t before = out->size();
  absl::Status status = AppendRequestHead(head, framing, out);
  if (!status.ok()) out->resize(before);
  return status;
}

void AppendChunkHeader(size_t size, std::string* out) {
  AppendNumber(size, 16, out);
  out->append("\r\n");
}

void AppendLastChunk(const Headers& trailers, std::string* out) {
  out->append("0\r\n");
  for (const Headers::Field field : trailers.fields()) {
    if (!MayBeTrailer(field.name) || !IsFieldValue(field.value)) continue;
    out->append(field.name).append(": ").append(field.value).append("\r\n");
  }
  out->append("\r\n");
}

}  // namespace terrella::http::h1
