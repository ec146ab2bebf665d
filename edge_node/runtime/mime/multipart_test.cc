#include "edge_node/runtime/mime/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/status.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

// Each part as "name|filename|type|data", "-" for a field's filename.
class Recorder final : public MultipartSink {
 public:
  void OnPart(MultipartPart part) override {
    parts.push_back(part.name + "|" + part.filename.value_or("-") + "|" + part.content_type + "|");
    pieces = 0;
  }
  void OnPartData(std::string_view bytes) override {
    parts.back() += bytes;
    pieces_max = std::max(pieces_max, ++pieces);
  }
  std::vector<std::string> parts;
  size_t pieces = 0;
  size_t pieces_max = 0;
};

absl::Status Parse(std::string_view boundary, std::string_view body, size_t piece_bytes,
                   Recorder& recorder, MultipartLimits limits = {}) {
  MultipartParser parser(boundary, recorder, limits);
  for (size_t i = 0; i < body.size(); i += piece_bytes) {
    RETURN_IF_ERROR(parser.Feed(body.substr(i, piece_bytes)));
  }
  return parser.Finish();
}

std::string Disposition(std::string_view rest) {
  return "--b\r\nContent-Disposition: form-data; " + std::string(rest) + "\r\n\r\n";
}

TEST(Multipart, TellsItsParts) {
  struct Row {
    const char* clause;
    std::string body;
    std::vector<std::string> parts;
  };
  const std::string field = Disposition("name=\"a\"");
  const Row rows[] = {
      {"RFC 7578 4.2 a field", field + "x\r\n--b--\r\n", {"a|-|text/plain|x"}},
      {"RFC 2046 5.1.1 without last CRLF", field + "x\r\n--b--", {"a|-|text/plain|x"}},
      {"RFC 2046 5.1.1 preamble and epilogue",
       "hi\r\n" + field + "x\r\n--b--\r\n--b\r\n",
       {"a|-|text/plain|x"}},
      {"RFC 2046 5.1.1 padding",
       "--b \t\r\n" + field.substr(5) + "x\r\n--b--",
       {"a|-|text/plain|x"}},
      {"RFC 2046 5.1.1 no parts", "--b--\r\n", {}},
      {"empty data", field + "\r\n--b--", {"a|-|text/plain|"}},
      {"RFC 2046 5.1.1 the CRLF may be shared", field + "--b--", {"a|-|text/plain|"}},
      {"data that nearly delimits",
       field + "\r\n--\r\n--c\r\n-\r\r\n--b--",
       {"a|-|text/plain|\r\n--\r\n--c\r\n-\r"}},
      {"data of line ends", field + "\r\n\r\n\r\n--b--", {"a|-|text/plain|\r\n\r\n"}},
      {"several",
       field + "x\r\n" + Disposition("name=a") + "y\r\n--b--",
       {"a|-|text/plain|x", "a|-|text/plain|y"}},
      {"RFC 7578 4.2 a file",
       "--b\r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: Form-Data; NAME=\"a\"; "
       "filename=\"f\"\r\n\r\n"
       "\x89P\r\n--b--",
       {"a|f|image/png|\x89P"}},
      {"RFC 7578 4.2 an empty filename",
       Disposition("name=\"a\"; filename=\"\"") + "\r\n--b--",
       {"a||text/plain|"}},
      {"HTML 4.10.22.8 escapes",
       Disposition("name=\"%22%0D%0A%41\"; filename=\"a;b\\\"") + "\r\n--b--",
       {"\"\r\n%41|a;b\\|text/plain|"}},
      {"RFC 7578 5.1 UTF-8",
       Disposition("name=\"\xC3\xA9\xFF\"") + "\r\n--b--",
       {"\xC3\xA9\xEF\xBF\xBD|-|text/plain|"}},
      {"other fields and parameters",
       "--b\r\nX: y\r\nContent-Disposition: form-data; z; name=a ; q=1\r\n\r\n\r\n--b--",
       {"a|-|text/plain|"}},
  };
  for (const Row& row : rows) {
    for (size_t piece_bytes : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{1000}}) {
      Recorder recorder;
      EXPECT_TRUE(Parse("b", row.body, piece_bytes, recorder).ok()) << row.clause;
      EXPECT_EQ(recorder.parts, row.parts) << row.clause << ", by " << piece_bytes;
      EXPECT_LE(recorder.pieces_max, piece_bytes == 1000 ? 1 : row.body.size()) << row.clause;
    }
  }
}

