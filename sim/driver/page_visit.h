// PageVisit: one page of one simulated person: its document as any visit, then its parts from the
// same node, on up to six connections of HTTP/1.1 that nobody else has.
//
// Thread: the loop's. Destroying it cancels it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/client/client.h"
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
  void OnDocument(const Sample& sample, const Phases& phases);
  void AskMore();
  void OnPart(Failure failure);
  void End();

  http::Client client_;
  VisitContext context_;  // with our own client
  const Arrival arrival_;
  const Visit::DoneCallback on_document_;
  std::function<void(const Sample&)> on_page_;
  PageLoad load_;
  Sample page_;
  std::unique_ptr<Visit> document_;
  std::vector<std::unique_ptr<Part>> parts_;  // all that were asked for
};

}  // namespace terrella::sim
