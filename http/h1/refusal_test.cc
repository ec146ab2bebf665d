// Goal: the refusal policy holds row by row, and no verdict depends on where reads split the bytes.
// Method: every row is fed whole, byte by byte, and cut in two at every position.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "http/h1/refusal_cases.h"
#include "http/h1/request_parser.h"

namespace terrella::http::h1 {
namespace {

// Runs a parser over pieces and writes down what happened in the table's notation.
class Trace {
 public:
  void Feed(std::string_view bytes) {
    while (!refused_) {
      switch (parser_.Next(&bytes)) {
        case Event::kNeedMore:
          EXPECT_TRUE(bytes.empty());
          return;
        case Event::kHead: {
          RequestHead head = parser_.TakeHead();
          if (!text_.empty()) text_ += " | ";
          text_ += head.method + " " + head.target + " " + head.host;
          body_.clear();
          break;
        }
        case Event::kBody:
          EXPECT_FALSE(parser_.body().empty());
          body_.append(parser_.body());
          break;
        case Event::kEnd:
          AddBody();
          break;
        case Event::kError:
          refused_ = true;
          AddBody();
          if (!text_.empty()) text_ += parser_in_body_ ? " " : " | ";
          text_ += std::to_string(parser_.error().status);
          return;
      }
      parser_in_body_ = parser_.in_body();
    }
  }
  std::string Finish() {
    if (parser_.in_body()) {
      text_ += " ...";
    } else if (parser_.in_head()) {
      text_ += text_.empty() ? "..." : " | ...";
    }
    return text_;
  }
  const char* reason() const { return parser_.error().reason; }

 private:
  void AddBody() {
    if (!body_.empty()) text_ += " +" + body_;
    body_.clear();
  }

  RequestParser parser_;
  std::string text_, body_;
  bool parser_in_body_ = false;
  bool refused_ = false;
};

std::string Expected(const RefusalCase& row) {
  if (row.verdict != "@") return std::string(row.verdict);
  return "GET /" + std::string(16 * 1024 - 1, 'a') + " a.test";
}

TEST(RefusalPolicy, TableIsWide) {
  auto cases = RefusalCases();
  EXPECT_GE(cases.size(), 150u);
  std::set<std::string_view> names;
  for (const auto& row : cases) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
    EXPECT_FALSE(row.section.empty()) << row.name;
  }
}

TEST(RefusalPolicy, JudgesEveryRowFedWhole) {
  for (const auto& row : RefusalCases()) {
    Trace trace;
    trace.Feed(row.bytes);
    EXPECT_EQ(trace.Finish(), Expected(row))
        << row.name << " (section " << row.section << "): " << trace.reason();
  }
}

TEST(RefusalPolicy, JudgesEveryRowFedByteByByte) {
  for (const auto& row : RefusalCases()) {
    Trace trace;
    for (char c : row.bytes) trace.Feed(std::string(1, c));
    EXPECT_EQ(trace.Finish(), Expected(row)) << row.name << ": " << trace.reason();
  }
}

TEST(RefusalPolicy, JudgesEveryRowCutInTwoAnywhere) {
  for (const auto& row : RefusalCases()) {
    const size_t step = row.bytes.size() > 8192 ? 1009 : 1;
    for (size_t cut = 1; cut < row.bytes.size(); cut += step) {
      Trace trace;
      trace.Feed(std::string(row.bytes.substr(0, cut)));
      trace.Feed(std::string(row.bytes.substr(cut)));
      ASSERT_EQ(trace.Finish(), Expected(row)) << row.name << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace terrella::http::h1
