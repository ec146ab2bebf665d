// Versions as they come from outside: what is allowed in one.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

struct VersionLimits {
  uint64_t bundle_bytes_max = uint64_t{25} << 20;  // of all modules
  size_t modules_max = 1000;
  size_t module_name_bytes_max = 512;
  size_t bindings_max = 128;
  size_t binding_bytes_max = 64 << 10;
  size_t origins_max = 64;
  size_t compatibility_flags_max = 64;
  size_t crons_max = 32;
  size_t migrations_max = 128;
  size_t migration_tag_bytes_max = 256;
  size_t asset_files_max = 20'000;
  uint64_t asset_manifest_bytes_max = uint64_t{8} << 20;
  size_t description_bytes_max = 512 << 10;  // the version without the modules' content
};

// InvalidArgument with what was expected and where; ResourceExhausted beyond a limit. Content is
// not looked at: only names, hashes and sizes.
absl::Status CheckVersion(const v1::Version& version, const VersionLimits& limits = {});

// Sum of the modules' sizes.
uint64_t BundleBytes(const v1::Version& version);

}  // namespace terrella::control
