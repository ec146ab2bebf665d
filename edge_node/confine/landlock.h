// Landlock: the kernel's way for a process to give up files, ports and signals without privileges
// (Documentation/userspace-api/landlock.rst). It adds to the file system's own rights.
//
// Thread: the only one of the process; threads made later inherit it.
#pragma once

#include "absl/status/statusor.h"
#include "edge_node/confine/confine.h"

namespace terrella::edge {

// The ABI of the kernel's Landlock: 2 and above, each adding what can be given up. The text of an
// error says what is missing: the kernel's answer, or a second thread.
absl::StatusOr<int> RestrictByLandlock(const Reach& reach);

}  // namespace terrella::edge
