// Exchange::Sink: the BodySink of a streamed answer.
#pragma once

#include <functional>

#include "http/server/server.h"

namespace terrella::http {

class Exchange::Sink final : public BodySink {
 public:
  explicit Sink(Exchange& exchange) : exchange_(exchange) {}

  bool Write(std::string_view bytes) override;
  void SetTrailers(Headers&& trailers) override;
  void End() override;
  void Abort(const absl::Status& status) override;
  void set_drained_callback(std::function<void()> drained) override {
    drained_ = std::move(drained);
  }
  // The connection's side.
  void Drained();

 private:
  Exchange& exchange_;
  std::function<void()> drained_;
};

}  // namespace terrella::http
