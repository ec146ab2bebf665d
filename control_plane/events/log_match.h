// LogMatches: whether a filter wants an event that was kept. What a node decides in two steps while
// a request runs is one step here, for everything is known.
//
// Thread: any; pure.
#pragma once

#include "terrella/v1/tail.pb.h"

namespace terrella::control {

// By everything but session, script and sampling rate.
bool LogMatches(const v1::TailFilter& filter, const v1::TailEvent& event);

}  // namespace terrella::control
