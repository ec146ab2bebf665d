// Any bytes on the node's disk are a snapshot or a refusal; what is accepted survives another
// round. The input is tried as it stands and, because no fuzzer guesses a checksum, as the payload
// of a whole file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "edge_node/control/last_known_good.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace edge = terrella::edge;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto whole = edge::DecodeSnapshot(bytes);
  CHECK(!whole.ok() ||
        edge::DecodeSnapshot(edge::EncodeSnapshot(whole->state, whole->serial)).ok());
  terrella::v1::Push push;
  if (push.ParseFromArray(data, static_cast<int>(size))) {
    CHECK(edge::DecodeSnapshot(edge::EncodeSnapshot(push, size)).ok());
  }
  return 0;
}
