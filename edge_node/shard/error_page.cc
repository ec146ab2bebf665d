#include "edge_node/shard/error_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace terrella::edge {
namespace {

// Printable ASCII only, and not much of it: it came from a request.
std::string Shown(std::string_view text) {
  constexpr size_t kBytesMax = 200;
  std::string out;
  for (char c : text.substr(0, kBytesMax)) out.push_back(c >= ' ' && c <= '~' ? c : '?');
  if (text.size() > kBytesMax) out += "...";
  return out;
}

ErrorPage Page(int status, std::string text, std::string_view detail, bool dev) {
  if (dev && !detail.empty()) text += fmt::format("\n\n{}", detail);
  return {.status = status, .text = std::move(text)};
}

}  // namespace

ErrorPage NoRoutePage(std::string_view host, std::string_view target) {
  return {.status = 404,
          .text = fmt::format("No worker answers {}{} here.", Shown(host),
                              Shown(target.substr(0, target.find('?'))))};
}

ErrorPage NotDeployedPage(std::string_view script) {
  return {.status = 503,
          .retry_after_s = 1,
          .text = fmt::format("Worker {} has no version on this node yet.", script)};
}

ErrorPage OverloadedPage() {
  return {.status = 503, .retry_after_s = 1, .text = "This node has too many requests in flight."};
}

ErrorPage PausedPage(std::string_view script, const Refusal& refusal) {
  if (refusal.for_good) {
    return {.status = 503,
            .text = fmt::format("This version of worker {} is not run on this node any more: it "
                                "had to be left by force {} times, the last time because it {}. "
                                "Deploy another version.",
                                script, refusal.stops, refusal.reason)};
  }
  const int64_t left_s = std::chrono::ceil<std::chrono::seconds>(refusal.left).count();
  return {.status = 503,
          .retry_after_s = static_cast<int>(std::max<int64_t>(left_s, 1)),
          .text = fmt::format("Worker {} rests for {:.1f} s: it was stopped {} times, the last time"
                              " because it {}.",
                              script, ToMs(refusal.left) / 1000, refusal.stops, refusal.reason)};
}

ErrorPage StartFailedPage(std::string_view script, std::string_view detail, bool dev) {
  ErrorPage page = Page(503, fmt::format("Worker {} could not be started.", script), detail, dev);
  page.retry_after_s = 1;
  return page;
}

ErrorPage FailurePage(runtime::FailureKind kind, const runtime::WorkerCode& code,
                      std::string_view detail, bool dev) {
  using Kind = runtime::FailureKind;
  const std::string_view script = code.script;
  switch (kind) {
    case Kind::kException:
      return Page(500, fmt::format("Worker {} threw an exception.", script), detail, dev);
    case Kind::kRejected:
      return Page(500, fmt::format("The promise of worker {} was rejected.", script), detail, dev);
    case Kind::kNoHandler:
      return Page(500, fmt::format("Worker {} has no fetch handler.", script), detail, dev);
    case Kind::kBadResponse:
      return Page(500, fmt::format("Worker {} did not return a Response.", script), detail, dev);
    case Kind::kHung:
      return Page(
          500, fmt::format("Worker {} will never answer: its promise waits for nothing.", script),
          detail, dev);
    case Kind::kCpuLimit:
      return Page(503,
                  fmt::format("Worker {} exceeded its limit of {} ms of CPU time.", script,
                              code.limits.cpu_ms),
                  {}, dev);
    case Kind::kMemoryLimit:
      return Page(503,
                  fmt::format("Worker {} exceeded its limit of {} MiB of memory.", script,
                              code.limits.heap_bytes >> 20),
                  {}, dev);
    case Kind::kOverloaded:
      return OverloadedPage();
    case Kind::kMoved:
    case Kind::kShutdown:
      return {.status = 503,
              .retry_after_s = 1,
              .text = fmt::format("Worker {} was stopped while it answered.", script)};
  }
  return {.text = "Something went wrong."};
}

// RFC 9110 sections 15.5.9, 15.5.14 and 15.5.1.
ErrorPage ClientBodyPage(const absl::Status& error) {
  if (absl::IsDeadlineExceeded(error)) {
    return {.status = 408, .text = "The body of the request came too slowly."};
  }
  if (absl::IsResourceExhausted(error)) {
    return {.status = 413, .text = "The body of the request is too large."};
  }
  return {.status = 400, .text = "The body of the request broke off."};
}

std::string_view TailOutcome(runtime::FailureKind kind) {
  switch (kind) {
    case runtime::FailureKind::kCpuLimit:
      return "exceededCpu";
    case runtime::FailureKind::kMemoryLimit:
      return "exceededMemory";
    case runtime::FailureKind::kShutdown:
    case runtime::FailureKind::kMoved:
      return "unknown";
    default:
      return "exception";
  }
}

}  // namespace terrella::edge
