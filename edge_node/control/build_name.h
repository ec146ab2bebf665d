// Build name: tells whether two nodes run the same code: "0.1.0+" and 16 hexadecimal digits of a
// SHA-256 over the build ids (the linker's .note.gnu.build-id) of the program and of every library
// in the process, V8's among them.
//
// What one node found out about a version by running it holds for every node of the same name, so
// only the first has to run it.
#pragma once

#include <string>

namespace terrella::edge {

// A program or library without a build id makes a name that no other process has: nothing is
// believed rather than too much. Call it when every library is loaded; it is the same from then on.
std::string BuildName();

}  // namespace terrella::edge
