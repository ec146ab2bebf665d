// `terrella deploy --dry-run`: what would be uploaded, said and (with --outdir) written.
#pragma once

#include "bundle/bundle.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

ExitCode DryRun(Invocation& in, const bundle::Bundle& code);

}  // namespace terrella::cli
