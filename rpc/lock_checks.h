// Debian builds abseil with the checks of a debug build: every lock that gRPC takes is entered into
// a graph of who waits for whom, under a lock of its own.
//
// Thread: the first, before gRPC is used.
#pragma once

namespace terrella::rpc {

// Locks are what they are in a release.
void DropLockChecks();

}  // namespace terrella::rpc
