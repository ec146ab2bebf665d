// MethodRule: what it takes to call one method, and what the call leaves behind.
//
// The table has a row for every method the control plane serves; a server does not start with a
// method that has none, and a test compares the table with the protocol files. A new RPC gets its
// row here, and nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "control_plane/access/scope.h"

namespace terrella::control {

struct MethodRule {
  // Where the resource's name is found.
  enum class Where {
    kRequest,  // in `fields` of the request; without fields the call concerns all of the kind
    kStream,   // in a message of the stream: the handler asks Call::Permit
    kNowhere,  // any resource will do: contents are named by their hash
  };
  // What the audit log has of a call that was allowed.
  enum class Trace {
    kNone,          // it changes nothing, or is the network's own housekeeping
    kWithTxn,       // a row in each transaction that it commits, or one at its end
    kBefore,        // the change is not one of the state store: the row comes first
    kPersonBefore,  // likewise, but of people only: workers do it through their nodes all the time
  };
  std::string_view method;  // "Deployments.Deploy"
  Grant grant = Grant::kAdmin;
  // Paths, with a space between: "script", "host.node". Each that is not empty has to be covered;
  // when all are empty, the empty resource has. A "rollout_id" is its script's.
  std::string_view fields;
  Trace trace = Trace::kNone;
  // What the log's row shows of the request, as paths like above; "" when the resource says it all,
  // or when who does it says it better (Call::Describe).
  std::string_view shown;
  Where where = Where::kRequest;
};

std::span<const MethodRule> MethodRules();
// Null when there is none. `method` as in the table.
const MethodRule* FindRule(std::string_view method);

}  // namespace terrella::control
