#include "edge_node/runtime/compression/coded_body.h"

#include <utility>

#include "base/status.h"

namespace terrella::runtime {
namespace {

constexpr size_t kStepBytes = 64 * 1024;

// RFC 1950 section 2.2: method 8, and the first two bytes are a multiple of 31.
bool HasZlibHeader(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<uint8_t>(bytes[0]), second = static_cast<uint8_t>(bytes[1]);
  return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

absl::Status Trailing() {
  return InvalidArgument("there is data after the end of the compressed stream");
}

}  // namespace

CodedBody::CodedBody(std::unique_ptr<http::BodySource> source, const Options& options,
                     std::unique_ptr<CodingMeter> meter)
    : source_(std::move(source)), options_(options), meter_(std::move(meter)) {}

CodedBody::~CodedBody() {
  if (destroyed_ != nullptr) *destroyed_ = true;
}

void CodedBody::Read(http::BodySource::Reader& reader) {
  reader_ = &reader;
  reading_ = true;
  if (destroyed_ == nullptr) Drive();  // else it is on the stack and goes on
}

void CodedBody::OnBodyData(std::string_view bytes) {
  heard_ = true;
  source_->Pause();
  if (dropping_ && options_.is_strict && !bytes.empty() && error_.ok()) error_ = Trailing();
  if (dropping_ || !error_.ok()) bytes = {};
  input_.erase(0, std::exchange(input_used_, 0));
  input_ += bytes;
  if (destroyed_ == nullptr) Drive();
}

void CodedBody::OnBodyEnd() {
  heard_ = true;
  ended_ = true;
  if (destroyed_ == nullptr) Drive();
}

void CodedBody::OnBodyError(const absl::Status& status) {
  heard_ = true;
  error_ = status;
  if (destroyed_ == nullptr) Drive();
}

void CodedBody::Drive() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  while (reading_ && !told_end_) {
    if (Produce()) {
      if (output_.empty()) continue;
      reader_->OnBodyData(output_);
      if (destroyed) return;
      output_.clear();
      continue;
    }
    if (ended_ || !error_.ok()) {
      TellEnd();
      if (destroyed) return;
      continue;
    }
    heard_ = false;
    source_->Read(*this);  // may call back from here
    if (!heard_) break;
  }
  destroyed_ = nullptr;
}

void CodedBody::TellEnd() {
  told_end_ = true;
  http::BodySource::Reader& reader = *reader_;
  if (error_.ok()) return reader.OnBodyEnd();
  const absl::Status error = error_;
  reader.OnBodyError(error);
}

bool CodedBody::ChooseCodec() {
  if (codec_ != nullptr) return true;
  const CodecFormat format = options_.format;
  if (options_.direction == Direction::kEncode) {
    codec_ = MakeCompressor(format);
    return true;
  }
  if (left().empty() && !options_.is_strict) return false;
  if (format != CodecFormat::kDeflate || options_.is_strict) {
    codec_ = MakeDecompressor(format);
    return true;
  }
  if (left().size() < 2 && !ended_) return false;
  codec_ =
      MakeDecompressor(HasZlibHeader(left()) ? CodecFormat::kDeflate : CodecFormat::kDeflateRaw);
  return true;
}

absl::StatusOr<Codec::Progress> CodedBody::RunCodec(std::string_view& in) {
  using Flush = Codec::Flush;
  const bool is_prompt = options_.direction == Direction::kEncode && !options_.is_strict;
  const Flush flush = ended_ ? Flush::kEnd : is_prompt ? Flush::kSync : Flush::kNone;
  if (meter_ != nullptr) meter_->BeginStep();
  auto progress = codec_->Run(in, flush, kStepBytes, output_);
  if (meter_ != nullptr) RETURN_IF_ERROR(meter_->EndStep(codec_->memory_bytes()));
  if (progress.ok() || options_.is_strict) return progress;
  return InvalidArgument("the body's content coding: {}", Message(progress.status()));
}

bool CodedBody::Produce() {
  if (dropping_ || !error_.ok()) return false;
  if (left().empty() && !more_ && !ended_) return false;
  if (!ChooseCodec()) return false;
  std::string_view in = left();
  const auto progress = RunCodec(in);
  input_used_ = input_.size() - in.size();
  if (!progress.ok()) {
    error_ = progress.status();
    return !output_.empty();
  }
  more_ = *progress == Codec::Progress::kMore;
  if (*progress == Codec::Progress::kEnd) TakeEndOfStream();
  return more_ || !output_.empty() || !left().empty();
}

// A gzip file may have several members (RFC 1952 section 2.2).
void CodedBody::TakeEndOfStream() {
  if (options_.direction == Direction::kDecode && options_.format == CodecFormat::kGzip &&
      !options_.is_strict && left().starts_with('\x1f')) {
    codec_ = MakeDecompressor(options_.format);
    return;
  }
  if (options_.is_strict && !left().empty()) error_ = Trailing();
  dropping_ = true;
  input_used_ = input_.size();
}

}  // namespace terrella::runtime
