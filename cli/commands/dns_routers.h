// Where the DNS routers a command is about answer questions about themselves.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/client/connection_trouble.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// Where each is asked, and what is shown there: those that --router names, else all of the running
// cluster, out of their ready files. InvalidArgument for what is no address.
absl::StatusOr<std::vector<DialedServer>> RouterAdmins(Invocation& in);
// Says why; a flag's error is one of usage.
ExitCode FailWithoutRouters(Invocation& in, const absl::Status& status);
// --router, `repeatable` or not, and --plaintext.
Flag RouterFlag(bool repeatable);
Flag RouterPlaintextFlag();

}  // namespace terrella::cli
