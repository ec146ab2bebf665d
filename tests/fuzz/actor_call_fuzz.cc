// Any field is a call or a refusal; a call that was taken is one once more, and has an id of its
// namespace. Half of the inputs go in as the bytes that base64 would hide.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "edge_node/actors/actor_call.h"
#include "edge_node/runtime/actor_id.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella;
  if (size == 0) return 0;
  std::string field(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    // A call that parses mostly fails by its id: the right one is put in.
    v1::ActorCall call;
    if (call.ParseFromString(field)) {
      call.set_id(runtime::ActorIdFromName(call.namespace_id(), call.name()));
      field = call.SerializeAsString();
    }
    field = absl::Base64Escape(field);
  }
  const auto call = edge::DecodeActorCall(field);
  if (!call.ok()) return 0;
  CHECK(runtime::IsActorIdOf(call->namespace_id(), call->id()));
  CHECK(edge::DecodeActorCall(edge::EncodeActorCall(*call)).ok());
  return 0;
}
