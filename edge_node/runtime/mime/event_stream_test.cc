#include "edge_node/runtime/mime/event_stream.h"

#include <gtest/gtest.h>

#include <vector>

namespace terrella::runtime {
namespace {

// Writes down what it is told: "type|data|id" and "retry MS".
class Recorder final : public EventStreamSink {
 public:
  void OnEvent(std::string_view type, std::string_view data, std::string_view last_id) override {
    told.push_back(std::string(type) + "|" + std::string(data) + "|" + std::string(last_id));
  }
  void OnRetry(uint64_t reconnection_ms) override {
    told.push_back("retry " + std::to_string(reconnection_ms));
  }
  std::vector<std::string> told;
};

std::vector<std::string> Parse(std::string_view bytes, size_t piece_bytes) {
  Recorder recorder;
  EventStreamParser parser;
  for (size_t i = 0; i < bytes.size(); i += piece_bytes) {
    EXPECT_TRUE(parser.Feed(bytes.substr(i, piece_bytes), recorder).ok());
  }
  return recorder.told;
}

// HTML Standard, sections 9.2.5 (format) and 9.2.6 (interpretation).
TEST(EventStream, TellsItsEvents) {
  using std::string_literals::operator""s;
  struct Row {
    const char* clause;
    std::string bytes;
    std::vector<std::string> told;
  };
  const Row rows[] = {
      {"9.2.6 an event", "data: a\n\n", {"|a|"}},
      {"9.2.6 one space goes", "data:  a\n\ndata:b\n\n", {"| a|", "|b|"}},
      {"9.2.6 lines of data", "data: a\ndata:\ndata: b\n\n", {"|a\n\nb|"}},
      {"9.2.6 a field without colon", "data\ndata\n\n", {"|\n|"}},
      {"9.2.6 data of nothing", "data\n\n", {"||"}},
      {"9.2.6 no data, no event", "event: x\n\nid: 1\n\ndata: a\n\n", {"|a|1"}},
      {"9.2.6 its type", "event: x\ndata: a\n\ndata: b\n\n", {"x|a|", "|b|"}},
      {"9.2.6 its id stays",
       "id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
       {"|a|7", "|b|7", "|c|"}},
      {"9.2.6 no NUL in ids", "id: 7\nid: a\0b\ndata: a\n\n"s, {"|a|7"}},
      {"9.2.6 comments", ":\n: x\ndata: a\n:data: b\n\n", {"|a|"}},
      {"9.2.6 other fields", "datas: b\n data: c\nDATA: d\ndata: a\n\n", {"|a|"}},
      {"9.2.6 retry", "retry: 300\nretry: 1x\nretry:\nretry: -1\n", {"retry 300"}},
      {"9.2.6 retry at once", "retry: 99999999999999999999999\n", {"retry 18446744073709551615"}},
      {"9.2.6 unfinished", "data: a\n\ndata: b\n", {"|a|"}},
      {"9.2.5 line ends", "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r", {"|a\nb\nc|", "|d|"}},
      {"9.2.5 LF CR is two", "data: a\n\rdata: b\n\n", {"|a|", "|b|"}},
      {"9.2.5 one byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {"|a|"}},
      {"9.2.5 not two",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n",
       {}},
      {"9.2.5 UTF-8", "data: \xC3\xA9\xFF\n\n", {"|\xC3\xA9\xEF\xBF\xBD|"}},
  };
  for (const Row& row : rows) {
    for (size_t piece_bytes : {size_t{1}, size_t{2}, size_t{3}, size_t{1000}}) {
      EXPECT_EQ(Parse(row.bytes, piece_bytes), row.told) << row.clause << ", by " << piece_bytes;
    }
  }
}

TEST(EventStream, GoesOnWithAnId) {
  Recorder recorder;
  EventStreamParser parser("5");
  EXPECT_EQ(parser.last_id(), "5");
  ASSERT_TRUE(parser.Feed("data: a\n\nid: 6\n", recorder).ok());
  EXPECT_EQ(recorder.told, std::vector<std::string>{"|a|5"});
  EXPECT_EQ(parser.last_id(), "5");  // the event of id 6 has not come
  ASSERT_TRUE(parser.Feed("\n", recorder).ok());
  EXPECT_EQ(parser.last_id(), "6");
}

TEST(EventStream, RefusesWhatIsTooLong) {
  Recorder recorder;
  EventStreamParser lines("", {.line_bytes_max = 10});
  ASSERT_TRUE(lines.Feed("data: abcd", recorder).ok());
  EXPECT_EQ(lines.Feed("e", recorder).code(), absl::StatusCode::kResourceExhausted);
  EventStreamParser events("", {.data_bytes_max = 4});
  ASSERT_TRUE(events.Feed("data: ab\n", recorder).ok());
  EXPECT_EQ(events.Feed("data: c\n", recorder).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace terrella::runtime
