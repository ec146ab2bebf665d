// The header field by which one host calls a Durable Object at another: a v1::ActorCall in base64.
//
// Whoever reaches a host's door can send anything: the field is checked whole before anything of it
// is used.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/inbound_request.h"
#include "terrella/v1/actors.pb.h"

namespace terrella::edge {

inline constexpr char kActorCallField[] = "terrella-actor";
// Of an answer: the call was not delivered, and may be made again where the object is now.
inline constexpr char kActorRefusedField[] = "terrella-actor-refused";
// Of an answer: what kept the object from answering, percent-encoded (js/rpc.js).
inline constexpr char kActorErrorField[] = "terrella-actor-error";
inline constexpr char kActorMessageField[] = "terrella-actor-message";

// One object among those of all namespaces.
std::string ActorKey(std::string_view namespace_id, std::string_view id);

std::string EncodeActorCall(const v1::ActorCall& call);
// InvalidArgument says what is wrong: an id of another namespace, a name that is too long, ...
absl::StatusOr<v1::ActorCall> DecodeActorCall(std::string_view field);

void FillPlace(const runtime::RequestPlace& place, v1::ActorCallPlace& out);
runtime::RequestPlace PlaceOf(const v1::ActorCallPlace& place);

}  // namespace terrella::edge
