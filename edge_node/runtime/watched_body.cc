#include "edge_node/runtime/watched_body.h"

#include <utility>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "http/message/passing_body.h"

namespace terrella::runtime {
namespace {

class WatchedBody final : public http::PassingBody {
 public:
  WatchedBody(std::unique_ptr<http::BodySource> source, IoContext& io, uint32_t watcher)
      : PassingBody(std::move(source)),
        isolate_(io.state().handle()),
        io_(io.id()),
        watcher_(watcher) {}
  ~WatchedBody() override { Tell(Cancelled("nobody reads the body any more")); }

 private:
  void OnBodyEnd() override {
    Tell(absl::OkStatus());
    PassingBody::OnBodyEnd();
  }
  void OnBodyError(const absl::Status& status) override {
    Tell(status);
    PassingBody::OnBodyError(status);
  }
  void Tell(const absl::Status& status) {
    if (std::exchange(told_, true)) return;
    IoContext* io = *isolate_ == nullptr ? nullptr : (*isolate_)->FindIo(io_);
    if (io != nullptr) io->TellWatcher(watcher_, status);
  }

  const std::shared_ptr<IsolateState*> isolate_;
  const uint32_t io_;
  const uint32_t watcher_;
  bool told_ = false;
};

}  // namespace

std::unique_ptr<http::BodySource> WatchBody(std::unique_ptr<http::BodySource> source, IoContext& io,
                                            uint32_t watcher) {
  return std::make_unique<WatchedBody>(std::move(source), io, watcher);
}

}  // namespace terrella::runtime
