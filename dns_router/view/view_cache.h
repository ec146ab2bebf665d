// ViewCache: the last view that was believed, in a file, so that a router that starts without its
// control plane answers as it did before.
//
// File: "TRVW", format (u32), SHA-256 of the rest (32 bytes), a serialized terrella.v1.View;
// integers little-endian. Views come faster than a disk wants them, so the newest is written at
// most once an `every`; what is lost with the process is at most that.
//
// Thread: the loop's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

class ViewCache {
 public:
  // An empty path: nothing is kept.
  ViewCache(EventLoop& loop, std::filesystem::path path, Duration every = std::chrono::seconds(1));
  // Writes what is waiting.
  ~ViewCache();

  void Keep(v1::View view);

 private:
  void Write();

  EventLoop& loop_;
  const std::filesystem::path path_;
  const Duration every_;
  std::optional<v1::View> waiting_;
  MonotonicTime written_{};
  bool complained_ = false;
  Timer timer_;
};

// NotFound when there is no file; DataLoss when it is not whole.
absl::StatusOr<v1::View> ReadViewCache(const std::filesystem::path& path);
// The file's bytes, and back.
std::string EncodeView(const v1::View& view);
absl::StatusOr<v1::View> DecodeView(std::string_view bytes);

}  // namespace terrella::dns
