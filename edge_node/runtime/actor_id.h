// Ids of Durable Objects: 32 bytes, shown as 64 hexadecimal digits.
//
//   16 bytes: random, or made of the name       16 bytes: made of the namespace and the first half
//
// A namespace holds the objects of one class; its id is a text that the control plane gives it. The
// second half lets a namespace refuse the ids of others; it is no secret and no proof against who
// wants to forge one.
//
// Thread: any; pure functions, save for the randomness of NewActorId.
#pragma once

#include <string>
#include <string_view>

namespace terrella::runtime {

std::string ActorIdFromName(std::string_view namespace_id, std::string_view name);
std::string NewActorId(std::string_view namespace_id);
// Whether the 64 digits are an id of this namespace; upper case is not.
bool IsActorIdOf(std::string_view namespace_id, std::string_view digits);

}  // namespace terrella::runtime
