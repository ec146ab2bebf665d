// S3Fifo: a map bounded in bytes that keeps what is asked for again.
//
// Three queues (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction",
// SOSP 2023). What is new enters a small one, a tenth of the bytes; what was asked for again by the
// time it gets to its end moves to the main one, the rest leaves and only its hash is remembered
// for a while. A hash that is remembered enters the main queue at once. In the main queue, what was
// hit goes round again, with one hit less. So a crowd of things nobody asks for twice never pushes
// out what everybody does, and a hit changes a counter and no order.
//
// No I/O and no time: it runs in virtual time as it does here. Keys are 64-bit hashes; telling two
// keys of one hash apart is the caller's business.
//
// Thread: one. Invariants: (1) bytes() <= bytes_max after every call; (2) the queues hold exactly
// the entries; (3) there are at most as many remembered hashes as entries, or 16.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace terrella::cache {

template <class Value>
class S3Fifo {
 public:
  explicit S3Fifo(size_t bytes_max) : bytes_max_(bytes_max) {}

  // The value, counted as a hit; null when there is none. Valid until the next change.
  Value* Find(uint64_t hash) {
    const auto found = map_.find(hash);
    if (found == map_.end()) return nullptr;
    Node& node = nodes_[found->second];
    node.hits = std::min<uint8_t>(node.hits + 1, kHitsMax);
    return &node.value;
  }
  // The same without counting.
  const Value* Peek(uint64_t hash) const {
    const auto found = map_.find(hash);
    return found == map_.end() ? nullptr : &nodes_[found->second].value;
  }

  // Inserts or replaces. What has to leave for it is appended to `evicted`, so that the caller can
  // free it outside of a lock; a value larger than the whole map leaves at once.
  void Put(uint64_t hash, Value value, size_t bytes, std::vector<Value>& evicted) {
    if (bytes > bytes_max_) {
      Erase(hash, evicted);
      evicted.push_back(std::move(value));
      return;
    }
    const auto [place, is_new] = map_.try_emplace(hash, 0);
    if (is_new) {
      place->second = NewNode(hash, std::move(value));
      Push(ghosts_.erase(hash) > 0 ? main_ : small_, place->second, bytes);
    } else {
      Node& node = nodes_[place->second];
      std::swap(node.value, value);
      evicted.push_back(std::move(value));
      QueueOf(node).bytes += bytes - node.bytes;
      bytes_ += bytes - node.bytes;
      node.bytes = bytes;
    }
    while (bytes_ > bytes_max_) EvictOne(evicted);
  }

  bool Erase(uint64_t hash, std::vector<Value>& evicted) {
    const auto found = map_.find(hash);
    if (found == map_.end()) return false;
    const uint32_t index = found->second;
    Unlink(index);
    Drop(index, evicted);
    return true;
  }

  size_t bytes() const { return bytes_; }
  size_t size() const { return map_.size(); }

 private:
  static constexpr uint8_t kHitsMax = 3;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kGhostsMin = 16;

  struct Node {
    uint64_t hash = 0;
    Value value{};
    size_t bytes = 0;
    uint32_t previous = kNone;
    uint32_t next = kNone;
    uint8_t hits = 0;
    bool in_main = false;
  };
  struct Queue {
    uint32_t newest = kNone;
    uint32_t oldest = kNone;
    size_t bytes = 0;
  };

  Queue& QueueOf(const Node& node) { return node.in_main ? main_ : small_; }

  uint32_t NewNode(uint64_t hash, Value value) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(nodes_.size()));
      nodes_.emplace_back();
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    nodes_[index] = Node{.hash = hash, .value = std::move(value)};
    return index;
  }

  void Push(Queue& queue, uint32_t index, size_t bytes) {
    Node& node = nodes_[index];
    node.bytes = bytes;
    node.in_main = &queue == &main_;
    node.previous = queue.newest;
    node.next = kNone;
    (queue.newest == kNone ? queue.oldest : nodes_[queue.newest].next) = index;
    queue.newest = index;
    queue.bytes += bytes;
    bytes_ += bytes;
  }

  void Unlink(uint32_t index) {
    Node& node = nodes_[index];
    Queue& queue = QueueOf(node);
    (node.previous == kNone ? queue.oldest : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? queue.newest : nodes_[node.next].previous) = node.previous;
    queue.bytes -= node.bytes;
    bytes_ -= node.bytes;
  }

  void Drop(uint32_t index, std::vector<Value>& evicted) {
    Node& node = nodes_[index];
    map_.erase(node.hash);
    evicted.push_back(std::exchange(node.value, Value{}));
    free_.push_back(index);
  }

  // Takes one entry out of its queue: it leaves, or goes to the young end of the main one.
  void EvictOne(std::vector<Value>& evicted) {
    const bool from_small =
        small_.oldest != kNone && (small_.bytes > bytes_max_ / 10 || main_.oldest == kNone);
    const uint32_t index = from_small ? small_.oldest : main_.oldest;
    Node& node = nodes_[index];
    const size_t bytes = node.bytes;
    Unlink(index);
    if (from_small ? node.hits > 1 : node.hits > 0) {
      node.hits = from_small ? 0 : node.hits - 1;
      return Push(main_, index, bytes);
    }
    if (from_small) Remember(node.hash);
    Drop(index, evicted);
  }

  void Remember(uint64_t hash) {
    if (!ghosts_.insert(hash).second) return;
    ghost_queue_.push_back(hash);
    while (ghost_queue_.size() > std::max(kGhostsMin, map_.size())) {
      ghosts_.erase(ghost_queue_.front());
      ghost_queue_.pop_front();
    }
  }

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::vector<Node> nodes_;
  std::vector<uint32_t> free_;
  absl::flat_hash_map<uint64_t, uint32_t> map_;
  Queue small_, main_;
  absl::flat_hash_set<uint64_t> ghosts_;
  std::deque<uint64_t> ghost_queue_;  // some may have been taken back since
};

}  // namespace terrella::cache
