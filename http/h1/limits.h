// Limits of the HTTP/1.1 parsers: the same for requests and responses.
#pragma once

#include <cstddef>

namespace terrella::http::h1 {

struct ParserLimits {
  size_t target_bytes_max = 16 * 1024;   // beyond: 414
  size_t header_bytes_max = 128 * 1024;  // request line and fields together; beyond: 431
  size_t header_count_max = 256;         // beyond: 431
  size_t trailer_bytes_max = 8 * 1024;   // the trailer section of a chunked body; beyond: 431
};

}  // namespace terrella::http::h1
