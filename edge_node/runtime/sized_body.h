// SizedBody: a body that passes through a transform which changes nothing of it:
// IdentityTransformStream, after which its length is not known any more, or FixedLengthStream,
// which promises a length and holds the body to it.
//
// Thread: the body's. Owns: the inner source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "http/message/body.h"

namespace terrella::runtime {

std::unique_ptr<http::BodySource> MakeSizedBody(std::unique_ptr<http::BodySource> source,
                                                std::optional<uint64_t> length_bytes);

}  // namespace terrella::runtime
