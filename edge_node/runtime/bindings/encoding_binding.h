// native.encoding: text to bytes and back, for js/encoding.js and for bodies.
//
// A decoder that is in the middle of a stream is a C++ object; JavaScript holds it as an
// ArrayBuffer whose bytes are that object and whose release destroys it (on whatever thread the
// collector frees memory), so it needs no weak handle. Such a buffer is never given to a worker.
#pragma once

#include <span>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {

// encodeUtf8(string) -> Uint8Array
// encodeInto(string, Uint8Array) -> [code units read, bytes written]
// toWellFormed(string) -> the string with lone surrogates replaced (USVString of Web IDL)
// label(string) -> the encoding's name, or undefined; "replacement" counts as unknown
// decodeUtf8(bytes, ignoreBOM = false) -> string
// decode(bytes | undefined, name, fatal, ignoreBOM) -> string, or null when malformed and fatal
// openDecoder(name, fatal, ignoreBOM) -> decoder
// decodePiece(decoder, bytes | undefined, stream) -> string, or null when malformed and fatal
//     The last three and decodeUtf8 give undefined when `bytes` is neither a buffer nor a view.
std::span<const NativeFunction> EncodingFunctions();

}  // namespace terrella::runtime
