#include "edge_node/runtime/html/element_kinds.h"

#include <algorithm>
#include <iterator>

namespace terrella::runtime {
namespace {

template <size_t n>
bool IsOneOf(std::string_view tag, const std::string_view (&sorted)[n]) {
  return std::binary_search(std::begin(sorted), std::end(sorted), tag);
}

}  // namespace

std::string_view HtmlNamespaceUri(HtmlNamespace ns) {
  switch (ns) {
    case HtmlNamespace::kHtml:
      return "http://www.w3.org/1999/xhtml";
    case HtmlNamespace::kSvg:
      return "http://www.w3.org/2000/svg";
    case HtmlNamespace::kMathMl:
      return "http://www.w3.org/1998/Math/MathML";
  }
  return "";
}

bool IsVoidElement(std::string_view tag) {
  static constexpr std::string_view kVoid[] = {
      "area", "base",  "basefont", "bgsound", "br",   "col",   "embed",  "frame", "hr",
      "img",  "input", "keygen",   "link",    "meta", "param", "source", "track", "wbr"};
  return IsOneOf(tag, kVoid);
}

HtmlTextMode TextModeOf(std::string_view tag) {
  static constexpr std::string_view kRawtext[] = {"iframe", "noembed", "noframes", "style", "xmp"};
  if (tag == "script") return HtmlTextMode::kScript;
  if (tag == "plaintext") return HtmlTextMode::kPlaintext;
  if (tag == "textarea" || tag == "title") return HtmlTextMode::kRcdata;
  return IsOneOf(tag, kRawtext) ? HtmlTextMode::kRawtext : HtmlTextMode::kData;
}

HtmlNamespace NamespaceOfContent(HtmlNamespace ns, std::string_view tag) {
  static constexpr std::string_view kMathText[] = {"annotation-xml", "mi", "mn", "mo", "ms",
                                                   "mtext"};
  static constexpr std::string_view kSvgHtml[] = {"desc", "foreignobject", "title"};
  if (ns == HtmlNamespace::kSvg && IsOneOf(tag, kSvgHtml)) return HtmlNamespace::kHtml;
  if (ns == HtmlNamespace::kMathMl && IsOneOf(tag, kMathText)) return HtmlNamespace::kHtml;
  return ns;
}

HtmlNamespace NamespaceOfElement(HtmlNamespace content, std::string_view tag) {
  if (content != HtmlNamespace::kHtml) return content;
  if (tag == "svg") return HtmlNamespace::kSvg;
  if (tag == "math") return HtmlNamespace::kMathMl;
  return HtmlNamespace::kHtml;
}

bool BreaksOutOfForeign(std::string_view tag) {
  static constexpr std::string_view kBreaking[] = {
      "b",      "big",  "blockquote", "body",  "br",   "center", "code",    "dd",   "div",
      "dl",     "dt",   "em",         "embed", "h1",   "h2",     "h3",      "h4",   "h5",
      "h6",     "head", "hr",         "i",     "img",  "li",     "listing", "menu", "meta",
      "nobr",   "ol",   "p",          "pre",   "ruby", "s",      "small",   "span", "strike",
      "strong", "sub",  "sup",        "table", "tt",   "u",      "ul",      "var"};
  return IsOneOf(tag, kBreaking);
}

}  // namespace terrella::runtime
