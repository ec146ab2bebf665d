#include "sim/engine/virtual_pages.h"

#include <algorithm>

#include "base/random.h"
#include "sim/engine/virtual_path.h"

namespace terrella::sim {
namespace {

constexpr int kPartBits = 20;  // of a request's number, beside those of its document
static_assert(kPagePartsMax * kPartCountMax < 1 << kPartBits);
constexpr uint64_t kConnections = 0x706167656366;

}  // namespace

void VirtualPages::Begin(const VirtualVisit& document, const Sample& sample) {
  const Page* page = PageOf(world_.scenario, document.kind);
  if (page == nullptr) return;
  Loading loading{.document = document,
                  .page = sample,
                  .load = PageLoad(*page, world_.scenario.seed, document.number),
                  .idle = {0}};
  if (sample.failure != Failure::kNone || loading.load.done()) {
    return Finish(document.number, loading);
  }
  Loading& kept = loading_.emplace(document.number, std::move(loading)).first->second;
  AskMore(document.number, kept, sample.due + sample.felt);
}

void VirtualPages::AskMore(uint64_t number, Loading& loading, Duration now) {
  const PathSettings& settings = world_.audience.settings();
  while (!loading.idle.empty() || loading.connections < kPageConnections) {
    const std::optional<size_t> request = loading.load.Next();
    if (!request) return;
    VirtualPart part{.visit = loading.document, .page = number};
    const bool is_new = loading.idle.empty();
    if (is_new) {
      part.connection = loading.connections++;
    } else {
      part.connection = loading.idle.front();
      loading.idle.erase(loading.idle.begin());
    }
    VirtualVisit& visit = part.visit;
    visit.number = (number << kPartBits) + ++loading.asked;
    visit.flow = Mix64(loading.document.flow ^ kConnections ^ Mix64(loading.asked));
    visit.kind = static_cast<uint16_t>(*request);
    visit.due = now;
    Path path{.rtt_ms = visit.rtt_ms, .deviation_ms = visit.deviation_ms, .flow = visit.flow};
    path.mile.loss = visit.loss;
    if (is_new) DrawHandshake(settings, path);
    visit.first_lost = path.first_lost;
    visit.arrives = RequestArrives(settings, path, now);
    parts_.push(std::move(part));
  }
}

bool VirtualPages::TakeBefore(Duration end, VirtualPart* out) {
  if (parts_.empty() || parts_.top().visit.arrives >= end) return false;
  *out = parts_.top();
  parts_.pop();
  return true;
}

void VirtualPages::End(const VirtualPart& part, const Sample& sample) {
  const auto found = loading_.find(part.page);
  if (found == loading_.end()) return;  // something else of it is missing already
  Loading& loading = found->second;
  loading.load.Answered();
  const Duration now = sample.due + sample.felt;
  if (sample.failure != Failure::kNone) {
    loading.page.failure = sample.failure;
  } else {
    loading.page.felt = std::max(loading.page.felt, now - loading.page.due);
    loading.idle.push_back(part.connection);
    // What all of them name begins when the last of them is there, which need not be the last that
    // the node answered.
    const bool all_there = loading.load.waiting() == 0;
    if (!loading.load.done()) {
      return AskMore(part.page, loading, all_there ? loading.page.due + loading.page.felt : now);
    }
  }
  Finish(part.page, loading);
  loading_.erase(found);
}

void VirtualPages::Finish(uint64_t number, const Loading& loading) {
  ended_.emplace_back(number, loading.page);
}

}  // namespace terrella::sim
