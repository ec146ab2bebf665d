// The identity of a version: a hash of everything that can change what it does.
//
// Fields are hashed one by one with their lengths, because protobuf's bytes are not canonical. The
// id itself, inline module bytes and the order of modules, bindings and origins do not count.
#pragma once

#include <string>

#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

// 32 lower-case hexadecimal digits: the first 16 bytes of SHA-256 over the explicit fields.
std::string VersionId(const v1::Version& version);

}  // namespace terrella::bundle
