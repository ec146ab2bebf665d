// A watched request from its beginning to the event it becomes.
#include "edge_node/tail/request_trace.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

class RequestTraceTest : public ::testing::Test {
 protected:
  std::shared_ptr<const TailFilter> Add(void (*set)(v1::TailFilter&), const char* session = "s") {
    v1::TailFilter filter;
    filter.set_session(session);
    filter.set_script("shop");
    set(filter);
    return plan_.by_script["shop"].emplace_back(std::make_shared<const TailFilter>(filter));
  }
  std::shared_ptr<RequestTrace> Begin() {
    return RequestTrace::Begin(plan_,
                               {.script = "shop",
                                .version_id = "1f2e",
                                .method = "GET",
                                .url = "http://shop.edge.test/",
                                .headers = &headers_,
                                .ray = "1-FRA"},
                               {"FRA", "FRA"}, ring_, clock_);
  }

  ManualClock clock_;
  TailPlan plan_;
  TailRing ring_{{.events_max = 2}};
  http::Headers headers_ = {{"accept", "*/*"}, {"Cookie", "id=1"}, {"x-api-key", "k"}};
};

TEST_F(RequestTraceTest, IsAnEventWhenNothingHoldsIt) {
  Add([](v1::TailFilter&) {});
  auto trace = Begin();
  ASSERT_NE(trace, nullptr);
  clock_.Advance(std::chrono::milliseconds(5));
  trace->set_status(200);
  trace->OnLog(LogLevel::kInfo, "hello");
  trace->OnLog(LogLevel::kError, "oh");
  trace->Answered();
  std::shared_ptr<runtime::Trace> invocation = trace;  // waitUntil() goes on
  trace.reset();
  EXPECT_TRUE(ring_.Take().empty());
  clock_.Advance(std::chrono::milliseconds(20));
  invocation->OnLog(LogLevel::kWarn, "later");
  invocation->OnEnd(std::chrono::microseconds(700));
  invocation.reset();
  const auto events = ring_.Take();
  ASSERT_EQ(events.size(), 1u);
  const v1::TailEvent& event = events[0];
  EXPECT_EQ(event.outcome(), "ok");
  EXPECT_EQ(event.status(), 200);
  EXPECT_EQ(event.wall_us(), 5000u);
  EXPECT_EQ(event.cpu_us(), 700u);
  ASSERT_EQ(event.logs_size(), 3);
  EXPECT_EQ(event.logs(0).level(), "log");
  EXPECT_EQ(event.logs(2).text(), "later");
  ASSERT_EQ(event.headers_size(), 3);
  EXPECT_EQ(event.headers(0).value(), "*/*");
  EXPECT_EQ(event.headers(1).value(), "REDACTED");
  EXPECT_EQ(event.headers(2).value(), "REDACTED");
  ASSERT_EQ(event.sessions_size(), 1);
}

TEST_F(RequestTraceTest, NobodyWhoWantsItNoTrace) {
  EXPECT_EQ(Begin(), nullptr);
  Add([](v1::TailFilter& f) { f.add_methods("POST"); });
  EXPECT_EQ(Begin(), nullptr);
}

TEST_F(RequestTraceTest, TheFirstOutcomeCounts) {
  Add([](v1::TailFilter& f) { f.add_outcomes("error"); }, "errors");
  Add([](v1::TailFilter& f) { f.add_outcomes("ok"); }, "good ones");
  auto trace = Begin();
  trace->set_outcome("exceededCpu");
  trace->set_outcome("canceled");
  trace.reset();
  Begin().reset();
  const auto events = ring_.Take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].outcome(), "exceededCpu");
  EXPECT_EQ(events[0].sessions(0), "errors");
  EXPECT_EQ(events[1].sessions(0), "good ones");
}

TEST_F(RequestTraceTest, WhatIsNotShownIsCountedExactly) {
  const auto all = Add([](v1::TailFilter&) {}, "all");
  const auto errors = Add([](v1::TailFilter& f) { f.add_outcomes("error"); }, "errors");
  const auto found = Add([](v1::TailFilter& f) { f.set_search("needle"); }, "found");
  for (int i = 0; i < 10; ++i) {
    auto trace = Begin();
    if (i % 2 == 0) trace->set_outcome("exception");
    if (i % 5 == 0) trace->OnLog(LogLevel::kInfo, "a needle");
  }
  EXPECT_EQ(ring_.Take().size(), 2u);
  EXPECT_EQ(all->TakeDropped(), 8u);
  EXPECT_EQ(errors->TakeDropped(), 4u);  // of 0 2 4 6 8, the first was shown
  EXPECT_EQ(found->TakeDropped(), 1u);   // of 0 and 5
  EXPECT_EQ(all->TakeDropped(), 0u);
}

TEST_F(RequestTraceTest, ItsTextsHaveALimit) {
  Add([](v1::TailFilter&) {});
  auto trace = Begin();
  for (int i = 0; i < 1000; ++i) trace->OnLog(LogLevel::kInfo, "x");
  trace.reset();
  trace = Begin();
  trace->OnLog(LogLevel::kInfo, std::string(RequestTrace::kTextBytesMax + 1, 'x'));
  trace.reset();
  const auto events = ring_.Take();
  EXPECT_EQ(events[0].logs_size(), RequestTrace::kLogsMax);
  EXPECT_TRUE(events[0].truncated());
  EXPECT_EQ(events[1].logs_size(), 0);
  EXPECT_TRUE(events[1].truncated());
}

TEST(ParseException, TakesPlaceNameAndMessageApart) {
  struct Row {
    const char* detail;
    const char* name;
    const char* message;
  };
  const Row rows[] = {
      {"index.js:3:7: TypeError: x is not a function\n    at fetch (index.js:3:7)", "TypeError",
       "x is not a function"},
      {"Error: boom", "Error", "boom"},
      {"index.js:3:7: it is: bad", "Error", "it is: bad"},
      {"exceeded 50 ms of CPU time", "Error", "exceeded 50 ms of CPU time"},
      {"", "Error", ""},
      {":::", "Error", ":::"},
      {"a:1:x: RangeError: y", "a:1:x", "RangeError: y"},
  };
  for (const Row& row : rows) {
    const v1::TailException exception = ParseException(row.detail);
    EXPECT_EQ(exception.name(), row.name) << row.detail;
    EXPECT_EQ(exception.message(), row.message) << row.detail;
    EXPECT_EQ(exception.stack(), row.detail);
  }
}

}  // namespace
}  // namespace terrella::edge
