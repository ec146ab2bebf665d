// RpcCall: a call to a service of the control plane, made over gRPC with messages as bytes.
//
// Calls go through the channel that everybody else's go through, so that a rule that holds for gRPC
// (who may call what, what is written down) holds for HTTP. One message is asked for at a time:
// who reads slowly never has a queue here.
//
// Thread: a call belongs to its loop; gRPC's threads only post to it. Owns: nothing of gRPC's that
// outlives RpcCaller, whose destructor waits for what is still running. Destroying a call cancels
// it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/event_loop.h"

namespace grpc {
class Channel;
}

namespace terrella::control {

class RpcCall {
 public:
  struct Events {
    std::function<void(std::string wire)> message;
    std::function<void(absl::Status)> done;  // last; the call may be destroyed from either
  };
  virtual ~RpcCall() = default;
  // Asks for the next message. Called once after each.
  virtual void Next() = 0;
};

using RpcMetadata = std::vector<std::pair<std::string, std::string>>;

struct RpcRequest {
  std::string path;  // "/terrella.v1.Kv/Get"
  RpcMetadata metadata;
  std::vector<std::string> wires;  // the message; of a method that reads a stream, any number
  Duration timeout{};              // 0: none
};

class RunningCalls;

class RpcCaller {
 public:
  RpcCaller(EventLoop& loop, std::shared_ptr<grpc::Channel> channel);
  // All calls are destroyed by now; waits until gRPC has let go of them. Not on one of its threads.
  ~RpcCaller();

  // Begins with the first message asked for.
  std::unique_ptr<RpcCall> Call(RpcRequest request, RpcCall::Events events);

 private:
  EventLoop& loop_;
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<RunningCalls> running_;
};

}  // namespace terrella::control
