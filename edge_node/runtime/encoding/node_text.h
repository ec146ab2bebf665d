// NodeText: strings and bytes as Node.js's Buffer converts them.
//
// Its encodings are older than the Encoding Standard and forgive more: base64 takes both alphabets
// and skips what belongs to neither, hexadecimal stops at what is no digit, latin1 and ascii cut
// units off. Text goes in and out as UTF-16, the form JavaScript's strings have; UTF-8 is
// encoding/utf8.h's business.
//
// Thread: any; pure functions. Source: the documentation of Node.js 20, "Buffers and character
// encodings".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrella::runtime {

enum class NodeEncoding : uint8_t { kUtf8, kUcs2, kLatin1, kAscii, kHex, kBase64, kBase64Url };

// Bytes of hexadecimal or base64 text, which is Latin-1: units of JavaScript beyond it count as
// malformed. At most `bytes_max` of them.
std::string DecodeNodeHex(std::string_view text, size_t bytes_max = SIZE_MAX);
std::string DecodeNodeBase64(std::string_view text, size_t bytes_max = SIZE_MAX);

// How many bytes Buffer.byteLength() says such a text has, from its units alone.
size_t NodeHexLength(size_t units);
size_t NodeBase64Length(std::string_view text);

// Where `needle` stands in `bytes`, at or behind `from` (forward) or at or before it; -1 when it
// does not. With step 2 only even offsets count, as for text of two-byte units.
int64_t FindBytes(std::string_view bytes, std::string_view needle, int64_t from, bool forward,
                  int step);

}  // namespace terrella::runtime
