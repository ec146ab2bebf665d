// What the tree builder would know of a tag, as far as a rewriter needs it: which elements have no
// content, how text inside an element is read, and in which namespace an element is.
//
// Leaves out: implied end tags. A <li> that follows an unclosed <li> is its child here, as its
// bytes say; both end with the list.
#pragma once

#include <string_view>

#include "edge_node/runtime/html/tokenizer.h"

namespace terrella::runtime {

enum class HtmlNamespace { kHtml, kSvg, kMathMl };
std::string_view HtmlNamespaceUri(HtmlNamespace ns);

// HTML Standard section 13.1.2. Names in lower case here and below.
bool IsVoidElement(std::string_view tag);

// How the content of an HTML element is read (section 13.2.6.4); kData for most.
HtmlTextMode TextModeOf(std::string_view tag);

// Where the children of `tag` are, an element of `ns` itself (section 13.2.6, integration points).
HtmlNamespace NamespaceOfContent(HtmlNamespace ns, std::string_view tag);

// Which namespace a start tag puts its element in, inside content of `content`.
HtmlNamespace NamespaceOfElement(HtmlNamespace content, std::string_view tag);

// Whether a start tag closes foreign content it stands in (section 13.2.6.5).
bool BreaksOutOfForeign(std::string_view tag);

}  // namespace terrella::runtime
