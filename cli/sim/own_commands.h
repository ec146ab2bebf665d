// OwnCommands: a scenario's timeline performed by `terrella` itself, one process a step.
//
// A scenario kills nodes and deploys code through the same door as a person, so it can do nothing a
// person cannot, and what it measures is what they would see.
//
// Thread: any, one call at a time.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sim/driver/driver.h"

namespace terrella::cli {

class OwnCommands final : public sim::Actions {
 public:
  // `folder` is where the scenario's relative paths begin.
  OwnCommands(std::string cluster, std::filesystem::path folder)
      : cluster_(std::move(cluster)), folder_(std::move(folder)) {}

  // What `deploy --origin` is told from now on.
  void UseOrigins(std::vector<std::string> origins) { origins_ = std::move(origins); }
  absl::Status Perform(const sim::TimelineEvent& event) override;
  absl::Status Deploy(const std::string& path, const std::string& name,
                      std::vector<std::string> flags = {});
  // Takes what nodes have cached for a worker out of their caches.
  absl::Status PurgeCaches(const std::string& path, const std::string& name);
  // `terrella WORDS --cluster ... --quiet`; what it complained of is the error.
  absl::Status RunSelf(std::vector<std::string> words) const;
  // PoPs killed and not started again; cut off and not together again; with a slow disk; with a
  // clock that is wrong. Call after the run.
  const std::set<std::string>& dead() const { return dead_; }
  const std::set<std::string>& apart() const { return apart_; }
  const std::set<std::string>& slow() const { return slow_; }
  const std::set<std::string>& skewed() const { return skewed_; }

 private:
  // `terrella slow-disk FRA 200ms`, `terrella skew FRA -5m`.
  absl::Status Disturb(const sim::TimelineEvent& event);
  // Begins a rollout and does not wait for it.
  absl::Status BeginRollout(const sim::TimelineEvent& event);

  std::string cluster_;
  std::filesystem::path folder_;
  std::vector<std::string> origins_;
  std::set<std::string> dead_, apart_, slow_, skewed_;
};

}  // namespace terrella::cli
