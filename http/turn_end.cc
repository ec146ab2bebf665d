#include "http/turn_end.h"

#include "base/check.h"

namespace terrella::http {

struct TurnEnd::Handle {
  uv_prepare_t prepare;
  std::function<void()> callback;
};

TurnEnd::TurnEnd(EventLoop& loop, std::function<void()> callback)
    : handle_(new Handle{{}, std::move(callback)}) {
  CHECK(uv_prepare_init(loop.uv(), &handle_->prepare) == 0);
  handle_->prepare.data = handle_;
}

TurnEnd::~TurnEnd() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->prepare),
           [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
}

void TurnEnd::Schedule() {
  // Starting an active handle does nothing.
  uv_prepare_start(&handle_->prepare, [](uv_prepare_t* prepare) {
    uv_prepare_stop(prepare);
    static_cast<Handle*>(prepare->data)->callback();
  });
}

}  // namespace terrella::http
