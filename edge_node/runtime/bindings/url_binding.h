// native.url: the URL parser for js/url.js.
//
// No URL lives in C++: a parsed URL crosses as an array of its href and the offsets of its parts
// (all ASCII, so bytes are code units), which the JavaScript class keeps.
#pragma once

#include <span>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {

// parse(input, base | undefined) -> parts | undefined
//     parts = [href, scheme_end, username_end, host_begin, host_end, path_begin, query_begin,
//              fragment_begin], -1 for no query or no fragment: the fields of UrlOffsets
// explain(input, base | undefined) -> what is wrong with it
// set(href, setter, value) -> parts; `setter` is an index into the list in url_binding.cc
// origin(href) -> string
// parseParams(query) -> [name, value, ...]
// serializeParams([name, value, ...]) -> string
std::span<const NativeFunction> UrlFunctions();

}  // namespace terrella::runtime
