// Where the DNS routers a command is about answer questions about themselves.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// "127.0.0.1:41234" of each: those that --router names, else all of the running cluster, out of
// their ready files. InvalidArgument for what is no address.
absl::StatusOr<std::vector<std::string>> RouterAdmins(Invocation& in);
// Says why; a flag's error is one of usage.
ExitCode FailWithoutRouters(Invocation& in, const absl::Status& status);
// --router, `repeatable` or not.
Flag RouterFlag(bool repeatable);

}  // namespace terrella::cli
