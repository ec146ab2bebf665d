// DevSource: a worker straight from the disk, in place of a control plane: `edge_node --worker`.
//
// It answers on every host and path. When watched, a change to its files loads it again; what does
// not load or compile is printed, and the version before it goes on answering.
//
// Thread: Load anywhere; the rest on the control loop's. Owns: the file watchers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "bundle/bundle.h"
#include "edge_node/control/asset_loaders.h"
#include "edge_node/shard/serving_state.h"

namespace terrella::edge {

class DevSource {
 public:
  struct Options {
    std::filesystem::path path;
    bundle::LoadOptions load;
    std::function<absl::Status(const runtime::WorkerCode&)> check;  // compiles
    std::function<void(std::shared_ptr<const ServingState>)> activate;
    FolderAssets* assets = nullptr;  // told where the files of the next state are
    // Told when scheduled() of the script is to run.
    std::function<void(const std::string& script, const std::vector<std::string>& crons)> set_crons;
  };
  struct Loaded {
    std::shared_ptr<const LiveScript> script;
    std::vector<std::filesystem::path> watch;
    std::map<std::string, std::filesystem::path> asset_files;
    std::vector<std::string> crons;
  };

  // Reads and compiles once. Errors are for the person at the keyboard.
  static absl::StatusOr<Loaded> Load(const Options& options);
  // Compiles what was read already.
  static absl::StatusOr<Loaded> Accept(bundle::Bundle bundle, const Options& options);
  static std::shared_ptr<const ServingState> StateOf(std::shared_ptr<const LiveScript> script,
                                                     uint64_t revision);

  DevSource(EventLoop& loop, Options options, const Loaded& first);
  ~DevSource();

 private:
  struct Watcher;
  void Watch(const std::vector<std::filesystem::path>& paths);
  void Reload();

  EventLoop& loop_;
  const Options options_;
  uint64_t revision_ = 1;
  std::string version_id_;
  std::string last_error_;
  std::map<std::string, Watcher*> watchers_;  // by folder; free themselves when closed
  Timer settle_;                              // editors write in several steps
};

}  // namespace terrella::edge
