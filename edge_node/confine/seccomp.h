// Seccomp: the system calls a serving node makes, and none besides.
//
// An allow-list, found by running the integration tests under strace. What is not on it fails with
// EPERM: it does not end the process, because the libraries below us (glibc, OpenSSL, gRPC, V8)
// probe for calls and go on without them, and because a branch that no test has reached should cost
// one request and not a site. Calls younger than the list fail with ENOSYS, which is what glibc
// takes for an older kernel; so does clone3, whose flags a filter cannot see. Only calls by another
// machine's numbers (i386, x32) end the process: no code of ours makes them.
//
// The kernel works out once which calls pass whatever their arguments (since 5.11), so that reading
// and writing cost next to nothing more. The filter asks for no slower speculation than the process
// had: V8 isolates workers by withholding clocks, as before.
//
// Thread: any; all threads of the process are covered, and those made later.
#pragma once

#include "absl/status/status.h"

namespace terrella::edge {

// Needs no_new_privs. The text of an error says what the kernel answered.
absl::Status FilterSystemCalls();

}  // namespace terrella::edge
