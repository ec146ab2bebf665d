// HtmlTokenizer: a stream of HTML bytes as tags, comments, doctypes and text, each with its own
// bytes.
//
// A rewriter must give back what it does not change byte for byte, so tokens are offsets into the
// input and nothing is decoded: names keep their case, values their character references. Where
// text ends is the tokenization stage of the HTML Standard (section 13.2.5), for bytes of any
// encoding that keeps ASCII. The tree is somebody else's: whoever keeps the stack of open elements
// tells the tokenizer in which mode to read on (SetTextMode after a <script>, set_foreign inside
// <svg>).
//
// Text is given as it arrives, in pieces cut anywhere; everything else is whole and may not be
// longer than `token_bytes_max`.
//
// Thread: one. Owns: the bytes not yet given.
// Invariants: (1) the raw bytes of all tokens, in order, are the input; (2) however the input is
// cut into Appends, the tokens are the same, but for where text is cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::runtime {

// Offsets into a token's raw bytes.
struct HtmlSpan {
  size_t begin = 0;
  size_t end = 0;
};

struct HtmlAttribute {
  HtmlSpan name;
  HtmlSpan value;  // without quotes; empty and at `name.end` when there is none
  HtmlSpan whole;  // name, '=', quotes and all
};

enum class HtmlTokenType {
  kText,
  kStartTag,
  kEndTag,
  kComment,  // bogus ones too
  kDoctype,
  kOther,  // bytes that mean nothing to a tree: "</>", the marks of CDATA, a tag cut off by the end
};

struct HtmlToken {
  HtmlTokenType type = HtmlTokenType::kText;
  std::string_view raw;  // valid until the tokenizer is used again
  HtmlSpan name;         // of a tag; the text of a comment
  std::vector<HtmlAttribute> attributes;
  bool self_closing = false;  // "<a/>"

  std::string_view Text(const HtmlSpan& span) const {
    return raw.substr(span.begin, span.end - span.begin);
  }
};

// How text is read (section 13.2.5, the states of those names).
enum class HtmlTextMode { kData, kRcdata, kRawtext, kScript, kPlaintext };

class HtmlTokenizer {
 public:
  explicit HtmlTokenizer(size_t token_bytes_max) : token_bytes_max_(token_bytes_max) {}

  // More of the input. Ends the token given last.
  void Append(std::string_view bytes);
  // There is no more input.
  void Finish() { finished_ = true; }

  // The next token; null when it needs more input, or after the last. ResourceExhausted when one is
  // too long.
  absl::StatusOr<const HtmlToken*> Next();

  // From the next token on. `end_tag` (lower case) ends every mode but kData and kPlaintext.
  void SetTextMode(HtmlTextMode mode, std::string_view end_tag = {});
  // Whether the adjusted current node is not in the HTML namespace: then there are CDATA sections.
  void set_foreign(bool foreign) { foreign_ = foreign; }

 private:
  enum class Script { kPlain, kEscaped, kDoubleEscaped };
  enum class Tag {
    kName,
    kBeforeAttribute,
    kAttributeName,
    kAfterName,
    kBeforeValue,
    kDoubleQuoted,
    kSingleQuoted,
    kUnquoted,
    kAfterQuoted,
    kSlash,
  };
  enum class Part { kText, kTag, kComment, kToBracket, kCdataText };

  std::string_view input() const { return std::string_view(buffer_).substr(at_); }
  // Every reader works on input(): true when it completed `token_`, whose end is then `scan_`.
  bool ReadText();
  bool ReadRawText();
  bool ReadScriptText();
  bool ReadMarkup();
  bool ReadTag();
  bool ReadTagByte(char c);
  bool ReadValueByte(char c);
  bool ReadComment();
  bool ReadToBracket();
  bool ReadCdataText();

  // Text up to `end`; false when that is none.
  bool GiveText(size_t end);
  bool Give(HtmlTokenType type, size_t end);
  // Whether "</NAME" + delimiter stands at `from` of the input: 1 yes, 0 no, -1 more input decides.
  int IsEndTagAt(size_t from, std::string_view name) const;
  bool GiveRest();
  void BeginMarkup(Part part, HtmlTokenType type);
  void BeginAttribute();
  void EndAttribute(size_t end);

  const size_t token_bytes_max_;
  std::string buffer_;
  size_t at_ = 0;    // of buffer_: where the token being read begins
  size_t scan_ = 0;  // of input(): read so far
  bool finished_ = false;
  bool foreign_ = false;
  Part part_ = Part::kText;
  HtmlTextMode mode_ = HtmlTextMode::kData;
  std::string end_tag_;
  Script script_ = Script::kPlain;
  Tag tag_ = Tag::kName;
  bool cdata_ = false;  // inside a section
  HtmlToken token_;
};

}  // namespace terrella::runtime
