// ServiceStore: service profiles measured earlier, by the content of what was measured.
//
// A file a profile under the home's folder `services`, named by a SHA-256 of the workers' versions
// (which are hashes of their content), the request, the node's program and the format. A damaged
// file is as one that is not there. Profiles of answers that say the server is to blame are not
// kept.
//
// Thread: one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/service_profile.h"

namespace terrella::cli {

class ServiceStore {
 public:
  explicit ServiceStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Names for what is served at the start and after each deploy of the timeline, 64 hexadecimal
  // digits each. `node` is the program that would serve. As LoadBundle fails.
  static absl::StatusOr<std::vector<std::string>> StagesOf(const sim::Scenario& scenario,
                                                           const std::filesystem::path& folder,
                                                           const std::filesystem::path& node);

  std::optional<sim::ServiceProfile> Find(std::string_view stage,
                                          const sim::RequestKind& kind) const;
  absl::Status Save(std::string_view stage, const sim::RequestKind& kind,
                    const sim::ServiceProfile& profile) const;

 private:
  std::filesystem::path FileOf(std::string_view stage, const sim::RequestKind& kind) const;
  const std::filesystem::path folder_;
};

}  // namespace terrella::cli
