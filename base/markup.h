// Text inside markup.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace terrella {

// As the content of an element, or a value in double quotes, of HTML, SVG or XML.
std::string EscapeMarkup(std::string_view text);

}  // namespace terrella