TEST(Multipart, SaysWhatIsWrong) {
  struct Row {
    std::string body;
    const char* why;
  };
  const std::string field = Disposition("name=\"a\"");
  const Row rows[] = {
      {"", "before its last delimiter"},
      {"x", "before its last delimiter"},
      {field + "x", "before its last delimiter"},
      {field + "x\r\n--b", "before its last delimiter"},
      {field + "x\r\n--b-", "before its last delimiter"},
      {"--b\r\nContent-Disposition: form-data; name=a\r\n", "before its last delimiter"},
      {"--bx\r\n", "followed by 'x'"},
      {"--b\n", "followed by"},
      {"--b\rx", "followed by"},
      {"--b- \r\n", "followed by"},
      {"--b\r\n\r\nx\r\n--b--", "no Content-Disposition"},
      {"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", "no Content-Disposition"},
      {"--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", "expected form-data"},
      {"--b\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--b--", "with a name"},
      {Disposition("name=\"a") + "\r\n--b--", "is not closed"},
      {"--b\r\nnonsense\r\n\r\nx\r\n--b--", "'nonsense'"},
      {"--b\r\n: x\r\n\r\nx\r\n--b--", "': x'"},
  };
  for (const Row& row : rows) {
    for (size_t piece_bytes : {size_t{1}, size_t{4}, size_t{1000}}) {
      Recorder recorder;
      const absl::Status status = Parse("b", row.body, piece_bytes, recorder);
      EXPECT_THAT(std::string(Message(status)), HasSubstr(row.why)) << row.body;
    }
  }
}

// However it arrives: the empty line that ends the greatest header is no part of it.
TEST(Multipart, TakesAHeaderOfTheGreatestLengthInAnyPieces) {
  const std::string header = "content-disposition: form-data; name=\"a\"";
  const std::string body = "--b\r\n" + header + "\r\n\r\nx\r\n--b--";
  for (size_t piece_bytes : {1, 2, 3, 4, 5, 1000}) {
    Recorder recorder;
    EXPECT_TRUE(Parse("b", body, piece_bytes, recorder, {.header_bytes_max = header.size()}).ok())
        << piece_bytes;
    EXPECT_EQ(
        Parse("b", body, piece_bytes, recorder, {.header_bytes_max = header.size() - 1}).code(),
        absl::StatusCode::kResourceExhausted)
        << piece_bytes;
  }
}

TEST(Multipart, KeepsItsLimits) {
  Recorder recorder;
  const std::string field = Disposition("name=\"a\"");
  const MultipartLimits limits{.boundary_bytes_max = 3, .header_bytes_max = 60, .parts_max = 2};
  EXPECT_TRUE(Parse("b", field + field.substr(0, 0) + "--b--", 1000, recorder, limits).ok());
  for (size_t piece_bytes : {size_t{1}, size_t{1000}}) {
    const std::string three = field + "\r\n" + field + "\r\n" + field + "\r\n--b--";
    EXPECT_EQ(Parse("b", three, piece_bytes, recorder, limits).code(),
              absl::StatusCode::kResourceExhausted);
    const std::string wide = Disposition("name=\"" + std::string(60, 'x') + "\"");
    EXPECT_EQ(Parse("b", wide, piece_bytes, recorder, limits).code(),
              absl::StatusCode::kResourceExhausted);
  }
  EXPECT_FALSE(Parse("bbbb", "x", 1000, recorder, limits).ok());
  EXPECT_FALSE(Parse("", "x", 1000, recorder, limits).ok());
}

}  // namespace
}  // namespace terrella::runtime
