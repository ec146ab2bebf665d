#include "edge_node/runtime/html/rewriter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/check.h"
#include "base/status.h"

namespace terrella::runtime {
namespace {

using Kind = HtmlEvent::Kind;
using Handle = std::function<void(HtmlRewriter&, const HtmlEvent&)>;

HtmlHandlers On(std::string_view selector) {
  HtmlHandlers handlers;
  auto parsed = ParseSelector(selector);
  CHECK(parsed.ok());
  handlers.selector = *std::move(parsed);
  handlers.element = true;
  return handlers;
}

std::string Rewrite(std::vector<HtmlHandlers> handlers, std::string_view input,
                    const Handle& handle, size_t piece_bytes = 1 << 20) {
  HtmlRewriter rewriter(std::move(handlers));
  std::string out;
  auto drain = [&] {
    while (true) {
      auto event = rewriter.Next();
      CHECK(event.ok());
      if (!event->has_value()) break;
      handle(rewriter, **event);
    }
    out += rewriter.TakeOutput();
  };
  for (size_t at = 0; at < input.size(); at += piece_bytes) {
    rewriter.Write(input.substr(at, piece_bytes));
    drain();
  }
  rewriter.Finish();
  drain();
  return out;
}

// The start tags that a selector matches, each marked with a '*'.
std::string Marked(std::string_view selector, std::string_view input) {
  return Rewrite({On(selector)}, input,
                 [](HtmlRewriter& r, const HtmlEvent&) { r.mutation().AddBefore("*"); });
}

TEST(HtmlRewriter, MatchesAsSelectorsSay) {
  const struct {
    const char* selector;
    const char* input;
    const char* marked;
  } rows[] = {
      {"*", "<a><b></b></a>", "*<a>*<b></b></a>"},
      {"B", "<a><b></b><B></B></a>", "<a>*<b></b>*<B></B></a>"},
      {"a b", "<b></b><a><i><b></b></i></a><b></b>", "<b></b><a><i>*<b></b></i></a><b></b>"},
      {"a > b", "<a><b></b><i><b></b></i></a>", "<a>*<b></b><i><b></b></i></a>"},
      {"a > b c", "<a><b><i><c></c></i></b><c></c></a>", "<a><b><i>*<c></c></i></b><c></c></a>"},
      {"a, b.x", "<a></a><b></b><b class='y x'></b>", "*<a></a><b></b>*<b class='y x'></b>"},
      {"#i", "<a id=i></a><a id=j></a>", "*<a id=i></a><a id=j></a>"},
      {"[HREF]", "<a href></a><a></a>", "*<a href></a><a></a>"},
      {"a:not(.x)", "<a></a><a class=x></a><b></b>", "*<a></a><a class=x></a><b></b>"},
      {"a:not(.x, [y])", "<a y></a><a class=x></a><a z></a>", "<a y></a><a class=x></a>*<a z></a>"},
      {"i:nth-child(2)", "<a><i></i><b></b></a><p><b></b><i></i></p>",
       "<a><i></i><b></b></a><p><b></b>*<i></i></p>"},
      {"i:nth-of-type(2)", "<a><i></i><b></b><i></i></a>", "<a><i></i><b></b>*<i></i></a>"},
      {"b:first-of-type", "<a><i></i><b></b><b></b></a>", "<a><i></i>*<b></b><b></b></a>"},
      {"p > :first-child", "<p><i></i><b></b></p>", "<p>*<i></i><b></b></p>"},
      {"a b", "<a><br><b></b></a><br><b></b>",
       "<a><br>*<b></b></a><br><b></b>"},  // void elements have no content
      {"title", "<svg><title><b></b></title></svg>", "<svg>*<title><b></b></title></svg>"},
      {"b", "<title><b></title><b></b>", "<title><b></title>*<b></b>"},
      {"b", "<svg><a/><b/></svg>", "<svg><a/>*<b/></svg>"},
      {"svg p", "<svg><p></p></svg>", "<svg><p></p></svg>"},  // <p> breaks out
      {"svg p", "<svg><foreignObject><p></p></foreignObject></svg>",
       "<svg><foreignObject>*<p></p></foreignObject></svg>"},
      {"ul > li > li", "<ul><li><li></ul><li>", "<ul><li>*<li></ul><li>"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Marked(row.selector, row.input), row.marked) << row.selector << " on " << row.input;
  }
}

struct EditRow {
  const char* what;
  Handle edit;
  const char* input;
  const char* output;
};

TEST(HtmlRewriter, EditsElements) {
  const EditRow rows[] = {
      {"nothing", [](auto&, auto&) {}, "<A  x = '1' ><br></A >", "<A  x = '1' ><br></A >"},
      {"before and after",
       [](HtmlRewriter& r, auto&) {
         r.mutation().AddBefore("1");
         r.mutation().AddBefore("2");
         r.AfterElement("3");
         r.AfterElement("4");
       },
       "<a>x</a>", "12<a>x</a>43"},
      {"prepend and append",
       [](HtmlRewriter& r, auto&) {
         r.Prepend("1");
         r.Prepend("2");
         r.Append("3");
         r.Append("4");
       },
       "<a>x</a>", "<a>21x34</a>"},
      {"remove",
       [](HtmlRewriter& r, auto&) {
         r.RemoveElement();
         r.mutation().AddBefore("1");
         r.AfterElement("2");
       },
       "<a>x<i>y</i></a>z", "12z"},
      {"keep content", [](HtmlRewriter& r, auto&) { r.RemoveAndKeepContent(); },
       "<a>x<i>y</i></a>z", "x<i>y</i>z"},
      {"replace", [](HtmlRewriter& r, auto&) { r.ReplaceElement("<b>"); }, "<a>x</a>y", "<b>y"},
      {"inner",
       [](HtmlRewriter& r, auto&) {
         r.SetInnerContent("<b>");
         r.Append("c");
       },
       "<a>x<i></i></a>y", "<a><b>c</a>y"},
      {"attributes",
       [](HtmlRewriter& r, auto&) {
         (void)r.tag().Set("X", "a\"b");
         (void)r.tag().Set("n", "");
         r.tag().Remove("Y");
       },
       "<a y=1 z='2' x>t</a>", "<a z='2' x=\"a&quot;b\" n=\"\">t</a>"},
      {"rename", [](HtmlRewriter& r, auto&) { EXPECT_TRUE(r.tag().SetName("b").ok()); },
       "<a x=1>t</a >", "<b x=1>t</b>"},
      {"void element",
       [](HtmlRewriter& r, auto&) {
         r.Prepend("1");
         r.Append("2");
         r.SetInnerContent("3");
         r.AfterElement("4");
       },
       "<br class=a>y", "<br class=a>4y"},
      {"unclosed",
       [](HtmlRewriter& r, auto&) {
         r.Append("1");
         r.AfterElement("2");
       },
       "<div><a>x</div>y", "<div><a>x12</div>y"},
      {"unclosed to the end",
       [](HtmlRewriter& r, auto&) {
         r.Append("1");
         r.AfterElement("2");
       },
       "<a>x", "<a>x12"},
      {"self-closing kept", [](HtmlRewriter& r, auto&) { (void)r.tag().Set("q", "1"); },
       "<br class=a/ >", "<br class=a/ q=\"1\">"},
  };
  for (const EditRow& row : rows) {
    for (size_t piece : {size_t{1} << 20, size_t{1}}) {
      EXPECT_EQ(Rewrite({On("a, br.a, br[class='a/']")}, row.input, row.edit, piece), row.output)
          << row.what;
    }
  }
}

TEST(HtmlRewriter, DropsWhatIsInsideOfWhatIsDropped) {
  std::string out = Rewrite({On("a"), On("b")}, "1<a>2<b>3</b>4</a>5<b>6</b>",
                            [](HtmlRewriter& r, const HtmlEvent& e) {
                              if (e.handlers == std::vector<uint32_t>{0})
                                return r.SetInnerContent("X");
                              r.mutation().AddBefore("(");
                              r.AfterElement(")");
                              r.SetInnerContent("Y");
                            });
  EXPECT_EQ(out, "1<a>X</a>5(<b>Y</b>)");
}

TEST(HtmlRewriter, TellsOfEndTags) {
  std::string out = Rewrite({On("a")}, "<a>x</a><br><a>y", [](HtmlRewriter& r, const HtmlEvent& e) {
    if (e.kind == Kind::kElement) return r.OnEndTag(7);
    EXPECT_EQ(e.handlers, std::vector<uint32_t>{7});
    EXPECT_EQ(r.end_tag_name(), "a");
    r.mutation().AddBefore("[");
    r.mutation().AddAfter("]");
    EXPECT_TRUE(r.SetEndTagName("b").ok());
  });
  EXPECT_EQ(out, "<a>x[</b>]<br><a>y");
}

HtmlHandlers TextOn(std::string_view selector) {
  HtmlHandlers handlers = On(selector);
  handlers.element = false;
  handlers.text = true;
  return handlers;
}

TEST(HtmlRewriter, GivesTextInPiecesThatEnd) {
  for (size_t piece : {size_t{100}, size_t{1}}) {
    std::string text, out;
    out = Rewrite(
        {TextOn("a")}, "0<a>12<b>3</b><!--x-->4</a>5",
        [&](HtmlRewriter& r, const HtmlEvent& e) {
          ASSERT_EQ(e.kind, Kind::kText);
          text += r.text();
          if (e.last_in_text) {
            text += '|';
            r.mutation().AddBefore("!");
          } else {
            r.mutation().removed = true;
          }
        },
        piece);
    EXPECT_EQ(text, "12|3|4|");
    EXPECT_EQ(out, "0<a>!<b>!</b><!--x-->!</a>5");
  }
}

TEST(HtmlRewriter, GivesCommentsDoctypeAndTheEnd) {
  HtmlHandlers document;
  document.document = document.element = document.comments = document.end = true;
  std::string seen;
  std::string out = Rewrite({document}, "<!doctype html SYSTEM 'x'><!-- a --><?b?>",
                            [&](HtmlRewriter& r, const HtmlEvent& e) {
                              if (e.kind == Kind::kDoctype)
                                seen += *r.doctype().name + "," + *r.doctype().system_id + ";";
                              if (e.kind == Kind::kComment) seen += std::string(r.text()) + ";";
                              if (e.kind == Kind::kComment && r.text() == " a ") {
                                EXPECT_FALSE(r.SetComment("a-->b").ok());
                                EXPECT_TRUE(r.SetComment("c").ok());
                              }
                              if (e.kind == Kind::kEnd) r.mutation().AddBefore("END");
                            });
  EXPECT_EQ(seen, "html,x; a ;?b?;");
  EXPECT_EQ(out, "<!doctype html SYSTEM 'x'><!--c--><?b?>END");
}

TEST(HtmlRewriter, ReadsDoctypes) {  // HTML Standard 13.2.5.53 on
  auto show = [](std::string_view raw) {
    Doctype d = ParseDoctype(raw);
    return d.name.value_or("-") + "," + d.public_id.value_or("-") + "," + d.system_id.value_or("-");
  };
  EXPECT_EQ(show("<!DOCTYPE html>"), "html,-,-");
  EXPECT_EQ(show("<!doctypeHTML>"), "html,-,-");
  EXPECT_EQ(show("<!doctype>"), "-,-,-");
  EXPECT_EQ(show("<!doctype a PUBLIC \"b\" 'c'>"), "a,b,c");
  EXPECT_EQ(show("<!doctype a public 'b'>"), "a,b,-");
  EXPECT_EQ(show("<!doctype a system 'c>"), "a,-,c");
  EXPECT_EQ(show("<!doctype a else 'c'>"), "a,-,-");
}

TEST(HtmlRewriter, RefusesWhatIsTooDeep) {
  HtmlRewriter rewriter({On("x")}, {.depth_max = 10});
  std::string deep;
  for (int i = 0; i < 11; ++i) deep += "<a>";
  rewriter.Write(deep);
  EXPECT_EQ(rewriter.Next().status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(HtmlRewriter, RefusesNamesThatAreNone) {
  HtmlRewriter rewriter({On("a")});
  rewriter.Write("<a>");
  ASSERT_TRUE(rewriter.Next().ok());
  for (const char* name : {"", "1a", "a b", "a>", "a/"})
    EXPECT_FALSE(rewriter.tag().SetName(name).ok()) << name;
  for (const char* name : {"", "a b", "a=", "a>", "a\"", "a/"})
    EXPECT_FALSE(rewriter.tag().Set(name, "").ok()) << name;
}

}  // namespace
}  // namespace terrella::runtime
