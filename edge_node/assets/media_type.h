// Media types of files by their extension, as registered with IANA.
//
// Thread: any; pure functions.
#pragma once

#include <string_view>

namespace terrella::edge {

// What Content-Type says of a file: "text/html; charset=utf-8"; "application/octet-stream" for an
// extension nobody registered. Extensions compare without case.
std::string_view MediaTypeOf(std::string_view path);

}  // namespace terrella::edge
