// Ids of Durable Objects: 32 bytes, shown as 64 hexadecimal digits.
//
//   16 bytes: random, or made of the name       16 bytes: made of the namespace and the first half
//
// A namespace is a script with one of its classes. The second half lets a namespace refuse the ids
// of others; it is no secret and no proof against who wants to forge one.
//
// Thread: any; pure functions, save for the randomness of NewActorId.
#pragma once

#include <string>
#include <string_view>

namespace terrella::runtime {

struct ActorNamespace {
  std::string script;
  std::string class_name;
};

std::string ActorIdFromName(const ActorNamespace& ns, std::string_view name);
std::string NewActorId(const ActorNamespace& ns);
// Whether the 64 digits are an id of this namespace; upper case is not.
bool IsActorIdOf(const ActorNamespace& ns, std::string_view digits);

}  // namespace terrella::runtime
