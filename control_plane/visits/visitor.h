// Visitor: somebody sent to a city of the world, to ask a worker for something and to tell what it
// was like.
//
// Requests go through the ingress, which makes them feel the distance (sim/visit): the dashboard
// has no model of its own, and a browser cannot be in Lagos. The model is loaded for the first
// visit; a control plane that sends nobody does not have it.
//
// Thread: any; visits run on a loop of its own, where `done` is called. Owns: the loop, its thread
// and the visits under way.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "terrella/v1/visits.pb.h"

namespace terrella::control {

struct VisitorOptions {
  SocketAddress ingress, dns;
  std::filesystem::path data;  // of the world; empty: where programs look for it
  // PEM file whom https:// trusts; read when it is needed. Empty: no https.
  std::filesystem::path authority;
  size_t visits_max = 32;  // at once
  Duration timeout = std::chrono::seconds(30);
};

class Visitor {
 public:
  using Done = std::function<void(absl::StatusOr<v1::VisitResponse>)>;
  using Pops = std::map<std::string, std::string>;  // PoP code by the node's IPv4 address

  explicit Visitor(VisitorOptions options);
  // Stops first. No call is running any more.
  ~Visitor();
  // Visits under way end with Cancelled, and so does who comes later.
  void Stop();
  // `done` is called once. Errors: as visits.proto says.
  void Visit(v1::VisitRequest request, Pops pops, Done done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::control
