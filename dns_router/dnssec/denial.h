// Denial: the NSEC record that proves what is not there, made for the one name that was asked for
// (compact denial of existence, RFC 9824).
//
// It says: this name exists, has just these types, and the next name in the zone follows at once. A
// name that does not exist is given the one type NXNAME, which says so. Nobody learns another name
// of the zone, one signature does where a chain would need three, and nothing has to be sorted.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dns_router/wire/protocol.h"

namespace terrella::dns {

// The content of the NSEC record at `owner`, a lower-case wire name. `types`: of the name, any
// order. Empty when the name is one of the few with no next name that fits.
std::string NsecContent(std::string_view owner, std::span<const Type> types);

}  // namespace terrella::dns
