// The identity of a version: a hash of everything that can change what it does.
//
// Fields are hashed one by one with their lengths, because protobuf's bytes are not canonical. The
// id itself, inline module bytes and the order of modules, bindings and origins do not count.
//
// Whoever names a version uses this: the CLI, a node that reads a worker from disk, the control
// plane that checks what it was sent. Modelled round-trip times to origins count, although a person
// never writes them: the store, the push, a node's live code and its refusals all take a known id
// for "nothing new", so a redeploy on a cluster with other PoPs would otherwise leave the new nodes
// without a distance. The price: the id of a worker with placed origins depends on the cluster.
#pragma once

#include <string>

#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

// 32 lower-case hexadecimal digits: the first 16 bytes of SHA-256 over the explicit fields.
std::string VersionId(const v1::Version& version);

}  // namespace terrella::bundle
