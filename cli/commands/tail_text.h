// What a tail brings, as lines: one JSON object each, in the shape that wrangler prints, or as
// people read it.
#pragma once

#include <string>
#include <string_view>

#include "cli/app/output.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::cli {

std::string TailEventJson(const v1::TailEvent& event);
std::string TailEventText(const v1::TailEvent& event, const Output& out);

// Events that were left out, and a time nobody watched in.
std::string TailDropJson(const v1::TailDrop& drop);
std::string TailDropText(const v1::TailDrop& drop, const Output& out);
std::string TailGapJson(int64_t from_unix_ms, int64_t to_unix_ms, std::string_view reason);
std::string TailGapText(int64_t from_unix_ms, int64_t to_unix_ms, std::string_view reason,
                        const Output& out);

}  // namespace terrella::cli
