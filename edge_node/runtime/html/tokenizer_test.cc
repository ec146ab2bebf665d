// The tokenizer against a table of what the tokenization stage of the HTML Standard says: each row
// is run whole and byte by byte, which must give the same.
#include "edge_node/runtime/html/tokenizer.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/html/ascii.h"
#include "edge_node/runtime/html/element_kinds.h"

namespace terrella::runtime {
namespace {

std::string Show(const HtmlToken& token) {
  std::string out;
  switch (token.type) {
    case HtmlTokenType::kText:
      return std::string(token.raw);
    case HtmlTokenType::kOther:
      return "{" + std::string(token.raw) + "}";
    case HtmlTokenType::kDoctype:
      return "(doctype)";
    case HtmlTokenType::kComment:
      return "(comment:" + std::string(token.Text(token.name)) + ")";
    case HtmlTokenType::kStartTag:
    case HtmlTokenType::kEndTag:
      break;
  }
  out = token.type == HtmlTokenType::kStartTag ? "(" : "(/";
  out += token.Text(token.name);
  for (const HtmlAttribute& a : token.attributes) {
    out += " " + std::string(token.Text(a.name)) + "=" + std::string(token.Text(a.value));
  }
  return out + (token.self_closing ? "/)" : ")");
}

// Tokens as text; text modes are set as for HTML elements, and inside <svg> content is foreign.
std::string Tokenize(std::string_view input, size_t piece_bytes) {
  HtmlTokenizer tokenizer(1 << 16);
  std::string out, raw;
  auto drain = [&] {
    while (true) {
      auto token = tokenizer.Next();
      CHECK(token.ok());
      if (*token == nullptr) return;
      out += Show(**token);
      raw += (*token)->raw;
      std::string name = LowerCase((*token)->Text((*token)->name));
      if ((*token)->type == HtmlTokenType::kStartTag) tokenizer.SetTextMode(TextModeOf(name), name);
      if (name == "svg") tokenizer.set_foreign((*token)->type == HtmlTokenType::kStartTag);
    }
  };
  for (size_t at = 0; at < input.size(); at += piece_bytes) {
    tokenizer.Append(input.substr(at, piece_bytes));
    drain();
  }
  tokenizer.Finish();
  drain();
  EXPECT_EQ(raw, input);  // invariant (1)
  return out;
}

struct Row {
  const char* section;  // of 13.2.5 of the HTML Standard
  const char* input;
  const char* tokens;
};

constexpr Row kRows[] = {
    {"1 data", "a<b>c</b>d", "a(b)c(/b)d"},
    {"1 data", "a < b", "a < b"},
    {"1 data", "a<3", "a<3"},
    {"1 data", "<", "<"},
    {"1 data", "x<", "x<"},
    {"1 data", "&lt;b>", "&lt;b>"},
    {"6 tag open", "<?php x?>y", "(comment:?php x?)y"},
    {"6 tag open", "<<a>", "<(a)"},
    {"7 end tag open", "a</>b", "a{</>}b"},
    {"7 end tag open", "a</ b>c", "a(comment: b)c"},
    {"7 end tag open", "</", "</"},
    {"8 tag name", "<A-b:c>", "(A-b:c)"},
    {"8 tag name", "<a", "{<a}"},
    {"8 tag name", "<br/>", "(br/)"},
    {"32 before attribute name", "<a =b>", "(a =b=)"},
    {"32 before attribute name", "<a / b>", "(a b=)"},
    {"33 attribute name", "<a b c=d e>", "(a b= c=d e=)"},
    {"33 attribute name", "<a b\"c>", "(a b\"c=)"},
    {"34 after attribute name", "<a b = c>", "(a b=c)"},
    {"35 before attribute value", "<a b=>c", "(a b=)c"},
    {"36 double-quoted", "<a b=\"x>'y\">z", "(a b=x>'y)z"},
    {"37 single-quoted", "<a b='x>\"y'>z", "(a b=x>\"y)z"},
    {"38 unquoted", "<a b=c/d>", "(a b=c/d)"},
    {"39 after quoted", "<a b='c'd='e'>", "(a b=c d=e)"},
    {"39 after quoted", "<a b='c'/>", "(a b=c/)"},
    {"40 self-closing", "<a/b/>", "(a b=/)"},
    {"36 end of file", "<a b=\"c", "{<a b=\"c}"},
    {"41 bogus comment", "<!x>y", "(comment:x)y"},
    {"42 markup declaration", "<!-x>y", "(comment:-x)y"},
    {"42 markup declaration", "<!doctype html>x", "(doctype)x"},
    {"42 markup declaration", "<!DocType html PUBLIC 'a'>x", "(doctype)x"},
    {"42 markup declaration", "<![CDATA[x]]>y", "(comment:[CDATA[x]])y"},
    {"43 comment start", "<!-->x", "(comment:)x"},
    {"44 comment start dash", "<!--->x", "(comment:)x"},
    {"45 comment", "<!--a<b>-c-->d", "(comment:a<b>-c)d"},
    {"45 comment", "<!---a--b---->c", "(comment:-a--b--)c"},
    {"52 comment end bang", "<!--a--!>b", "(comment:a)b"},
    {"45 end of file", "<!--abc", "(comment:abc)"},
    {"69 CDATA section", "<svg><![CDATA[a<b>]]]>c</svg>", "(svg){<![CDATA[}a<b>]{]]>}c(/svg)"},
    {"69 CDATA section", "<svg><![CDATA[a", "(svg){<![CDATA[}a"},
    {"2 RCDATA", "<title>a<b></i></title>c", "(title)a<b></i>(/title)c"},
    {"2 RCDATA", "<title>a</titlex></title >c", "(title)a</titlex>(/title)c"},
    {"2 RCDATA", "<TextArea></TEXTAREA>", "(TextArea)(/TEXTAREA)"},
    {"3 RAWTEXT", "<style>a<!-- </style> -->", "(style)a<!-- (/style) -->"},
    {"3 RAWTEXT", "<style>a</styl", "(style)a</styl"},
    {"4 script data", "<script>a<b</script>c", "(script)a<b(/script)c"},
    {"20 script escaped", "<script><!-- </script> -->", "(script)<!-- (/script) -->"},
    {"26 double escaped", "<script><!--<script></script>--></script>x",
     "(script)<!--<script></script>-->(/script)x"},
    {"26 double escaped", "<script><!--<script> --></script>x",
     "(script)<!--<script> -->(/script)x"},
    {"18 escape start", "<script><!--><script></script>x", "(script)<!--><script>(/script)x"},
    {"26 double escaped", "<script><!--<scripty></script>x", "(script)<!--<scripty>(/script)x"},
    {"4 script data", "<script>a-->b</script>", "(script)a-->b(/script)"},
    {"4 script data", "<script>a</script", "(script)a</script"},
    {"5 PLAINTEXT", "<plaintext>a</plaintext><b>", "(plaintext)a</plaintext><b>"},
};

TEST(HtmlTokenizer, ReadsAsTheStandardSaysHoweverItIsCut) {
  for (const Row& row : kRows) {
    for (size_t piece : {size_t{1} << 16, size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
      EXPECT_EQ(Tokenize(row.input, piece), row.tokens)
          << "13.2.5." << row.section << ": " << row.input << " in pieces of " << piece;
    }
  }
}

TEST(HtmlTokenizer, RefusesATagThatHasNoEnd) {
  HtmlTokenizer tokenizer(100);
  tokenizer.Append("<a " + std::string(200, 'x'));
  auto token = tokenizer.Next();
  EXPECT_EQ(token.status().code(), absl::StatusCode::kResourceExhausted) << token.status();
}

TEST(HtmlTokenizer, GivesLongTextAsItComes) {
  HtmlTokenizer tokenizer(100);
  for (int i = 0; i < 10; ++i) {
    tokenizer.Append(std::string(1000, 'x'));
    auto token = tokenizer.Next();
    ASSERT_TRUE(token.ok() && *token != nullptr);
    EXPECT_EQ((*token)->raw.size(), 1000u);
  }
}

}  // namespace
}  // namespace terrella::runtime
