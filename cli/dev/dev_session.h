// DevSession: one worker served here while its project is being written.
//
// This process reads (and where need be bundles) the project and hands it to an edge_node of its
// own as a packed bundle; when a file changes it does so again, and the node swaps it in. What
// cannot be built is said, and the version before it goes on answering.
//
//   build --> spawn the node --> wait --a file changed--> build again --> wait ...
//                                     --Ctrl-C, or the node ended--> over
//
// Thread: one; blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bundle/bundle.h"
#include "cli/app/output.h"

namespace terrella::cli {

struct DevOptions {
  std::filesystem::path path;  // what LoadBundle takes
  bundle::LoadOptions load;
  std::filesystem::path node;  // the program edge_node
  uint16_t port = 0;
  std::string shards;  // as edge_node takes them; empty: its default
};

// Until Ctrl-C or SIGTERM: kOk. kRejected when the first build fails; the node's own exit code when
// it ends by itself.
ExitCode RunDevSession(const DevOptions& options, Output& out);

}  // namespace terrella::cli
