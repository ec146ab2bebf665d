// PassingBody: a body handed on as it comes. What is derived from it overrides the moments it wants
// to see.
//
// Thread: the loop the message lives on. Owns: the inner source.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "http/message/body.h"

namespace terrella::http {

class PassingBody : public BodySource, protected BodySource::Reader {
 public:
  explicit PassingBody(std::unique_ptr<BodySource> source) : source_(std::move(source)) {}

  std::optional<uint64_t> length_bytes() const override { return source_->length_bytes(); }
  void Read(BodySource::Reader& reader) override {
    reader_ = &reader;
    source_->Read(*this);
  }
  void Pause() override { source_->Pause(); }

 protected:
  // Each may destroy this.
  void OnBodyData(std::string_view bytes) override { reader_->OnBodyData(bytes); }
  void OnBodyTrailers(Headers&& trailers) override { reader_->OnBodyTrailers(std::move(trailers)); }
  void OnBodyEnd() override { reader_->OnBodyEnd(); }
  void OnBodyError(const absl::Status& status) override { reader_->OnBodyError(status); }

 private:
  const std::unique_ptr<BodySource> source_;
  BodySource::Reader* reader_ = nullptr;
};

}  // namespace terrella::http
