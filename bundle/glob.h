// Glob: whether a path within a project matches a pattern such as "**/*.html".
//
// '*' is any run of bytes of one segment, '?' one of them, "**" any number of whole segments,
// "{a,b}" one of the choices (which do not nest).
//
// Thread: any; pure functions.
#pragma once

#include <string_view>

namespace terrella::bundle {

// `path` is relative, with '/'. A pattern's leading "./" counts for nothing.
bool MatchesGlob(std::string_view pattern, std::string_view path);

// ".html" of "**/*.html": the extension every match has; "" when the pattern does not fix one.
std::string_view ExtensionOfGlob(std::string_view pattern);

}  // namespace terrella::bundle
