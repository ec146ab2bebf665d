// VirtualPages: the pages whose people are served by one node, in virtual time: when each part is
// asked for, on which of a page's connections, and when all of it is there.
//
// A page's parts go to the node of its document, whatever becomes of steering meanwhile; its first
// connection is the document's, the others pay their handshake.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "sim/engine/virtual_world.h"
#include "sim/engine/visit.h"
#include "sim/scenario/page.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

// One part on its way to the node.
struct VirtualPart {
  VirtualVisit visit;     // `due`: when it was asked for
  uint64_t page = 0;      // the number of its document
  size_t connection = 0;  // of the page
  // The last to come is the first in a heap's order.
  bool operator<(const VirtualPart& other) const {
    return visit.arrives != other.visit.arrives ? visit.arrives > other.visit.arrives
                                                : visit.number > other.visit.number;
  }
};

class VirtualPages {
 public:
  explicit VirtualPages(const VirtualWorld& world) : world_(world) {}

  // A document ended; if it is one of a page, its parts follow.
  void Begin(const VirtualVisit& document, const Sample& sample);
  // The part that arrives first, if that is before `end`; taken away.
  bool TakeBefore(Duration end, VirtualPart* out);
  // It ended.
  void End(const VirtualPart& part, const Sample& sample);

  // Pages that ended, by the number of their document, in the order of their ends.
  const std::vector<std::pair<uint64_t, Sample>>& ended() const { return ended_; }

 private:
  struct Loading {
    VirtualVisit document;
    Sample page;  // as it is until now
    PageLoad load;
    uint64_t asked = 0;        // parts
    size_t connections = 1;    // made
    std::vector<size_t> idle;  // connections
  };
  void AskMore(uint64_t number, Loading& loading, Duration now);
  void Finish(uint64_t number, const Loading& loading);

  const VirtualWorld& world_;
  std::map<uint64_t, Loading> loading_;  // by number
  std::priority_queue<VirtualPart> parts_;
  std::vector<std::pair<uint64_t, Sample>> ended_;
};

}  // namespace terrella::sim
