#include "rpc/upstream.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/status.h"
#include "base/tcp.h"
#include "rpc/credentials.h"

namespace terrella::rpc {
namespace {

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.';
         });
}

bool IsNamed(std::string_view target) {
  const size_t colon = target.rfind(':');
  uint32_t port = 0;
  return colon != target.npos && IsHostName(target.substr(0, colon)) &&
         absl::SimpleAtoi(ToAbsl(target.substr(colon + 1)), &port) && port >= 1 && port <= 65535;
}

// Addresses of one family.
absl::StatusOr<std::string> SchemeOfAddresses(std::string_view target) {
  std::string scheme;
  while (!target.empty()) {
    const size_t comma = std::min(target.find(','), target.size());
    ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Parse(target.substr(0, comma)));
    const std::string own = address.ip.is_v4() ? "ipv4:" : "ipv6:";
    if (scheme.empty()) scheme = own;
    if (scheme != own) return InvalidArgument("addresses of one control plane are of one family");
    target.remove_prefix(std::min(comma + 1, target.size()));
  }
  return scheme.empty() ? absl::StatusOr<std::string>(InvalidArgument("expected HOST:PORT"))
                        : scheme;
}

std::string WithScheme(const std::string& target) {
  const absl::StatusOr<std::string> scheme = SchemeOfAddresses(target);
  return (scheme.ok() ? *scheme : "dns:///") + target;
}

}  // namespace

absl::Status CheckTarget(std::string_view target) {
  const absl::StatusOr<std::string> scheme = SchemeOfAddresses(target);
  if (scheme.ok() || IsNamed(target)) return absl::OkStatus();
  return InvalidArgument("expected HOST:PORT or IP:PORT[,IP:PORT...], got '{}'",
                         target.substr(0, 256));
}

absl::StatusOr<Upstream> MakeUpstream(std::string target, const TlsFiles& files,
                                      std::string_view service, std::string_view flag) {
  RETURN_IF_ERROR(files.Check(flag));
  return Upstream{std::move(target), files.empty() ? nullptr : ClientCredentials(files, service)};
}

std::shared_ptr<grpc::Channel> Dial(const Upstream& upstream,
                                    const grpc::ChannelArguments& arguments) {
  return grpc::CreateCustomChannel(
      WithScheme(upstream.target),
      upstream.credentials == nullptr ? grpc::InsecureChannelCredentials() : upstream.credentials,
      arguments);
}

}  // namespace terrella::rpc
