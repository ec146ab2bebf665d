// Content codings (RFC 9110 section 8.4): a body that is decoded or encoded while it is read.
//
// The reader's pace is kept: nothing is read ahead of it but what one step needs, and no step gives
// out more than 64 KiB, however well the origin compressed it.
//
// Thread: that of the body.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "edge_node/runtime/compression/coded_body.h"
#include "http/message/body.h"

namespace terrella::runtime {

// The codings named by a Content-Encoding value, in the order they were applied; "identity" is
// left out. Nothing when one is not known here, or when there are more than a few.
std::optional<std::vector<CodecFormat>> ParseContentCodings(std::string_view value);

// Makes what is told of each coding's cost; empty: nobody is.
using MakeMeter = std::function<std::unique_ptr<CodingMeter>()>;

// The body before the codings were applied. As browsers do: an empty body stays one, members of
// gzip may follow each other, what follows the end otherwise is dropped, and deflate may lack its
// wrapper.
std::unique_ptr<http::BodySource> DecodeContent(std::unique_ptr<http::BodySource> body,
                                                const std::vector<CodecFormat>& codings,
                                                const MakeMeter& make_meter = nullptr);
// The body with the codings applied. What the source gives is passed on at once, not held back
// until a block is full.
std::unique_ptr<http::BodySource> EncodeContent(std::unique_ptr<http::BodySource> body,
                                                const std::vector<CodecFormat>& codings,
                                                const MakeMeter& make_meter = nullptr);

}  // namespace terrella::runtime
