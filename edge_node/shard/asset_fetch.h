// AssetFetch: env.ASSETS.fetch(), and a service binding to a script whose assets answer: a worker's
// request that a site answers, without another isolate.
//
// Thread: the shard's loop. Destroying one cancels it.
#pragma once

#include <memory>

#include "edge_node/assets/asset_store.h"
#include "edge_node/runtime/host.h"
#include "edge_node/shard/serving_state.h"
#include "edge_node/shard/subrequest.h"

namespace terrella::edge {

// OutboundRequest::service of env.ASSETS: no script is called so.
inline constexpr std::string_view kAssetsService = ":assets";

// The answer of the script's site as a response; the body keeps the bytes alive.
std::unique_ptr<runtime::Subrequest> FetchAsset(EventLoop& loop, AssetStore& store,
                                                std::shared_ptr<const LiveScript> script,
                                                AssetAnswer answer, bool is_head,
                                                runtime::SubrequestObserver& observer);

// The asked bytes of a file as a body.
std::unique_ptr<http::BodySource> MakeAssetBody(std::shared_ptr<const AssetBytes> bytes,
                                                const cache::ByteRange& range);

}  // namespace terrella::edge
