#include "edge_node/runtime/compression/content_coding.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "base/status.h"

namespace terrella::runtime {
namespace {

using http::BodySource;

// Gives its bytes in pieces, one a Read, from within it.
class PieceSource final : public BodySource {
 public:
  PieceSource(std::string bytes, size_t piece_bytes, absl::Status end = absl::OkStatus())
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes), end_(std::move(end)) {}
  std::optional<uint64_t> length_bytes() const override { return bytes_.size(); }
  void Read(Reader& reader) override {
    ++reads;
    if (at_ < bytes_.size()) {
      const std::string piece = bytes_.substr(at_, piece_bytes_);
      at_ += piece.size();
      reader.OnBodyData(piece);
    } else if (end_.ok()) {
      reader.OnBodyEnd();
    } else {
      reader.OnBodyError(end_);
    }
  }
  void Pause() override {}
  int reads = 0;

 private:
  const std::string bytes_;
  const size_t piece_bytes_;
  const absl::Status end_;
  size_t at_ = 0;
};

class Collected final : public BodySource::Reader {
 public:
  void OnBodyData(std::string_view bytes) override {
    text += bytes;
    longest = std::max(longest, bytes.size());
    if (on_data) on_data();
  }
  void OnBodyEnd() override { ended = true; }
  void OnBodyError(const absl::Status& status) override { error = status; }
  std::string text;
  size_t longest = 0;
  bool ended = false;
  absl::Status error;
  std::function<void()> on_data;
};

std::vector<CodecFormat> Codings(std::string_view value) {
  return *ParseContentCodings(value);
}

std::string Encoded(std::string_view codings, std::string text) {
  Collected got;
  EncodeContent(http::MakeStringBody(std::move(text)), Codings(codings))->Read(got);
  EXPECT_TRUE(got.ended);
  return got.text;
}

// Asks again and again until the end.
Collected Decoded(std::string_view codings, std::string bytes, size_t piece_bytes = 1000,
                  absl::Status end = absl::OkStatus()) {
  Collected got;
  auto body = DecodeContent(std::make_unique<PieceSource>(std::move(bytes), piece_bytes, end),
                            Codings(codings));
  body->Read(got);
  EXPECT_TRUE(got.ended || !got.error.ok());
  return got;
}

TEST(ContentCoding, ReadsItsHeader) {
  // RFC 9110 section 8.4: a list, without case, in the order applied.
  using enum CodecFormat;
  EXPECT_EQ(ParseContentCodings(""), std::vector<CodecFormat>{});
  EXPECT_EQ(ParseContentCodings("identity"), std::vector<CodecFormat>{});
  EXPECT_EQ(ParseContentCodings("GZip"), std::vector{kGzip});
  EXPECT_EQ(ParseContentCodings("x-gzip"), std::vector{kGzip});
  EXPECT_EQ(ParseContentCodings(" br ,, deflate\t"), (std::vector{kBrotli, kDeflate}));
  EXPECT_EQ(ParseContentCodings("gzip, zstd"), std::nullopt);
  EXPECT_EQ(ParseContentCodings("gzip,gzip,gzip,gzip,gzip"), std::nullopt);
}

TEST(ContentCoding, SurvivesTheRoundTrip) {
  const std::string text = std::string(300'000, 'x') + "end";
  for (const char* codings : {"gzip", "deflate", "br", "gzip, br"}) {
    const std::string bytes = Encoded(codings, text);
    for (size_t piece_bytes : {size_t{1}, size_t{13}, bytes.size()}) {
      const Collected got = Decoded(codings, bytes, piece_bytes);
      EXPECT_TRUE(got.ended) << codings << got.error;
      EXPECT_TRUE(got.text == text) << codings;
    }
  }
}

TEST(ContentCoding, IsAsForgivingAsBrowsersAre) {
  const std::string member = Encoded("gzip", "hi");
  EXPECT_EQ(Decoded("gzip", member + member).text, "hihi");  // RFC 1952 section 2.2
  EXPECT_EQ(Decoded("gzip", member + "garbage", 3).text, "hi");
  EXPECT_EQ(Decoded("deflate", "\xcb\xc8\x04\x00" + std::string(1, '\0'), 1).text, "hi");
  for (const char* coding : {"gzip", "deflate", "br"}) {
    EXPECT_TRUE(Decoded(coding, "").ended) << coding;  // an empty body stays one
  }
}

TEST(ContentCoding, TellsErrorsAfterWhatCameBefore) {
  const std::string bytes = Encoded("gzip", "hello");
  const Collected cut = Decoded("gzip", bytes.substr(0, bytes.size() - 1), 1);
  EXPECT_EQ(cut.text, "hello");
  EXPECT_EQ(cut.error.code(), absl::StatusCode::kInvalidArgument);
  const Collected lost = Decoded("gzip", bytes.substr(0, bytes.size() - 1), 1, Unavailable("gone"));
  EXPECT_EQ(lost.text, "hello");
  EXPECT_EQ(Message(lost.error), "gone");
  EXPECT_FALSE(Decoded("br", "\xff\xff\xff\xff").error.ok());
}

TEST(ContentCoding, KeepsItsReadersPace) {
  // 10 MB in 10 KB: a reader that pauses gets one step at a time.
  auto source = std::make_unique<PieceSource>(Encoded("gzip", std::string(10 << 20, 'x')), 1 << 20);
  PieceSource* raw = source.get();
  auto body = DecodeContent(std::move(source), Codings("gzip"));
  Collected got;
  got.on_data = [&] { body->Pause(); };
  body->Read(got);
  EXPECT_EQ(raw->reads, 1);
  EXPECT_LE(got.text.size(), 64u << 10);
  int steps = 1;
  while (!got.ended) {
    body->Read(got);
    ASSERT_LT(++steps, 1000);
  }
  EXPECT_EQ(got.text.size(), 10u << 20);
  EXPECT_LE(got.longest, 64u << 10);
}

TEST(ContentCoding, MayBeDestroyedByItsReader) {
  auto body = DecodeContent(http::MakeStringBody(Encoded("gzip", std::string(1 << 20, 'x'))),
                            Codings("gzip"));
  Collected got;
  got.on_data = [&] { body.reset(); };
  body->Read(got);
  EXPECT_LE(got.text.size(), 64u << 10);
}

TEST(ContentCoding, PassesOnEachPieceAtOnce) {
  Collected got;
  auto body = EncodeContent(std::make_unique<PieceSource>("abcdef", 3), Codings("gzip"));
  got.on_data = [&] { body->Pause(); };
  body->Read(got);
  std::string_view in = got.text;
  std::string text;
  ASSERT_TRUE(MakeDecompressor(CodecFormat::kGzip)->Run(in, Codec::Flush::kNone, 100, text).ok());
  EXPECT_EQ(text, "abc");
}

}  // namespace
}  // namespace terrella::runtime
