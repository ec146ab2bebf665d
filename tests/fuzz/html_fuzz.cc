// HTML rewriting: without edits the output is the input; with them, it does not depend on how the
// input is cut.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "edge_node/runtime/html/rewriter.h"

namespace {

using namespace terrella::runtime;

std::vector<HtmlHandlers> Handlers(std::string_view selector) {
  std::vector<HtmlHandlers> all;
  for (std::string_view text : {selector, std::string_view("a > b, :nth-of-type(2n), [c^=d]")}) {
    auto parsed = ParseSelector(text);
    if (!parsed.ok()) continue;
    HtmlHandlers handlers;
    handlers.selector = *std::move(parsed);
    handlers.element = handlers.comments = true;
    all.push_back(std::move(handlers));
  }
  HtmlHandlers document;
  document.document = document.element = document.end = document.text = true;
  all.push_back(document);
  return all;
}

void Edit(HtmlRewriter& rewriter, const HtmlEvent& event, uint8_t choice) {
  if (event.kind == HtmlEvent::Kind::kElement) {
    if (choice & 1) rewriter.Append("(append)");
    if (choice & 2) rewriter.AfterElement("(after)");
    if (choice & 4) rewriter.OnEndTag(1);
    if ((choice & 24) == 8) rewriter.SetInnerContent("(inner)");
    if ((choice & 24) == 16) rewriter.RemoveAndKeepContent();
    if (choice & 32) rewriter.tag().Set("set", "'\"").IgnoreError();
    if (choice & 64) rewriter.tag().SetName("renamed").IgnoreError();
  } else if (event.kind != HtmlEvent::Kind::kText) {
    if (choice & 1) rewriter.mutation().AddBefore("(before)");
    if (event.kind == HtmlEvent::Kind::kComment && (choice & 2))
      rewriter.SetComment("c").IgnoreError();
  } else if (event.last_in_text && (choice & 128)) {
    rewriter.mutation().AddAfter("(text)");
  }
}

// The output, or the error when there was one.
std::string Run(std::string_view selector, std::string_view html, size_t cut, uint8_t choice) {
  HtmlRewriter rewriter(Handlers(selector), {.token_bytes_max = 1 << 20, .depth_max = 64});
  std::string out;
  for (int part = 0; part < 3; ++part) {
    if (part == 0) rewriter.Write(html.substr(0, cut));
    if (part == 1) rewriter.Write(html.substr(cut));
    if (part == 2) rewriter.Finish();
    while (true) {
      auto event = rewriter.Next();
      if (!event.ok()) return "error";
      if (!event->has_value()) break;
      if (choice != 0) Edit(rewriter, **event, choice);
    }
    out += rewriter.TakeOutput();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t choice = data[0];
  const size_t selector_bytes = data[1] % 32;
  std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string_view selector = rest.substr(0, selector_bytes);
  const std::string_view html = rest.substr(selector.size());
  const size_t cut = html.empty() ? 0 : data[2] % (html.size() + 1);
  const std::string untouched = Run(selector, html, cut, 0);
  CHECK(untouched == html || untouched == "error");
  CHECK(Run(selector, html, 0, choice) == Run(selector, html, cut, choice));
  return 0;
}
