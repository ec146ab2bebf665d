// End: one end of a path, as commands name it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"

namespace terrella::cli {

struct End {
  net::Endpoint endpoint;
  std::string name;
  bool site = false;  // a server in a data centre
  // Other cities of that name, for people: "also Springfield, US at 39.8,-89.6"; "" when there are
  // none.
  std::string also;
};

// A code in capitals is a site in a data centre, everything else people at a place: a name, or an
// IP address, whose place the table of prefixes knows.
absl::StatusOr<End> FindEnd(const World& world, const std::string& text);

// The end with the last mile that --access names, if it is people.
End WithAccess(const Invocation& in, End end);

// --access.
Flag AccessFlag();

}  // namespace terrella::cli
