// InBody: a body that comes from outside, as JavaScript reads it: chunk by chunk, or gathered
// whole.
//
// Until JavaScript asks, nothing is read, so a body that is only forwarded (TakeSource) never
// enters the heap. One read is outstanding at a time; the source is paused in between. JavaScript
// reads a body decoded; what is forwarded with its Content-Encoding stays as it came.
//
// Thread: the isolate's. Owned by its IoContext.
#pragma once

#include <v8.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge_node/runtime/counted_bytes.h"
#include "http/message/body.h"

namespace terrella::runtime {

class IoContext;

class InBody final : public http::BodySource::Reader {
 public:
  enum class Want { kText, kBytes };

  // `coding`: the Content-Encoding it came with, when that is to be decoded; else empty.
  InBody(IoContext& io, uint32_t id, std::unique_ptr<http::BodySource> source, std::string coding);
  ~InBody() override;

  // The next chunk as a Uint8Array, or null at the end. When it is not there yet: undefined, and
  // `receiver` is told in a later turn (js/readable_stream.js, bodyArrived). Empty with an
  // exception pending when the body broke or memory is short.
  v8::MaybeLocal<v8::Value> ReadChunk(v8::Local<v8::Object> receiver);
  // A promise of all that is left, as a string or a Uint8Array.
  v8::Local<v8::Promise> Gather(Want want);
  // A read is outstanding.
  bool waiting() const { return !receiver_.IsEmpty() || !gatherer_.IsEmpty(); }
  // Reads fail from now on, with `reason`; the source is given up.
  void Abort(v8::Local<v8::Value> reason);
  // What has not been read, for forwarding with the Content-Encoding `coding`: as it came if it
  // still is in that coding, else decoded; null when a read is outstanding.
  std::unique_ptr<http::BodySource> TakeSource(std::string_view coding);
  const std::string& coding() const { return coding_; }
  // Who in JavaScript waits for its end, while others move it (IoContext::TellWatcher).
  std::vector<uint32_t>& watchers() { return watchers_; }

 private:
  enum class Mode { kIdle, kChunk, kGather };

  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  void Begin(Mode mode);
  void Decode();
  bool satisfied() const;
  void WakeReader();
  void Tell();
  void TellReceiver();
  void SettleGather();
  // The bytes that are there as a Uint8Array, or null; empty with an exception pending.
  v8::MaybeLocal<v8::Value> TakeChunk();
  v8::MaybeLocal<v8::Value> TakeText();
  v8::MaybeLocal<v8::Value> TakeAll();
  v8::Local<v8::Value> Error() const;

  IoContext& io_;
  const uint32_t id_;
  std::vector<uint32_t> watchers_;
  std::unique_ptr<http::BodySource> source_;
  std::string coding_;  // of what `source_` gives, if not decoded yet
  CountedBytes buffer_;
  bool ended_ = false;
  bool woken_ = false;
  absl::Status error_;
  Mode mode_ = Mode::kIdle;
  Want want_ = Want::kText;
  v8::Global<v8::Object> receiver_;
  v8::Global<v8::Promise::Resolver> gatherer_;
  v8::Global<v8::Value> abort_reason_;
};

}  // namespace terrella::runtime
