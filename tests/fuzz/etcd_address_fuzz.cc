// Where etcd is, by anybody's text: refused in words, or with endpoints that gRPC can be given.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "control_plane/store/etcd_address.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = terrella::control::EtcdAddress::Parse(text);
  if (!address.ok()) return 0;
  CHECK(!address->endpoints.empty());
  CHECK(address->tls.has_value() == text.starts_with("etcds://"));
  if (address->tls) CHECK(address->tls->certificates.empty() == address->tls->key.empty());
  return 0;
}
