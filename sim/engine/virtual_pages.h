// VirtualPages: the nodes of a run whose scenario has pages, and the pages that are loaded from
// them, in virtual time: when each part is asked for, on which of a page's connections, and when
// all of it is there.
//
// What a node answers makes people ask for more, at any node: so here all nodes go on together, in
// the order of time, on one thread. A connection keeps its windows, its losses and its jitter from
// one request to the next, and the streams of one of HTTP/2 share them; its draws are those of the
// live connection with the same client and port. A page's first connection is its document's. The
// document's host is where the document came from (an anycast address is asked for anew by every
// connection); other hosts are looked up once a page.
//
// Thread: one at a time. Invariants: events happen in the order of time; what one causes is later.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "sim/engine/virtual_connection.h"
#include "sim/engine/virtual_node.h"
#include "sim/engine/virtual_resolver.h"
#include "sim/engine/virtual_world.h"
#include "sim/scenario/page.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

class VirtualPages {
 public:
  // The nodes by PoP; they outlive it.
  VirtualPages(const VirtualWorld& world, std::span<VirtualNode> nodes)
      : world_(world), nodes_(nodes) {}

  // As VirtualNode::ServeUntil, of all nodes.
  void ServeUntil(Duration end, Outcomes& outcomes);
  // Pages that ended, by the number of their document, in the order of their ends.
  const std::vector<std::pair<uint64_t, Sample>>& ended() const { return ended_; }

 private:
  // Where a host's connections lead.
  struct Host {
    bool known = false;
    Failure failure = Failure::kNone;
    uint16_t pop = kNoPop;  // by DNS
    Duration ready{};       // looked up
  };
  struct Loading {
    VirtualVisit document;
    Sample page;  // as it is until now
    PageLoad load;
    uint64_t asked = 0;            // parts
    std::vector<Host> hosts = {};  // as PagePart
    std::vector<std::unique_ptr<VirtualConnection>> connections = {};
  };
  // A part, from being asked for until it is there.
  struct Part {
    PageAsk ask;
    VirtualVisit visit;  // `due`: when it was asked for; `number` is its own
    Failure failure = Failure::kNone;
    uint32_t bytes = 0;  // of its answer
  };
  enum class Stage : uint8_t { kDocument, kAtNode, kAnswered, kThere };
  struct Event {
    Duration at{};
    uint64_t order = 0;  // among those of one moment
    Stage stage = Stage::kDocument;
    uint64_t page = 0;  // the number of its document
    uint32_t part = 0;  // index into parts_; but of kDocument
    // The last to come is the first in a heap's order.
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  // What this needs to know of a city.
  struct City {
    City(const VirtualWorld& world, size_t index)
        : ways(world.audience, index), resolver(world, index) {}
    Ways ways;
    VirtualResolver resolver;
  };

  void RunUntil(Duration end);
  void Begin(const VirtualVisit& document, const VirtualNode::Answer& answer, const Sample& sample);
  void AskMore(uint64_t number, Loading& loading, Duration now);
  uint32_t NewPart(uint64_t number, Loading& loading, const PageAsk& ask, Duration now);
  void Look(const Loading& loading, size_t request, Duration now, Host& host);
  Failure Connect(Loading& loading, const PageAsk& ask, Duration begin);
  void Send(uint64_t number, Loading& loading, const std::vector<uint32_t>& parts, Duration now);
  void AtNode(const Event& event);
  void Answered(const Event& event);
  void There(const Event& event);
  void Schedule(Duration at, Stage stage, uint64_t page, uint32_t part);
  void Fail(uint64_t number, Failure failure);
  void Finish(uint64_t number, const Loading& loading);
  Duration GivenUpAt(const Part& part) const {
    return part.visit.due + world_.scenario.clients.timeout;
  }
  City& CityAt(size_t index);

  const VirtualWorld& world_;
  const std::span<VirtualNode> nodes_;
  std::map<uint64_t, Loading> loading_;  // by number
  std::map<size_t, City> cities_;        // by index
  std::vector<Part> parts_;
  std::vector<uint32_t> free_parts_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  std::vector<VirtualVisit> arrivals_;  // of one call; kept for its memory
  std::vector<std::pair<uint64_t, Sample>> ended_;
};

}  // namespace terrella::sim
