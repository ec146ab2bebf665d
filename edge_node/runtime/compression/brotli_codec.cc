#include "edge_node/runtime/compression/brotli_codec.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/compression/counted_memory.h"

namespace terrella::runtime {
namespace {

// About zlib's default in time, well ahead of it in size; 11, the library's own default, takes a
// hundred times longer.
constexpr uint32_t kQuality = 5;
constexpr uint32_t kWindowBits = 18;
// The best two qualities take a millisecond for a KiB, and nothing can end them within a step.
constexpr uint32_t kSlowQualityMin = 10;
constexpr uint32_t kSlowBlockBits = 16;

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

class BrotliCompressor final : public Codec {
 public:
  explicit BrotliCompressor(const CodecOptions& options)
      : brotli_(
            BrotliEncoderCreateInstance(&CountedMemory::Allocate, &CountedMemory::Free, &memory_)) {
    CHECK(brotli_ != nullptr);
    const uint32_t quality = static_cast<uint32_t>(options.level.value_or(kQuality));
    Set(BROTLI_PARAM_QUALITY, quality);
    Set(BROTLI_PARAM_LGWIN, static_cast<uint32_t>(options.window_bits.value_or(kWindowBits)));
    Set(BROTLI_PARAM_MODE, static_cast<uint32_t>(options.strategy.value_or(0)));
    if (quality < kSlowQualityMin) return;
    Set(BROTLI_PARAM_LGBLOCK, kSlowBlockBits);
    in_bytes_max_ = size_t{1} << kSlowBlockBits;
  }
  ~BrotliCompressor() override { BrotliEncoderDestroyInstance(brotli_); }

  absl::StatusOr<Progress> Run(std::string_view& in, Flush flush, size_t out_bytes_max,
                               std::string& out) override {
    constexpr BrotliEncoderOperation kOperation[] = {
        BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH};
    const size_t begin = out.size();
    out.resize(begin + out_bytes_max);
    const size_t in_bytes = std::min(in.size(), in_bytes_max_);
    const auto operation =
        in_bytes == in.size() ? kOperation[static_cast<int>(flush)] : BROTLI_OPERATION_PROCESS;
    size_t in_left = in_bytes, out_left = out_bytes_max;
    const uint8_t* next_in = Bytes(in);
    auto* next_out = reinterpret_cast<uint8_t*>(out.data() + begin);
    const bool ok = BrotliEncoderCompressStream(brotli_, operation, &in_left, &next_in, &out_left,
                                                &next_out, nullptr) == BROTLI_TRUE;
    in.remove_prefix(in_bytes - in_left);
    out.resize(begin + out_bytes_max - out_left);
    if (!ok) return ResourceExhausted("the Brotli compressor found no memory");
    if (BrotliEncoderIsFinished(brotli_)) return Progress::kEnd;
    const bool more = BrotliEncoderHasMoreOutput(brotli_) || !in.empty();
    return more ? Progress::kMore : Progress::kHungry;
  }
  size_t memory_bytes() const override { return memory_.bytes(); }

 private:
  void Set(BrotliEncoderParameter parameter, uint32_t value) {
    CHECK(BrotliEncoderSetParameter(brotli_, parameter, value) == BROTLI_TRUE);
  }

  CountedMemory memory_;
  BrotliEncoderState* brotli_;
  size_t in_bytes_max_ = SIZE_MAX;  // of one step
};

class BrotliDecompressor final : public Codec {
 public:
  BrotliDecompressor()
      : brotli_(
            BrotliDecoderCreateInstance(&CountedMemory::Allocate, &CountedMemory::Free, &memory_)) {
    CHECK(brotli_ != nullptr);
  }
  ~BrotliDecompressor() override { BrotliDecoderDestroyInstance(brotli_); }

  absl::StatusOr<Progress> Run(std::string_view& in, Flush flush, size_t out_bytes_max,
                               std::string& out) override {
    const size_t begin = out.size();
    out.resize(begin + out_bytes_max);
    size_t in_left = in.size(), out_left = out_bytes_max;
    const uint8_t* next_in = Bytes(in);
    auto* next_out = reinterpret_cast<uint8_t*>(out.data() + begin);
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(brotli_, &in_left, &next_in, &out_left, &next_out, nullptr);
    in.remove_prefix(in.size() - in_left);
    out.resize(begin + out_bytes_max - out_left);
    switch (result) {
      case BROTLI_DECODER_RESULT_SUCCESS:
        return Progress::kEnd;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return Progress::kMore;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        if (flush != Flush::kEnd) return Progress::kHungry;
        return InvalidArgument("the compressed data is cut short");
      case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    return InvalidArgument("malformed compressed data: {}",
                           BrotliDecoderErrorString(BrotliDecoderGetErrorCode(brotli_)));
  }
  size_t memory_bytes() const override { return memory_.bytes(); }

 private:
  CountedMemory memory_;
  BrotliDecoderState* brotli_;
};

}  // namespace

std::unique_ptr<Codec> MakeBrotliCompressor(const CodecOptions& options) {
  return std::make_unique<BrotliCompressor>(options);
}
std::unique_ptr<Codec> MakeBrotliDecompressor() {
  return std::make_unique<BrotliDecompressor>();
}

}  // namespace terrella::runtime
