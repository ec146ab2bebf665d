#include "control_plane/identity/own_identity.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "rpc/authority_folder.h"

namespace terrella::control {
namespace {

constexpr Duration kOwnLifetime = std::chrono::hours(24 * 30);
constexpr Duration kOperatorLifetime = std::chrono::hours(24 * 90);
constexpr Duration kIssuedLifetime = std::chrono::hours(24 * 365);
constexpr Duration kLookEvery = std::chrono::hours(1);

}  // namespace

absl::StatusOr<rpc::TlsFiles> OwnIdentity::Ensure(const OwnIdentityPlace& place, WallTime now) {
  ASSIGN_OR_RETURN(const auto authority,
                   rpc::AuthorityFolder::OpenOrMake(place.folder(), place.cluster, now));
  const rpc::AuthorityFolder::Holding own{
      .identity = rpc::Identity::Service(place.cluster, std::string(rpc::kControlPlane)),
      .file = place.own(),
      .lifetime = kOwnLifetime};
  const rpc::AuthorityFolder::Holding of_operator{
      .identity = rpc::Identity::Operator(place.cluster),
      .file = place.of_operator(),
      .lifetime = kOperatorLifetime};
  RETURN_IF_ERROR(authority.Ensure(own, now).status());
  RETURN_IF_ERROR(authority.Ensure(of_operator, now).status());
  return rpc::TlsFiles::Of(place.own(), {}, {});
}

OwnIdentity::OwnIdentity(EventLoop& loop, OwnIdentityPlace place)
    : loop_(loop), place_(std::move(place)), timer_(loop, [this] {
        const auto kept = Ensure(place_, loop_.clock().WallNow());
        if (!kept.ok()) LogError("the control plane's certificate: {}", Message(kept.status()));
        timer_.Start(kLookEvery);
      }) {
  timer_.Start(kLookEvery);
}

absl::Status IssueTo(const OwnIdentityPlace& place, std::string_view what,
                     const std::filesystem::path& out, WallTime now) {
  rpc::Identity identity = rpc::Identity::Operator(place.cluster);
  if (what != "operator") identity = rpc::Identity::Service(place.cluster, std::string(what));
  if (!rpc::ParseIdentity(rpc::ToUri(identity)).ok()) {
    return InvalidArgument(
        "--issue is for operator, control_plane, dns_router or ingress, got '{}'; nodes join",
        what);
  }
  if (out.empty()) return InvalidArgument("--issue needs --out, the file to write");
  ASSIGN_OR_RETURN(const auto authority,
                   rpc::AuthorityFolder::OpenOrMake(place.folder(), place.cluster, now));
  return authority.Ensure({.identity = identity, .file = out, .lifetime = kIssuedLifetime}, now)
      .status();
}

}  // namespace terrella::control
