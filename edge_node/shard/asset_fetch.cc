#include "edge_node/shard/asset_fetch.h"

#include <utility>

namespace terrella::edge {
namespace {

class AssetFetch final : public runtime::Subrequest {
 public:
  AssetFetch(EventLoop& loop, AssetStore& store, std::shared_ptr<const LiveScript> script,
             AssetAnswer answer, bool is_head, runtime::SubrequestObserver& observer)
      : script_(std::move(script)),
        answer_(std::move(answer)),
        observer_(observer),
        deliver_(loop, [this] { Deliver(); }) {
    const bool wants_bytes = answer_.asset != nullptr && !is_head;
    if (wants_bytes) bytes_ = store.Find(answer_.asset->sha256);
    if (!wants_bytes || bytes_ != nullptr) {
      deliver_.Start(Duration(0));
      return;
    }
    pending_ = store.Load(answer_.asset->sha256, answer_.asset->size_bytes, loop,
                          [this](absl::StatusOr<std::shared_ptr<const AssetBytes>> loaded) {
                            if (!loaded.ok()) return observer_.OnSubrequestError(loaded.status());
                            bytes_ = *std::move(loaded);
                            Deliver();
                          });
  }

 private:
  void Deliver() {
    // The observer may destroy this object: hand everything over first.
    runtime::SubrequestObserver& observer = observer_;
    auto body = bytes_ != nullptr ? MakeAssetBody(std::move(bytes_), answer_.range)
                                  : http::MakeStringBody(std::move(answer_.text));
    observer.OnSubrequestResponse(std::move(answer_.head), std::move(body));
  }

  const std::shared_ptr<const LiveScript> script_;  // whose table the answer looks into
  AssetAnswer answer_;
  runtime::SubrequestObserver& observer_;
  std::shared_ptr<const AssetBytes> bytes_;
  std::unique_ptr<AssetStore::Pending> pending_;
  Timer deliver_;
};

}  // namespace

std::unique_ptr<http::BodySource> MakeAssetBody(std::shared_ptr<const AssetBytes> bytes,
                                                const cache::ByteRange& range) {
  const std::string_view part = bytes->bytes.substr(range.offset, range.length);
  return http::MakeViewBody({part}, std::make_shared<std::shared_ptr<const AssetBytes>>(bytes));
}

std::unique_ptr<runtime::Subrequest> FetchAsset(EventLoop& loop, AssetStore& store,
                                                std::shared_ptr<const LiveScript> script,
                                                AssetAnswer answer, bool is_head,
                                                runtime::SubrequestObserver& observer) {
  return std::make_unique<AssetFetch>(loop, store, std::move(script), std::move(answer), is_head,
                                      observer);
}

}  // namespace terrella::edge
