// What the gateway's calls carry besides their message, so that who judges them knows them.
//
// Metadata of gRPC, as its names. A secret of this process goes with every call: without it these
// are anybody's words. Who calls with it and without `authorization` is the operator.
#pragma once

#include <string_view>

namespace terrella::control {

constexpr std::string_view kGatewayPass = "terrella-gateway";       // the secret
constexpr std::string_view kGatewayPeer = "terrella-gateway-peer";  // the client's address

}  // namespace terrella::control
