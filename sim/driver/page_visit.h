// PageVisit: one page of one simulated person: its document as any visit, then its parts, on
// connections that nobody else has (sim/scenario/page.h says which). The document's host leads
// where it led; other hosts are looked up once.
//
// Thread: the loop's. Destroying it cancels it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/driver/connections.h"
#include "sim/driver/lookup.h"
#include "sim/driver/visit.h"
#include "sim/scenario/page.h"

namespace terrella::sim {

class PageVisit {
 public:
  // `on_document` is called once, `on_page` once after it, which may destroy the visit.
  PageVisit(const VisitContext& context, const Page& page, const Arrival& arrival,
            Visit::DoneCallback on_document, std::function<void(const Sample&)> on_page);
  ~PageVisit();
  void Start() { document_->Start(); }

 private:
  class Part;
  // Where a host's requests go.
  struct Host {
    std::unique_ptr<Lookup> lookup;
    bool known = false;
    SocketAddress destination;
    std::vector<Part*> waiting;  // for that
  };
  void OnDocument(const Sample& sample, const Phases& phases);
  void AskMore();
  void OnAddress(size_t host, Failure failure, const SocketAddress& destination,
                 MonotonicTime asked_at);
  void OnPart(const PageAsk& ask, Failure failure);
  void End();

  Connections connections_;
  VisitContext context_;  // with our own connections
  const Arrival arrival_;
  const Visit::DoneCallback on_document_;
  std::function<void(const Sample&)> on_page_;
  PageLoad load_;
  Sample page_;
  std::unique_ptr<Visit> document_;
  std::vector<Host> hosts_;                   // as PagePart
  std::vector<std::unique_ptr<Part>> parts_;  // all that were asked for
};

}  // namespace terrella::sim
