// Base64 (RFC 4648 section 4), written with padding and read forgivingly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace terrella::runtime {

std::string EncodeBase64(std::string_view bytes);
// Forgiving-base64 decode (Infra Standard, section 7): ASCII white space goes, padding is optional.
// Nothing for what is no base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace terrella::runtime
