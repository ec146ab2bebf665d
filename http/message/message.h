// RequestHead and ResponseHead: what stands before the body of an HTTP message.
#pragma once

#include <string>

#include "http/message/headers.h"

namespace terrella::http {

struct RequestHead {
  std::string method;  // "GET", as sent
  std::string target;  // origin-form "/path?query", or "*" for OPTIONS, as sent
  std::string host;    // the validated Host field (or the authority of an absolute-form target)
  int major_version = 1;
  int minor_version = 1;  // HTTP/1.x; 0 in HTTP/2
  Headers headers;        // without Host-less framing surprises: framing fields are still in it
};

struct ResponseHead {
  int status = 200;
  std::string reason;  // empty: the standard phrase of the status
  Headers headers;     // the sender adds framing fields (content-length, transfer-encoding) itself
};

// The standard reason phrase (RFC 9110 section 15), "" when there is none.
const char* ReasonPhrase(int status);

}  // namespace terrella::http
