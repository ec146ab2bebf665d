// Cached fetches: a worker's fetch() to a declared origin, and its Cache API, through the node's
// cache.
//
// Two translations and nothing else: what the runtime calls a Subrequest is a Pending to the cache,
// and the cache's Origin is FetchOrigin with its modelled distance. So a hit costs no distance, and
// a miss what the origin always did.
//
// Thread: the shard's loop.
#pragma once

#include <memory>

#include "edge_node/cache/engine/http_cache.h"
#include "edge_node/runtime/host.h"
#include "edge_node/shard/serving_state.h"
#include "http/client/client.h"

namespace terrella::edge {

std::unique_ptr<runtime::Subrequest> FetchThroughCache(cache::HttpCache& cache, EventLoop& loop,
                                                       http::Client& client,
                                                       const std::string& script,
                                                       const OriginTarget& origin,
                                                       runtime::OutboundRequest request,
                                                       runtime::SubrequestObserver& observer);

// `request.cache_operation` is set.
std::unique_ptr<runtime::Subrequest> OperateCache(cache::HttpCache& cache,
                                                  const std::string& script,
                                                  runtime::OutboundRequest request,
                                                  runtime::SubrequestObserver& observer);

}  // namespace terrella::edge
