// Page: a document and its parts, as a browser loads them: the document first, then what it names,
// on up to six connections of HTTP/1.1, then what those name.
//
// All parts come from the node that the document came from. What people have already, they do not
// ask for. HTTP/2 is not modelled: one connection with many streams has a window that its streams
// share.
//
// Pure: the live driver and the virtual nodes ask a PageLoad what is next.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.h"

namespace terrella::sim {

struct PagePart {
  size_t request = 0;       // index into Scenario::requests
  int count = 1;            // so many alike
  int depth = 1;            // 1: named by the document; 2: by one of those; ...
  double cached_share = 0;  // of people who have it already
};

struct Page {
  size_t document = 0;  // index into Scenario::requests
  std::vector<PagePart> parts;
};

constexpr size_t kPageConnections = 6;
constexpr int kPageDepthMax = 10, kPartCountMax = 1000;
constexpr size_t kPagesMax = 100, kPagePartsMax = 100;

// What one person still wants of a page whose document they have.
class PageLoad {
 public:
  // Number of the document's request: which parts its person has is drawn from it.
  PageLoad(const Page& page, uint64_t seed, uint64_t number);

  // Which request to make next on a free connection; nothing: what is asked for must come first, or
  // all is there.
  std::optional<size_t> Next();
  // One of those asked for is there.
  void Answered();
  // How many of those asked for are not there.
  size_t waiting() const { return waiting_; }
  bool done() const { return waiting_ == 0 && next_ == wanted_.size(); }

 private:
  struct Wanted {
    int depth = 1;
    size_t request = 0;
  };
  std::vector<Wanted> wanted_;  // by depth
  size_t next_ = 0, waiting_ = 0;
  int depth_ = 0;  // of those asked for
};

}  // namespace terrella::sim
