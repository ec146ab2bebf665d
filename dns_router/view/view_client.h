// ViewClient: follows the control plane's view of the network, for ever.
//
// When the stream breaks it dials again after 100 ms, doubling to 2 s, with jitter; whoever gets
// the views keeps the last one meanwhile.
//
// Thread: made and destroyed on one thread; `on_view` is called on a thread of gRPC, one call at a
// time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

class ViewClient {
 public:
  // `first_of_stream` is true for the first view after each (re)connection.
  using ViewCallback = std::function<void(v1::View view, bool first_of_stream)>;

  // Starts following `target` ("127.0.0.1:7070").
  ViewClient(const std::string& target, ViewCallback on_view);
  // No callback is running or follows afterwards.
  ~ViewClient();
  ViewClient(const ViewClient&) = delete;
  ViewClient& operator=(const ViewClient&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
