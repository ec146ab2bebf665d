// Confine: a process gives up, for good, what serving does not need, so that whoever takes it over
// by a fault in V8 or in a parser finds nothing to go on with.
//
//   no_new_privs   no program it could start would have more rights than it has
//   Landlock       files only where `Reach` says, no TCP port but its own, no signal to others
//   seccomp        no system call but those of a server: no programs, no other processes, no
//                  namespaces, no kernel interfaces that are young or seldom used
//
// Each is taken where the kernel has it; what was had is told in words. What it leaves out: the
// network (origins may be anywhere), and writable code, which V8 makes by mprotect.
//
// Thread: before there is a second one: a new thread inherits all three, and Landlock covers no
// thread that was there before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::edge {

enum class ConfineMode {
  kTry,      // as far as the kernel has it
  kRequire,  // wholly, or it is an error
  kOff,
};

// Where a confined process may still reach.
struct Reach {
  std::vector<std::filesystem::path> read;   // files, or folders with all below; missing: skipped
  std::vector<std::filesystem::path> write;  // folders, all below may change; missing: made
  // Folders in which files may be put, replaced and taken away, but not read.
  std::vector<std::filesystem::path> publish;
  // To listen on; 0: one that the kernel chooses. Nothing: any.
  std::optional<std::vector<uint16_t>> tcp_ports;
};

// What holds now, for people: "seccomp and Landlock (ABI 7)",
// "seccomp; no Landlock (kernel says: Function not implemented)". FailedPrecondition with the same
// text when it is less than required; Internal when a folder cannot be made.
absl::StatusOr<std::string> Confine(ConfineMode mode, const Reach& reach);

}  // namespace terrella::edge
