// native.compression: one codec of a CompressionStream, a DecompressionStream or node:zlib, step by
// step.
//
// A codec lives in an array buffer's backing store, which JavaScript holds and never looks into:
// its memory counts toward the worker's cap, and it goes when the buffer does.
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/buffer_allocator.h"
#include "edge_node/runtime/compression/codec.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// What one step takes and gives at most. Between steps a turn that took too long can be ended.
constexpr size_t kInBytesMax = 256 * 1024;
constexpr size_t kOutBytesMax = 64 * 1024;

struct OpenCodec {
  std::shared_ptr<BufferAllocator> allocator;
  std::unique_ptr<Codec> codec;
  size_t counted_bytes = 0;  // of the codec, taken from the allocator
  std::string output;

  ~OpenCodec() { allocator->GiveBack(counted_bytes); }
  // Keeps the count true; false when the worker has no memory for it.
  bool Count() {
    const size_t bytes = codec->memory_bytes();
    if (bytes > counted_bytes && !allocator->Take(bytes - counted_bytes)) return false;
    if (bytes < counted_bytes) allocator->GiveBack(counted_bytes - bytes);
    counted_bytes = bytes;
    return true;
  }
};

// Null after a TypeError when it is closed: js/ may be led here by what a worker patched.
OpenCodec* CodecOf(const Info& info) {
  void* data = info[0]->IsArrayBuffer() ? info[0].As<v8::ArrayBuffer>()->Data() : nullptr;
  if (data == nullptr) ThrowTypeError(info.GetIsolate(), "the codec is closed");
  return static_cast<OpenCodec*>(data);
}

void ThrowOutOfMemory(v8::Isolate* isolate) {
  ThrowRangeError(isolate, "the worker has no memory left for the codec");
}

// level, window bits, memory level, strategy: integers of the range the format has, or undefined;
// dictionary: bytes or undefined
CodecOptions OptionsOf(const Info& info, int first) {
  auto number = [&](int index) -> std::optional<int> {
    if (!info[index]->IsInt32()) return std::nullopt;
    return info[index].As<v8::Int32>()->Value();
  };
  return {.level = number(first),
          .window_bits = number(first + 1),
          .memory_level = number(first + 2),
          .strategy = number(first + 3),
          .dictionary = std::string(BytesOf(info[first + 4]))};
}

constexpr size_t kDictionaryBytesMax = 1 << 20;

bool Within(const std::optional<int>& value, int least, int most) {
  return !value.has_value() || (*value >= least && *value <= most);
}

// Whether the library takes them; js/ has checked, but with functions that a worker may patch.
bool AreTaken(CodecFormat format, bool decompresses, const CodecOptions& options) {
  if (options.dictionary.size() > kDictionaryBytesMax) return false;
  if (format == CodecFormat::kBrotli) {
    return Within(options.level, 0, 11) && Within(options.window_bits, 10, 22) &&
           Within(options.strategy, 0, 2);
  }
  const int window_min = format == CodecFormat::kDeflate ? 8 : 9;
  const bool window = decompresses ? options.window_bits == 0 || Within(options.window_bits, 8, 15)
                                   : Within(options.window_bits, window_min, 15);
  return window && Within(options.level, -1, 9) && Within(options.memory_level, 1, 9) &&
         Within(options.strategy, 0, 4) &&
         (options.dictionary.empty() || decompresses || format != CodecFormat::kGzip);
}

// open(format, decompress, level, windowBits, memLevel, strategy, dictionary) -> a codec
void Open(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const uint32_t number = info[0]->IsUint32() ? info[0].As<v8::Uint32>()->Value() : UINT32_MAX;
  const auto format = static_cast<CodecFormat>(number);
  const CodecOptions options = OptionsOf(info, 2);
  if (number > static_cast<uint32_t>(CodecFormat::kBrotli) ||
      !AreTaken(format, info[1]->IsTrue(), options)) {
    return ThrowRangeError(isolate, "the codec has no such format or options");
  }
  auto open = std::make_unique<OpenCodec>();
  open->allocator = IsolateState::From(isolate)->allocator();
  open->codec =
      info[1]->IsTrue() ? MakeDecompressor(format, options) : MakeCompressor(format, options);
  if (!open->Count()) {
    isolate->LowMemoryNotification();  // others may be waiting to be collected
    if (!open->Count()) return ThrowOutOfMemory(isolate);
  }
  // The length says what collecting the buffer would free.
  const size_t bytes = sizeof(OpenCodec) + open->counted_bytes;
  auto store = v8::ArrayBuffer::NewBackingStore(
      open.release(), bytes,
      [](void* data, size_t, void*) { delete static_cast<OpenCodec*>(data); }, nullptr);
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

// run(codec, bytes, offset, flush) -> how many of the bytes from the offset on it took; whether
// there is more to come out of those (or the stream has ended) is what `progress` then says.
// `flush`, a Codec::Flush, has force once all bytes are in.
void Run(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  OpenCodec* const open = CodecOf(info);
  if (open == nullptr) return;
  const uint32_t flush = info[3]->IsUint32() ? info[3].As<v8::Uint32>()->Value() : UINT32_MAX;
  if (flush > static_cast<uint32_t>(Codec::Flush::kEnd)) {
    return ThrowRangeError(isolate, "the codec has no such flush");
  }
  std::string_view bytes = BytesOf(info[1]);
  bytes.remove_prefix(std::min<size_t>(bytes.size(), info[2].As<v8::Uint32>()->Value()));
  std::string_view piece = bytes.substr(0, kInBytesMax);
  const size_t size = piece.size();
  const auto now = size == bytes.size() ? static_cast<Codec::Flush>(flush) : Codec::Flush::kNone;
  const auto progress = open->codec->Run(piece, now, kOutBytesMax, open->output);
  if (!progress.ok()) return ThrowTypeError(isolate, Message(progress.status()));
  if (!open->Count()) return ThrowOutOfMemory(isolate);
  const double taken = static_cast<double>(size - piece.size());
  v8::Local<v8::Value> result[] = {v8::Number::New(isolate, taken),
                                   v8::Integer::New(isolate, static_cast<int>(*progress))};
  info.GetReturnValue().Set(v8::Array::New(isolate, result, 2));
}

// take(codec) -> what has come out, or undefined
void Take(const Info& info) {
  OpenCodec* const open = CodecOf(info);
  if (open == nullptr || open->output.empty()) return;
  v8::Local<v8::Value> bytes;
  if (NewUint8Array(info.GetIsolate(), open->output).ToLocal(&bytes)) {
    info.GetReturnValue().Set(bytes);
  }
  open->output.clear();
}

// close(codec): frees it now.
void Close(const Info& info) {
  if (info[0]->IsArrayBuffer()) info[0].As<v8::ArrayBuffer>()->Detach();
}

// crc32(bytes, value) -> the CRC-32 of what had `value`, and the bytes
void Crc32(const Info& info) {
  const std::string_view bytes = BytesOf(info[0]);
  info.GetReturnValue().Set(
      static_cast<uint32_t>(crc32_z(info[1].As<v8::Uint32>()->Value(),
                                    reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())));
}

constexpr NativeFunction kFunctions[] = {
    {"open", Open}, {"run", Run}, {"take", Take}, {"close", Close}, {"crc32", Crc32}};

}  // namespace

std::span<const NativeFunction> CompressionFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
