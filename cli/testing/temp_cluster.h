// TempCluster: a cluster of fake daemons in a folder of its own, ended and removed with the object.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/testing/temp_folder.h"
#include "cli/cluster/launcher.h"
#include "cli/cluster/programs.h"

namespace terrella::cli {

class TempCluster {
 public:
  TempCluster() {
    paths = {root / "home", "test"};
    programs.bin = root / "bin";
    std::filesystem::create_directories(programs.bin);
    std::filesystem::create_directories(paths.dir());
    for (const char* daemon : {"edge_node", "control_plane", "dns_router", "ingress"}) {
      std::filesystem::create_symlink(TERRELLA_FAKE_DAEMON, programs.bin / daemon);
    }
    record.name = "test";
    record.preset = "3";
    record.zone = "edge.test";
    record.boot_id = BootId();
    LayOut(record, {"FRA", "LHR", "NRT"});
  }
  ~TempCluster() { StopCluster(record, paths, std::chrono::milliseconds(10)); }
  TempCluster(const TempCluster&) = delete;
  TempCluster& operator=(const TempCluster&) = delete;

  // See fake_daemon.cc.
  void Behave(const std::string& text) { std::ofstream(paths.dir() / "behaviour") << text; }
  absl::Status StartAll(StartOptions options = {}) {
    std::vector<std::string> names;
    for (const Part& part : record.parts) names.push_back(part.name);
    return StartParts(record, paths, programs, names, options);
  }

  TempFolder folder;
  const std::filesystem::path root = folder.path();
  ClusterPaths paths;
  Programs programs;
  ClusterRecord record;
};

}  // namespace terrella::cli
