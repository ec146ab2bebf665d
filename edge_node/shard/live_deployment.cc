#include "edge_node/shard/live_deployment.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "bundle/version_shares.h"
#include "edge_node/cache/policy/field_list.h"

namespace terrella::edge {
namespace {

using bundle::kAllRequests;

}  // namespace

LiveDeployment::LiveDeployment(std::shared_ptr<const LiveScript> script)
    : LiveDeployment(std::vector<Share>{{std::move(script), kAllRequests}}) {}

LiveDeployment::LiveDeployment(std::vector<Share> shares) : shares_(std::move(shares)) {
  uint32_t sum = 0;
  for (const Share& share : shares_) sum += share.basis_points;
  CHECK(sum == kAllRequests);
  const auto most = std::max_element(
      shares_.begin(), shares_.end(),
      [](const Share& a, const Share& b) { return a.basis_points < b.basis_points; });
  main_ = static_cast<size_t>(most - shares_.begin());
}

const std::shared_ptr<const LiveScript>& LiveDeployment::PickByKey(std::string_view key) const {
  if (!is_split()) return main();
  uint32_t place = bundle::PlaceOfKey(main()->code->script, key);
  for (const Share& share : shares_) {
    if (place < share.basis_points) return share.script;
    place -= share.basis_points;
  }
  CHECK(false);  // the shares are the whole
  return main();
}

LiveDeployment::Picked LiveDeployment::Pick(const http::Headers& headers,
                                            std::string_view otherwise) const {
  if (!is_split()) return {main()};
  if (const auto overrides = headers.Combined("cloudflare-workers-version-overrides")) {
    for (cache::FieldList list(*overrides); const auto item = list.Next();) {
      if (item->text != main()->code->script || !item->argument) continue;
      if (const auto* script = Find(*item->argument)) return {*script, true};
    }
  }
  const auto key = headers.Find("cloudflare-workers-version-key");
  return {PickByKey(key.has_value() ? *key : otherwise)};
}

bool LiveDeployment::Has(const LiveScript& script) const {
  return std::any_of(shares_.begin(), shares_.end(),
                     [&](const Share& share) { return share.script.get() == &script; });
}

bool LiveDeployment::operator==(const LiveDeployment& other) const {
  return std::equal(shares_.begin(), shares_.end(), other.shares_.begin(), other.shares_.end(),
                    [](const Share& a, const Share& b) {
                      return a.script == b.script && a.basis_points == b.basis_points;
                    });
}

const std::shared_ptr<const LiveScript>* LiveDeployment::Find(std::string_view version_id) const {
  for (const Share& share : shares_) {
    if (share.script->code->version_id == version_id) return &share.script;
  }
  return nullptr;
}

}  // namespace terrella::edge
