// InBody: a body that comes from outside, as JavaScript reads it: chunk by chunk, or collected.
//
// Until JavaScript asks, nothing is read, so a body that is only forwarded (TakeSource) never
// enters the heap. One read is outstanding at a time; the source is paused in between.
//
// Thread: the isolate's. Owned by its IoContext.
#pragma once

#include <v8.h>

#include <memory>
#include <string>

#include "http/message/body.h"

namespace terrella::runtime {

class IoContext;

class InBody final : public http::BodySource::Reader {
 public:
  enum class Want { kChunk, kText, kBytes };

  InBody(IoContext& io, uint32_t id, std::unique_ptr<http::BodySource> source);
  ~InBody() override;

  std::optional<uint64_t> length_bytes() const { return source_->length_bytes(); }
  // A promise of the next chunk (a Uint8Array; undefined at the end), of all text, or of all bytes.
  v8::Local<v8::Promise> Read(Want want);
  // A read is outstanding.
  bool waiting() const { return !reader_.IsEmpty(); }
  // The untouched source, for forwarding; null once reading has begun.
  std::unique_ptr<http::BodySource> TakeSource();

 private:
  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  bool satisfied() const;
  void WakeReader();
  void Settle();

  IoContext& io_;
  const uint32_t id_;
  std::unique_ptr<http::BodySource> source_;
  std::string buffer_;
  bool touched_ = false;
  bool ended_ = false;
  bool woken_ = false;
  absl::Status error_;
  Want want_ = Want::kChunk;
  v8::Global<v8::Promise::Resolver> reader_;
};

}  // namespace terrella::runtime
