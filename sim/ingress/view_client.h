// ViewClient: follows the control plane's view of the network, for ever.
//
// When the stream breaks it asks again, after 100 ms at first and 2 s at most, with jitter; whoever
// gets the views keeps the last one meanwhile.
//
// Thread: made and destroyed on one thread; `on_view` is called on a thread of gRPC, one call at a
// time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "terrella/v1/topology.pb.h"

namespace terrella::sim {

class ViewClient {
 public:
  // `target`: "127.0.0.1:7070".
  ViewClient(const std::string& target, std::function<void(v1::View)> on_view);
  // No callback is running or follows afterwards.
  ~ViewClient();
  ViewClient(const ViewClient&) = delete;
  ViewClient& operator=(const ViewClient&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::sim
