// CacheKey: what makes two requests the same to the cache (RFC 9111 section 2).
//
// A key is a namespace (the script that owns the entry and the name of its cache) and a URL without
// its fragment. GET and HEAD share it. Fields that some frameworks take for the real URL, host or
// method are part of it, as is Origin: an answer made for one value of them never reaches another.
//
// Thread: any; plain data.
#pragma once

#include <string>
#include <string_view>

#include "http/message/headers.h"

namespace terrella::cache {

// The part of the cache that one script sees under one name.
struct CacheNamespace {
  std::string_view script;
  std::string_view name;  // of caches.open(); empty: caches.default and fetch()
};

// The text of a key: "SCRIPT\nNAME\nURL" and lines of fields. No part holds a line feed (script and
// URL are checked elsewhere, it is escaped in names).
std::string MakeCacheKey(const CacheNamespace& space, std::string_view url,
                         const http::Headers& request);

// The script and URL of such a text.
struct CacheKeyParts {
  std::string_view script;
  std::string_view name;
  std::string_view url;
};
CacheKeyParts SplitCacheKey(std::string_view key);

// The URL that a Location or Content-Location field names, when it has the origin (scheme, host,
// port) of `base`: an absolute URL or an absolute path. Empty otherwise.
std::string SameOriginTarget(std::string_view base, std::string_view reference);

}  // namespace terrella::cache
