// StoredBody: the body of a stored entry, or a part of it, as a stream.
//
// One in memory is handed out as it stands there; one in a file is read piece by piece, each
// checked before it is passed on, and no more than one piece is in memory at a time.
//
// Thread: the loop's. Keeps the entry, and with it the file.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "edge_node/cache/policy/range.h"
#include "edge_node/cache/store/store.h"
#include "http/message/body.h"

namespace terrella::cache {

// `damaged` is called when a piece turns out not to be what was written: the entry should go.
std::unique_ptr<http::BodySource> MakeStoredBody(EventLoop& loop,
                                                 std::shared_ptr<const StoredEntry> entry,
                                                 const ByteRange& range,
                                                 std::function<void()> damaged);

// Reads pieces of a body file without holding the loop up.
class PieceReader {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;
  PieceReader(EventLoop& loop, std::shared_ptr<CacheFile> file)
      : loop_(loop), file_(std::move(file)) {}

  // The bytes of piece `index`, which holds `bytes` of them; `done` is called now, or later unless
  // this is destroyed. DataLoss when they are damaged. One at a time.
  void Read(uint64_t index, size_t bytes, Done done);
  bool reading() const { return pending_ != nullptr; }

 private:
  absl::StatusOr<std::string> Check(uint64_t index, std::string bytes) const;

  EventLoop& loop_;
  const std::shared_ptr<CacheFile> file_;
  std::unique_ptr<PendingRead> pending_;
};

}  // namespace terrella::cache
