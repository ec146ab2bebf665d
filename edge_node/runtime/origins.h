// Which hosts a worker's fetch() may name: only those its version declares.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace terrella::runtime {

// Empty when `url` (normalised, absolute) may be fetched, else why not. An origin "api.test" stands
// for every port of the host, "api.test:8443" for that one.
std::string RefusalOf(std::string_view url, std::span<const std::string> origin_hosts);

}  // namespace terrella::runtime
