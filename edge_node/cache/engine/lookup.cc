#include "edge_node/cache/engine/lookup.h"

#include <utility>

#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/vary.h"

namespace terrella::cache {

void Lookup::Step() {
  const Store::Found found = store_.Find(result_.key);
  if (found.outcome != Store::Outcome::kMustWait) return OnEntry(found.entry);
  read_ = store_.Read(loop_, result_.key, found, [this](auto entry) {
    const std::unique_ptr<PendingRead> over = std::move(read_);
    OnEntry(std::move(entry));
  });
}

void Lookup::OnEntry(std::shared_ptr<const StoredEntry> entry) {
  if (entry != nullptr && purges_ != nullptr) {
    const CacheKeyParts parts = SplitCacheKey(entry->key);
    if (purges_->IsPurged(parts.script, parts.url, entry->head.tags, entry->head.purge_stamp)) {
      store_.Delete(entry->key, [](bool) {});
      entry = nullptr;
    }
  }
  if (entry != nullptr && entry->is_vary_index && result_.index == nullptr) {
    result_.key = VariantKey(*entry, VaryValues(entry->head.vary, headers_));
    result_.index = std::move(entry);
    return Step();
  }
  if (entry != nullptr && !entry->is_vary_index) result_.entry = std::move(entry);
  done_(std::move(result_));
}

}  // namespace terrella::cache
