// Text as nghttp2 has it, for the two sides of a connection. Included by their sources alone.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string_view>

namespace terrella::http::h2 {

inline std::string_view ViewOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// nghttp2 copies both, and lowers the name's case as it does.
inline nghttp2_nv FieldOf(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

}  // namespace terrella::http::h2
