#include "control_plane/store/etcd_address.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/file.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr std::string_view kScheme = "etcd://";
constexpr std::string_view kTlsScheme = "etcds://";
constexpr size_t kPemBytesMax = 1 << 20;
constexpr size_t kEndpointsMax = 16;
constexpr size_t kPrefixBytesMax = 256;

absl::StatusOr<std::string> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == text.npos;
  const std::string_view host = has_port ? text.substr(0, colon) : text;
  const std::string_view port = has_port ? text.substr(colon + 1) : "2379";
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool good_port =
      error == std::errc() && end == port.data() + port.size() && number > 0 && number < 65536;
  const bool good_host = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_[]:").find(c) != std::string_view::npos;
  });
  if (!good_host || !good_port) {
    return InvalidArgument("'{}' is no endpoint of etcd, expected HOST:PORT", text);
  }
  return fmt::format("{}:{}", host, number);
}

// "ca=FILE&cert=FILE&key=FILE".
absl::StatusOr<EtcdTls> ParseTls(std::string_view query) {
  EtcdTls tls;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    const size_t equals = std::min(one.find('='), one.size());
    const std::string_view key = one.substr(0, equals);
    std::filesystem::path* file = key == "ca"     ? &tls.authority
                                  : key == "cert" ? &tls.certificates
                                  : key == "key"  ? &tls.key
                                                  : nullptr;
    if (file == nullptr || !file->empty() || equals + 1 >= one.size()) {
      return InvalidArgument("'{}' after '?', expected ca=FILE, cert=FILE and key=FILE, each once",
                             one);
    }
    *file = one.substr(equals + 1);
  }
  if (tls.certificates.empty() != tls.key.empty()) {
    return InvalidArgument("cert=FILE and key=FILE go together");
  }
  return tls;
}

}  // namespace

absl::Status EtcdAddress::CheckFiles() const {
  if (!tls) return absl::OkStatus();
  for (const std::filesystem::path& file : {tls->authority, tls->certificates, tls->key}) {
    if (file.empty()) continue;
    if (const auto bytes = ReadFile(file, kPemBytesMax); !bytes.ok()) {
      return NotFound("of etcds://: {}", Message(bytes.status()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<EtcdAddress> EtcdAddress::Parse(std::string_view text) {
  const bool encrypted = text.starts_with(kTlsScheme);
  if (!encrypted && !text.starts_with(kScheme)) {
    return InvalidArgument(
        "'{}' is no store, expected etcd://HOST:PORT[,HOST:PORT...][/PREFIX] or, for TLS, "
        "etcds://HOST:PORT[,HOST:PORT...][/PREFIX][?ca=FILE&cert=FILE&key=FILE]",
        text);
  }
  std::string_view rest = text.substr(encrypted ? kTlsScheme.size() : kScheme.size());
  const std::string_view query = rest.substr(std::min(rest.find('?'), rest.size()));
  rest.remove_suffix(query.size());
  std::optional<EtcdTls> tls;
  if (encrypted) {
    ASSIGN_OR_RETURN(tls, ParseTls(query.substr(query.empty() ? 0 : 1)));
  } else if (!query.empty()) {
    return InvalidArgument("'{}' of etcd:// makes sense with etcds:// only, which is TLS", query);
  }
  std::string_view list = rest.substr(0, rest.find('/'));
  std::string_view prefix = rest.substr(list.size());
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.size() > kPrefixBytesMax) {
    return InvalidArgument("a prefix of {} bytes is over the limit of {}", prefix.size(),
                           kPrefixBytesMax);
  }
  EtcdAddress address{.endpoints = {}, .prefix = std::string(prefix), .tls = std::move(tls)};
  while (true) {
    const std::string_view one = list.substr(0, list.find(','));
    ASSIGN_OR_RETURN(std::string endpoint, ParseEndpoint(one));
    address.endpoints.push_back(std::move(endpoint));
    if (one.size() == list.size()) break;
    list.remove_prefix(one.size() + 1);
  }
  if (address.endpoints.size() > kEndpointsMax) {
    return InvalidArgument("{} endpoints of etcd are over the limit of {}",
                           address.endpoints.size(), kEndpointsMax);
  }
  return address;
}

}  // namespace terrella::control
