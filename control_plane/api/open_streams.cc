#include "control_plane/api/open_streams.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control_plane/access/token_book.h"

namespace terrella::control {

OpenStreams::~OpenStreams() {
  for (const auto& [id, one] : open_) grpc_call_unref(one.stream);
}

uint64_t OpenStreams::Add(grpc_call* stream, std::shared_ptr<Call> call) {
  grpc_call_ref(stream);
  const std::lock_guard lock(mutex_);
  open_[++last_id_] = {stream, std::move(call)};
  return last_id_;
}

void OpenStreams::Remove(uint64_t id) {
  Stream gone;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(id);
    if (it == open_.end()) return;
    gone = std::move(it->second);
    open_.erase(it);
  }
  grpc_call_unref(gone.stream);
}

std::optional<WallTime> OpenStreams::EndLapsed() {
  std::vector<std::pair<Stream, absl::Status>> lapsed;
  std::optional<WallTime> next;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = open_.begin(); it != open_.end();) {
      const Caller& caller = it->second.call->caller();
      if (absl::Status status = tokens_.Check(caller); !status.ok()) {
        lapsed.emplace_back(std::move(it->second), std::move(status));
        it = open_.erase(it);
        continue;
      }
      const std::optional<WallTime> expiry = tokens_.ExpiryOf(caller);
      if (expiry) next = next ? std::min(*next, *expiry) : *expiry;
      ++it;
    }
  }
  // Without the lock: what ends here may call Remove before this returns.
  for (const auto& [one, why] : lapsed) {
    one.call->Refuse(why);
    grpc_call_cancel_with_status(one.stream, GRPC_STATUS_UNAUTHENTICATED,
                                 std::string(Message(why)).c_str(), nullptr);
    grpc_call_unref(one.stream);
  }
  return next;
}

}  // namespace terrella::control
