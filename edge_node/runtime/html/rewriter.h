// HtmlRewriter: HTML in, HTML out, changed by handlers on the way, never whole in memory.
//
//   Write --> tokens --> match --nobody asked--> Output
//                          |
//                          +--> Event (a handler's turn) --the token's edits--> Output
//
// It runs until a token has handlers, gives that event, and takes the token up again with what they
// did to it when Next is called. So handlers may take their time (JavaScript's promises) without a
// thread or a coroutine here.
//
// The open elements are a stack of what start tags pushed; an end tag closes the innermost element
// of its name with all inside. Whatever handlers asked to stand after the content or the end of an
// element whose end tag never comes is given where it ends.
//
// Thread: one. Owns: the open elements, the bytes not yet read, the output not yet taken.
// Invariants: (1) without handlers the output is the input; (2) how the input is cut changes only
// how text is cut; (3) nothing here grows with the document but its depth, which is bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "edge_node/runtime/html/element_kinds.h"
#include "edge_node/runtime/html/matcher.h"
#include "edge_node/runtime/html/mutation.h"
#include "edge_node/runtime/html/tokenizer.h"

namespace terrella::runtime {

struct HtmlRewriterLimits {
  size_t token_bytes_max = 1 << 20;  // of one tag or comment
  size_t depth_max = 4096;           // of open elements
};

// What one call of on() or onDocument() asked for.
struct HtmlHandlers {
  std::vector<ComplexSelector> selector;  // of onDocument(): empty
  bool document = false;
  bool element = false;  // document: doctype
  bool comments = false;
  bool text = false;
  bool end = false;  // document only
};

struct HtmlEvent {
  enum class Kind { kElement, kEndTag, kText, kComment, kDoctype, kEnd };
  Kind kind;
  std::vector<uint32_t> handlers;  // numbers of HtmlHandlers; of kEndTag: what OnEndTag was given
  bool last_in_text = false;       // of kText: the text node ends here
};

struct Doctype {
  std::optional<std::string> name;  // lower case
  std::optional<std::string> public_id;
  std::optional<std::string> system_id;
};

class HtmlRewriter {
 public:
  explicit HtmlRewriter(std::vector<HtmlHandlers> handlers, const HtmlRewriterLimits& limits = {});
  ~HtmlRewriter();

  void Write(std::string_view bytes) { tokenizer_.Append(bytes); }
  void Finish();
  // The next event; nothing when more input is needed, or all is done. Takes up what was done to
  // the token of the last event. ResourceExhausted beyond the limits.
  absl::StatusOr<std::optional<HtmlEvent>> Next();
  std::string TakeOutput() { return std::exchange(output_, {}); }

  // --- the token of the event, until the next call of Next
  HtmlMutation& mutation() { return mutation_; }
  // kElement
  StartTagEdit& tag() { return *tag_; }
  HtmlNamespace ns() const { return element_ns_; }
  bool has_content() const { return pushed_; }  // else Prepend and the like do nothing
  void Prepend(std::string_view html);
  void Append(std::string_view html);
  void SetInnerContent(std::string_view html);
  void RemoveAndKeepContent();
  void RemoveElement();
  void ReplaceElement(std::string_view html);
  void AfterElement(std::string_view html);
  // `id` comes back as a kEndTag event's handler.
  void OnEndTag(uint32_t id);
  // kEndTag
  std::string_view end_tag_name() const { return end_tag_name_; }
  absl::Status SetEndTagName(std::string_view name);
  // kText, kComment: without the marks
  std::string_view text() const { return text_; }
  absl::Status SetComment(std::string_view text);
  // kDoctype
  const Doctype& doctype() const { return doctype_; }

 private:
  // An open element.
  struct Frame {
    std::string tag;  // lower case
    HtmlNamespace ns = HtmlNamespace::kHtml;
    HtmlNamespace content_ns = HtmlNamespace::kHtml;
    std::string append;    // before its end tag
    std::string after;     // behind it
    std::string end_name;  // another name for its end tag
    bool drop_end_tag = false;
    bool drop_content = false;
    std::vector<uint32_t> end_handlers;
    std::vector<uint32_t> matched;  // whose text and comment handlers it opened
  };

  absl::Status Take(const HtmlToken& token, std::optional<HtmlEvent>& event);
  absl::Status TakeStartTag(const HtmlToken& token, std::optional<HtmlEvent>& event);
  void TakeEndTag(const HtmlToken& token, std::optional<HtmlEvent>& event);
  void TakeText(const HtmlToken& token, std::optional<HtmlEvent>& event);
  void TakeComment(const HtmlToken& token, std::optional<HtmlEvent>& event);
  void TakeDoctype(const HtmlToken& token, std::optional<HtmlEvent>& event);
  std::optional<HtmlEvent> EndTextNode();
  void PushFrame(std::string tag, HtmlNamespace ns, const std::vector<uint32_t>& matched);
  void PopFrame();
  void CloseTo(size_t frames_left);
  void SetTokenizer();

  void Commit();
  void CommitStartTag();
  void CommitEndTag();
  void Put(std::string_view bytes) {
    if (dropping_ == 0) output_ += bytes;
  }
  // Numbers of handlers with a count above zero.
  static std::vector<uint32_t> Active(const std::vector<uint32_t>& counts);

  const HtmlRewriterLimits limits_;
  const std::vector<HtmlHandlers> handlers_;
  std::vector<uint32_t> selector_handlers_;  // the matcher's numbers -> handlers_'
  SelectorMatcher matcher_;
  HtmlTokenizer tokenizer_;
  std::vector<Frame> frames_;
  std::vector<uint32_t> text_counts_, comment_counts_;  // by handler: open elements that ask
  size_t dropping_ = 0;                                 // open elements whose content is dropped
  bool in_text_ = false;  // a handler has seen a piece of a text node that has not ended
  bool finished_ = false;
  bool end_told_ = false;
  std::string output_;

  // What Next takes up again.
  const HtmlToken* held_ = nullptr;  // seen, but the end of a text node comes first
  std::optional<HtmlEvent::Kind> current_;
  std::string raw_;  // of the current token
  HtmlMutation mutation_;
  std::optional<StartTagEdit> tag_;
  HtmlNamespace element_ns_ = HtmlNamespace::kHtml;
  bool pushed_ = false;
  std::string inner_before_;  // between the start tag and the content
  std::string end_tag_name_;
  bool end_name_set_ = false;
  size_t closes_to_ = 0;
  std::string text_;
  bool comment_set_ = false;
  Doctype doctype_;
};

// The parts of "<!DOCTYPE ...>" (HTML Standard sections 13.2.5.53 to 13.2.5.67).
Doctype ParseDoctype(std::string_view raw);

}  // namespace terrella::runtime
