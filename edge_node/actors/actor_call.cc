#include "edge_node/actors/actor_call.h"

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "edge_node/runtime/actor_id.h"

namespace terrella::edge {
namespace {

constexpr size_t kFieldBytesMax = 32 << 10;
constexpr size_t kNameBytesMax = 2048;  // of an object
constexpr size_t kNamespaceBytesMax = 512;
constexpr size_t kMethodBytesMax = 4096;

absl::string_view ToAbslView(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::string ActorKey(std::string_view namespace_id, std::string_view id) {
  return std::string(namespace_id).append(1, '\0').append(id);
}

std::string EncodeActorCall(const v1::ActorCall& call) {
  return absl::Base64Escape(call.SerializeAsString());
}

absl::StatusOr<v1::ActorCall> DecodeActorCall(std::string_view field) {
  if (field.size() > kFieldBytesMax) {
    return InvalidArgument("the call's field has {} bytes; at most {} are allowed", field.size(),
                           kFieldBytesMax);
  }
  std::string bytes;
  v1::ActorCall call;
  if (!absl::Base64Unescape(ToAbslView(field), &bytes) || !call.ParseFromString(bytes)) {
    return InvalidArgument("the call's field is no ActorCall in base64");
  }
  if (call.namespace_id().empty() || call.namespace_id().size() > kNamespaceBytesMax) {
    return InvalidArgument("the call names no namespace of 1 to {} bytes", kNamespaceBytesMax);
  }
  if (call.name().size() > kNameBytesMax || call.rpc_method().size() > kMethodBytesMax) {
    return InvalidArgument("the call's names are longer than {} and {} bytes", kNameBytesMax,
                           kMethodBytesMax);
  }
  if (!runtime::IsActorIdOf(call.namespace_id(), call.id())) {
    return InvalidArgument("the call's id is none of namespace {}", call.namespace_id());
  }
  if (call.scheme() != "http" && call.scheme() != "https") {
    return InvalidArgument("the call's scheme is neither http nor https");
  }
  return call;
}

void FillPlace(const runtime::RequestPlace& place, v1::ActorCallPlace& out) {
  out.set_colo(place.colo);
  out.set_city(place.city);
  out.set_country(place.country);
  out.set_continent(place.continent);
  out.set_region(place.region);
  out.set_timezone(place.timezone);
  out.set_latitude_deg(place.latitude_deg);
  out.set_longitude_deg(place.longitude_deg);
  out.set_rtt_ms(place.rtt_ms);
}

runtime::RequestPlace PlaceOf(const v1::ActorCallPlace& place) {
  runtime::RequestPlace out{.colo = place.colo(),
                            .city = place.city(),
                            .country = place.country(),
                            .continent = place.continent(),
                            .region = place.region(),
                            .timezone = place.timezone()};
  out.latitude_deg = place.latitude_deg();
  out.longitude_deg = place.longitude_deg();
  out.rtt_ms = place.rtt_ms();
  return out;
}

}  // namespace terrella::edge
