// OpenAPI: the gateway's calls as an OpenAPI 3.1 document, made of the contracts and their
// comments.
//
// Thread: any.
#pragma once

#include <string>

#include "control_plane/gateway/api_schema.h"

namespace terrella::control {

// The document as JSON.
std::string WriteOpenApi(const ApiSchema& schema);

}  // namespace terrella::control
