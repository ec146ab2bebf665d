// ViewClient: follows the control plane's view of the network, for ever.
//
// When the stream breaks it asks again after 100 ms, doubling to 2 s, with jitter. A connection
// that died without a word is found out by keepalive. The client keeps no view: whoever gets them
// keeps the last one meanwhile, and decides what to make of the first one after a reconnection,
// which may come from a control plane that has not heard of all its nodes again.
//
// Thread: made and destroyed on one thread; the callback is called on a thread of gRPC, one call at
// a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rpc/upstream.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::topology {

struct ViewClientOptions {
  rpc::Upstream control;
  std::string watcher;  // who follows, for the control plane's log: "ingress"
};

class ViewClient {
 public:
  // `first_of_stream` is true for the first view after each (re)connection.
  using ViewCallback = std::function<void(v1::View view, bool first_of_stream)>;

  // Starts following at once; nobody needs to answer yet.
  ViewClient(ViewClientOptions options, ViewCallback on_view);
  // No callback is running or follows afterwards.
  ~ViewClient();
  ViewClient(const ViewClient&) = delete;
  // Whether the stream stands and has given a view. Thread: any.
  bool is_following() const;
  ViewClient& operator=(const ViewClient&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::topology
