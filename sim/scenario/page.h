// Page: a document and its parts, as a browser loads them: the document first, then what it names,
// then what those name.
//
// Each host of a page has connections of its own: up to six of HTTP/1.1, of which each carries one
// request at a time, or one of HTTP/2 with up to a hundred streams. The document's connection goes
// on being used. What people have already, they do not ask for. Connections of two hosts at one
// node are not joined.
//
// Pure: the live driver and the virtual nodes ask a PageLoad what is next, and on which connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.h"
#include "sim/scenario/protocol.h"

namespace terrella::sim {

struct PagePart {
  size_t request = 0;       // index into Scenario::requests
  int count = 1;            // so many alike
  int depth = 1;            // 1: named by the document; 2: by one of those; ...
  double cached_share = 0;  // of people who have it already
  size_t host = 0;          // 0: the document's; the page's others are numbered as they come
};

struct Page {
  size_t document = 0;  // index into Scenario::requests
  std::vector<PagePart> parts;
};

constexpr size_t kPageConnections = 6;  // of HTTP/1.1 to a host; browsers open as many
constexpr size_t kPageStreams = 100;    // of HTTP/2, as browsers have at least
constexpr int kPageDepthMax = 10, kPartCountMax = 1000;
constexpr size_t kPagesMax = 100, kPagePartsMax = 100;

// The next request of a page.
struct PageAsk {
  size_t request = 0;     // index into Scenario::requests
  size_t host = 0;        // as PagePart
  size_t connection = 0;  // of the page, in the order in which they are opened; 0: the document's
  bool opens = false;     // this one opens it
};

// What one person still wants of a page whose document they have.
class PageLoad {
 public:
  // Number of the document's request: which parts its person has is drawn from it.
  PageLoad(const Page& page, Protocol protocol, uint64_t seed, uint64_t number);

  // What to ask for next; nothing: no connection is free, what is asked for must come first, or all
  // is there.
  std::optional<PageAsk> Next();
  // What was asked for is there, all of it.
  void Answered(const PageAsk& ask);
  // How many of those asked for are not there.
  size_t waiting() const { return waiting_; }
  bool done() const { return waiting_ == 0 && wanted_ == 0; }

 private:
  struct Wanted {
    int depth = 1;
    size_t order = 0;  // among all
    size_t request = 0;
  };
  struct Host {
    std::vector<Wanted> wanted;  // by depth, then order
    size_t next = 0;
    size_t connections = 0;    // opened
    std::vector<size_t> idle;  // HTTP/1.1: connections
    size_t connection = 0;     // HTTP/2: the one
    size_t streams = 0;        // HTTP/2: open ones

    const Wanted* first() const { return next < wanted.size() ? &wanted[next] : nullptr; }
  };
  bool HasRoom(const Host& host) const;
  size_t Take(Host& host, bool* opens);

  const Protocol protocol_;
  std::vector<Host> hosts_;
  size_t wanted_ = 0, waiting_ = 0;
  size_t connections_ = 1;  // opened, the document's first
  int depth_ = 0;           // of those asked for
};

}  // namespace terrella::sim
