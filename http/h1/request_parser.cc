#include "http/h1/request_parser.h"

#include "http/h1/grammar.h"

namespace terrella::http::h1 {
namespace {

constexpr size_t kMethodBytesMax = 32;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

RequestParser::RequestParser(const ParserLimits& limits)
    : MessageReader(Framer::Kind::kRequest, limits) {
  first_line_bytes_max_ = limits.target_bytes_max + kMethodBytesMax + sizeof "  HTTP/1.1\r\n";
  first_line_too_long_status_ = 414;
}

bool RequestParser::OnFirstLine(std::string_view line) {
  method_ = target_ = authority_ = host_ = {};
  whole_target_ = nullptr;
  hosts_ = 0;
  expects_continue_ = false;

  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  if (first == std::string_view::npos) return Refuse(400, "bad request line");
  std::string_view method = line.substr(0, first);
  if (!IsToken(method)) return Refuse(400, "bad character in the method");
  if (first == last) return Refuse(400, "no HTTP version in the request line");
  std::string_view target = line.substr(first + 1, last - first - 1);
  std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !IsDigit(version[5]) ||
      version[6] != '.' || !IsDigit(version[7])) {
    return Refuse(400, "bad HTTP version");
  }
  if (target.size() > limits_.target_bytes_max) return Refuse(414, "request target is too long");
  if (target.empty() || !IsTargetText(target)) return Refuse(400, "bad character in the target");
  if (version[5] != '1' || version[7] > '1') return Refuse(505, "HTTP version is not supported");
  minor_version_ = version[7] - '0';
  if (!IsKnownMethod(method)) return Refuse(501, "method is not implemented");
  method_ = SpanOf(method);
  return TakeTarget(method, target);
}

bool RequestParser::TakeTarget(std::string_view method, std::string_view target) {
  if (target.front() == '/') {
    target_ = SpanOf(target);
    return true;
  }
  if (target == "*") {
    target_ = SpanOf(target);
    return method == "OPTIONS" || Refuse(400, "target * is for OPTIONS only");
  }
  if (target.size() > 7 && EqualsIgnoreCase(target.substr(0, 7), "http://")) {
    return TakeAbsoluteTarget(method, target, 7);
  }
  if (target.size() > 8 && EqualsIgnoreCase(target.substr(0, 8), "https://")) {
    return TakeAbsoluteTarget(method, target, 8);
  }
  return Refuse(400, "bad request target");
}

// RFC 9112 section 3.2.2: the authority of an absolute target replaces the Host field.
bool RequestParser::TakeAbsoluteTarget(std::string_view method, std::string_view target,
                                       size_t authority_begin) {
  size_t path = target.find_first_of("/?", authority_begin);
  std::string_view authority = target.substr(authority_begin, path - authority_begin);
  if (!IsAuthority(authority)) return Refuse(400, "bad authority in the target");
  authority_ = SpanOf(authority);
  if (path == std::string_view::npos) {
    whole_target_ = method == "OPTIONS" ? "*" : "/";
  } else if (target[path] == '?') {
    return Refuse(400, "absolute target with a query and no path");
  } else {
    target_ = SpanOf(target.substr(path));
  }
  return true;
}

bool RequestParser::OnField(const FieldLine& field) {
  if (field.name.size() == 4 && EqualsIgnoreCase(field.name, "host")) {
    if (++hosts_ > 1) return Refuse(400, "more than one host");
    if (!IsAuthority(field.value)) return Refuse(400, "bad host");
    host_ = SpanOf(field.value);
  } else if (field.name.size() == 6 && EqualsIgnoreCase(field.name, "expect")) {
    if (!EqualsIgnoreCase(field.value, "100-continue")) {
      return Refuse(417, "unknown expectation");
    }
    expects_continue_ = minor_version_ >= 1;
  }
  return true;
}

bool RequestParser::OnHeadEnd() {
  if (hosts_ == 0 && minor_version_ >= 1) return Refuse(400, "no host");
  if (!has_body()) expects_continue_ = false;
  return true;
}

void RequestParser::BuildHead(std::string_view head) {
  head_.method.assign(method_.In(head));
  if (whole_target_ != nullptr) {
    head_.target = whole_target_;
  } else {
    head_.target.assign(target_.In(head));
  }
  head_.minor_version = minor_version_;
  head_.headers = BuildHeaders(head);
  head_.host.assign(authority_.size > 0 ? authority_.In(head) : host_.In(head));
  if (authority_.size > 0) head_.headers.Set("Host", head_.host);
}

}  // namespace terrella::http::h1
