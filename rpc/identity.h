// Identity: who a part of a cluster is, as its certificate says (a subjectAltName of the kind URI):
//
//   edge://<cluster>/node/<id>        an edge node
//   edge://<cluster>/service/<name>   control_plane, dns_router, ingress
//   edge://<cluster>/operator         who runs the cluster: the CLI of the machine it was made on
//
// Thread: any; plain data and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::rpc {

enum class IdentityKind : uint8_t { kNode, kService, kOperator };

struct Identity {
  std::string cluster;
  IdentityKind kind = IdentityKind::kOperator;
  std::string name;  // of the node or service; empty for an operator
  bool operator==(const Identity&) const = default;

  static Identity Node(std::string cluster, std::string id) {
    return {std::move(cluster), IdentityKind::kNode, std::move(id)};
  }
  static Identity Service(std::string cluster, std::string name) {
    return {std::move(cluster), IdentityKind::kService, std::move(name)};
  }
  static Identity Operator(std::string cluster) {
    return {std::move(cluster), IdentityKind::kOperator, {}};
  }
  bool is_node() const { return kind == IdentityKind::kNode; }
  bool is_service(std::string_view which) const {
    return kind == IdentityKind::kService && name == which;
  }
};

inline constexpr std::string_view kControlPlane = "control_plane";
inline constexpr std::string_view kDnsRouter = "dns_router";
inline constexpr std::string_view kIngress = "ingress";

std::string ToUri(const Identity& identity);
// InvalidArgument for any other URI, unknown services included. Names are 1 to 64 letters, digits,
// '-', '_' or '.'.
absl::StatusOr<Identity> ParseIdentity(std::string_view uri);

// For people: "node FRA", "the control_plane", "an operator".
std::string Describe(const Identity& identity);

}  // namespace terrella::rpc
