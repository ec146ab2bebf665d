// CodedBody: a BodySource over another one, through one codec.
//
// Thread: the body's. Owns: the inner source. Invariants: the inner source is paused while there is
// input that was not used; nothing is delivered while the reader has paused.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "edge_node/runtime/compression/codec.h"
#include "http/message/body.h"

namespace terrella::runtime {

// What a body's coding costs, told around each step of the codec.
class CodingMeter {
 public:
  virtual ~CodingMeter() = default;
  virtual void BeginStep() = 0;
  // `codec_bytes`: what the codec holds now. An error ends the body.
  virtual absl::Status EndStep(size_t codec_bytes) = 0;
};

class CodedBody final : public http::BodySource, http::BodySource::Reader {
 public:
  enum class Direction { kDecode, kEncode };

  struct Options {
    CodecFormat format = CodecFormat::kGzip;
    Direction direction = Direction::kDecode;
    // As Compression Streams have it: one stream up to its end, nothing behind it, and output when
    // there is enough for some. Else as HTTP has it (content_coding.h).
    bool is_strict = false;
  };

  // `meter` may be null.
  CodedBody(std::unique_ptr<http::BodySource> source, const Options& options,
            std::unique_ptr<CodingMeter> meter = nullptr);
  ~CodedBody() override;

  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(http::BodySource::Reader& reader) override;
  void Pause() override { reading_ = false; }

 private:
  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  // Goes on until the reader pauses, the end is told, or the source owes more.
  void Drive();
  // Puts some output into `output_`; true while it can.
  bool Produce();
  // False while too little has come to know which codec it takes.
  bool ChooseCodec();
  absl::StatusOr<Codec::Progress> RunCodec(std::string_view& in);
  void TakeEndOfStream();
  void TellEnd();
  std::string_view left() const { return std::string_view(input_).substr(input_used_); }

  const std::unique_ptr<http::BodySource> source_;
  const Options options_;
  const std::unique_ptr<CodingMeter> meter_;
  std::unique_ptr<Codec> codec_;  // made when the first byte comes
  std::string input_;
  size_t input_used_ = 0;
  std::string output_;
  bool more_ = false;      // the codec has output without input
  bool heard_ = false;     // the source called back since it was last asked
  bool ended_ = false;     // the source's end has come
  bool dropping_ = false;  // the coded stream has ended, what follows does not count or is wrong
  bool told_end_ = false;
  absl::Status error_;
  http::BodySource::Reader* reader_ = nullptr;
  bool reading_ = false;
  bool* destroyed_ = nullptr;  // set while Drive runs
};

}  // namespace terrella::runtime
