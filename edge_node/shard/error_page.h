// ErrorPage: the short plain-text answers a node gives in place of a worker.
//
// They say what happened and carry the ray id that finds the log line; they never show a worker's
// own message or stack unless the node runs for its developer.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "edge_node/runtime/worker.h"
#include "edge_node/shard/penalty.h"

namespace terrella::edge {

// How a failure is called where people watch, as Cloudflare calls it.
std::string_view TailOutcome(runtime::FailureKind kind);

struct ErrorPage {
  int status = 500;
  int retry_after_s = 0;  // > 0: says so in `retry-after`
  std::string text;       // one line, without the ray
};

ErrorPage NoRoutePage(std::string_view host, std::string_view target);
ErrorPage NotDeployedPage(std::string_view script);
ErrorPage OverloadedPage();
// The script is left alone for breaking its limits.
ErrorPage PausedPage(std::string_view script, const Refusal& refusal);
// `detail` is shown when `dev`.
ErrorPage StartFailedPage(std::string_view script, std::string_view detail, bool dev);
ErrorPage FailurePage(runtime::FailureKind kind, const runtime::WorkerCode& code,
                      std::string_view detail, bool dev);

// A request's body that broke off; the client's fault.
ErrorPage ClientBodyPage(const absl::Status& error);

}  // namespace terrella::edge
