// Fill: a response on its way from the origin into the store, read by any number while it comes.
//
//   collecting --end--> whole entry is put
//       |--more than a whole entry may hold--> writing pieces to a file --end--> committed
//                                  |--cannot be stored--> passing on
//
// What has not been written yet stands in a window in memory; readers that are behind it read the
// file. So the origin is read as fast as the disk takes it, whoever is slow, and memory is bounded
// by the window. When the body cannot be stored any more (too long, no disk, a full one), nobody
// new may join, and the origin is read as fast as the slowest reader.
//
// A fill goes on when its readers leave, as long as it is storing.
//
// Thread: the loop's. Owns: the origin's body. Shared by the cache and its readers.
// Invariants: (1) a reader gets every byte once, in order, or an error; (2) nothing is stored of a
// body that broke off.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "edge_node/cache/engine/deferred_calls.h"
#include "edge_node/cache/policy/range.h"
#include "edge_node/cache/store/store.h"
#include "http/message/body.h"

namespace terrella::cache {

class Fill final : public http::BodySource::Reader, public std::enable_shared_from_this<Fill> {
 public:
  // Called once: no more will be stored. True: it was, whole.
  using Done = std::function<void(bool stored)>;
  // `entry` without its body; `source` null: an empty body.
  Fill(EventLoop& loop, DeferredCalls& later, Store& store, StoredEntry entry,
       std::unique_ptr<http::BodySource> source);
  ~Fill() override;

  // Before Start; never called from within it.
  void set_done(Done done) { done_ = std::move(done); }

  // After the first readers have come: a body that cannot be stored and has none is left.
  void Start();
  const StoredEntry& entry() const { return entry_; }
  // The body's length, when the origin said or all is here.
  std::optional<uint64_t> length_bytes() const { return length_; }
  // Whether a reader can still have every byte.
  bool joinable() const { return window_start_ == 0 || storing_; }
  // Only while joinable. A range needs a known length; without one the whole.
  std::unique_ptr<http::BodySource> NewReader(std::optional<ByteRange> range);
  // What comes of it must not be found: its key was deleted meanwhile, say.
  void GiveUpStoring();

 private:
  class Reader;
  friend class Reader;

  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  uint64_t window_end() const { return window_start_ + window_.size(); }
  void WakeReaders();
  void Flush();
  void OnFlushed(uint64_t bytes, const absl::Status& status);
  // Nobody reads and nothing is stored.
  void Abandon();
  void DropSource();
  void FinishWhole();
  void FinishLarge();
  void Finish(bool stored);
  // Forgets what of the window nobody needs.
  void TrimWindow();
  // Stops or goes on reading the origin, as the window says.
  void Steer();
  void OnReaderGone(Reader& reader);

  EventLoop& loop_;
  DeferredCalls& later_;
  Store& store_;
  StoredEntry entry_;
  std::unique_ptr<http::BodySource> source_;  // null: over
  std::optional<uint64_t> length_;
  Done done_;
  std::shared_ptr<Store::LargeBody> large_;  // null while collecting
  std::string window_;
  uint64_t window_start_ = 0;
  uint64_t flushed_ = 0;  // bytes readable from the file
  bool flushing_ = false;
  bool storing_ = true;
  bool ended_ = false;
  bool paused_ = false;
  absl::Status error_;  // of the origin
  std::vector<Reader*> readers_;
};

}  // namespace terrella::cache
