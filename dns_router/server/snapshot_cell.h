// SnapshotCell: where the snapshot in use is handed from the thread that builds it to those that
// answer (see shared_cell.h).
#pragma once

#include "dns_router/policy/snapshot.h"
#include "dns_router/server/shared_cell.h"

namespace terrella::dns {

using SnapshotCell = SharedCell<Snapshot>;

}  // namespace terrella::dns
