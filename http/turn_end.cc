#include "http/turn_end.h"

#include "base/check.h"

namespace terrella::http {

// A prepare handle runs before the loop waits. One that is started while the others run (by the
// work of another turn end) has missed this turn: the idle handle beside it keeps the loop from
// waiting, so that its turn comes at once.
struct TurnEnd::Handle {
  uv_prepare_t prepare;
  uv_idle_t idle;
  std::function<void()> callback;
};

TurnEnd::TurnEnd(EventLoop& loop, std::function<void()> callback)
    : handle_(new Handle{{}, {}, std::move(callback)}) {
  CHECK(uv_prepare_init(loop.uv(), &handle_->prepare) == 0);
  CHECK(uv_idle_init(loop.uv(), &handle_->idle) == 0);
  handle_->prepare.data = handle_;
  handle_->idle.data = handle_;
}

TurnEnd::~TurnEnd() {
  // One after the other: both must be closed before they are freed.
  uv_idle_stop(&handle_->idle);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->prepare), [](uv_handle_t* closed) {
    auto* handle = static_cast<Handle*>(closed->data);
    uv_close(reinterpret_cast<uv_handle_t*>(&handle->idle),
             [](uv_handle_t* last) { delete static_cast<Handle*>(last->data); });
  });
}

void TurnEnd::Schedule() {
  // Starting an active handle does nothing.
  uv_idle_start(&handle_->idle, [](uv_idle_t*) {});
  uv_prepare_start(&handle_->prepare, [](uv_prepare_t* prepare) {
    auto* handle = static_cast<Handle*>(prepare->data);
    uv_prepare_stop(prepare);
    uv_idle_stop(&handle->idle);
    handle->callback();
  });
}

}  // namespace terrella::http
