// Text inside markup.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace terrella::cli {

// As the content of an element, or a value in double quotes, of HTML or SVG.
std::string EscapeMarkup(std::string_view text);

}  // namespace terrella::cli
