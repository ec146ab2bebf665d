// What a run of scheduled() is told, and what came of it.
//
// Thread: any; values.
#pragma once

#include <string>

#include "base/clock.h"
#include "edge_node/runtime/inbound_request.h"

namespace terrella::edge {

struct ScheduledOrder {
  std::string script;
  std::string key;  // picks the version, when several answer
  runtime::ScheduledEvent event;
};

struct ScheduledOutcome {
  enum class Kind {
    kOk,
    kFailed,
    kAbsent,  // nothing was run: the script has no code here
  };
  Kind kind = Kind::kFailed;
  std::string detail;  // for people
  bool no_retry = false;
  std::string version_id;
  Duration cpu{};
  Duration wall{};
};

}  // namespace terrella::edge
