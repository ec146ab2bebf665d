// CertificateKeeper: sees to it that the certificate of a node that joined is never over: when two
// thirds of its life are, asks the control plane for the next one, for a new key.
//
// The node's file is replaced whole; the channels look at it by themselves (rpc/credentials.h), and
// streams that stand are not touched. Without a control plane it asks again, every minute and then
// as often as what is left demands; the node serves all the same.
//
// Thread: the control loop's.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "rpc/upstream.h"

namespace terrella::edge {

class CertificateKeeper {
 public:
  CertificateKeeper(EventLoop& loop, const rpc::Upstream& control, std::string node,
                    std::filesystem::path file);
  ~CertificateKeeper();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::edge
