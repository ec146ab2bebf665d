// TailFilter: what one person who watches a script wants to see, asked in two steps: when a request
// begins, what it is (so that others cost next to nothing), and when it is over, what came of it.
//
// A filter also counts what it wanted and did not get, for events are dropped rather than that
// requests wait.
//
// Thread: any; immutable but for the count.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message/headers.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::edge {

// A request as it begins.
struct TailSubject {
  std::string_view script;
  std::string_view version_id;
  std::string_view method;  // empty: scheduled()
  std::string_view url;
  const http::Headers* headers = nullptr;  // null: none
  std::string_view city;
  std::string_view country;
  std::string_view ray;
  double dice = 0;  // uniform in [0, 1), one throw a request
};

class TailFilter {
 public:
  explicit TailFilter(v1::TailFilter filter);

  const std::string& session() const { return filter_.session(); }
  const std::string& script() const { return filter_.script(); }
  // Whether anything of this PoP is wanted.
  bool WantsPop(std::string_view pop) const;
  // By what is known at the beginning.
  bool MayWant(const TailSubject& subject) const;
  // By the rest. `event` needs its texts only if needs_text().
  bool Wants(const v1::TailEvent& event) const;
  bool needs_text() const { return !filter_.search().empty() || filter_.only_with_logs(); }

  void CountDrop() const { dropped_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t TakeDropped() const { return dropped_.exchange(0, std::memory_order_relaxed); }

 private:
  const v1::TailFilter filter_;
  mutable std::atomic<uint64_t> dropped_ = 0;
};

using TailFilters = std::vector<std::shared_ptr<const TailFilter>>;

// All filters of a node, by script; a node that nobody watches has none of these. Immutable.
struct TailPlan {
  std::map<std::string, TailFilters, std::less<>> by_script;
};

}  // namespace terrella::edge
