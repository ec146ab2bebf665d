#include "dns_router/view/view_cache.h"

#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr std::string_view kHead("TRVW\1\0\0\0", 8);
constexpr size_t kDigestBytes = 32;
constexpr size_t kFileBytesMax = 32 << 20;

}  // namespace

std::string EncodeView(const v1::View& view) {
  const std::string payload = view.SerializeAsString();
  return std::string(kHead) + Sha256(payload) + payload;
}

absl::StatusOr<v1::View> DecodeView(std::string_view bytes) {
  if (!bytes.starts_with(kHead) || bytes.size() < kHead.size() + kDigestBytes) {
    return absl::DataLossError("no view of the network, or of another format");
  }
  const std::string_view digest = bytes.substr(kHead.size(), kDigestBytes);
  const std::string_view payload = bytes.substr(kHead.size() + kDigestBytes);
  v1::View view;
  if (Sha256(payload) != digest ||
      !view.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return absl::DataLossError("the view of the network is damaged");
  }
  return view;
}

absl::StatusOr<v1::View> ReadViewCache(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NotFound("{}: no view has been kept", path.string());
  }
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kFileBytesMax));
  auto view = DecodeView(bytes);
  if (view.ok()) return view;
  return absl::DataLossError(fmt::format("{}: {}", path.string(), Message(view.status())));
}

ViewCache::ViewCache(EventLoop& loop, std::filesystem::path path, Duration every)
    : loop_(loop),
      path_(std::move(path)),
      every_(every),
      written_(loop.Now() - every),
      timer_(loop, [this] { Write(); }) {}

ViewCache::~ViewCache() {
  if (waiting_) Write();
}

void ViewCache::Keep(v1::View view) {
  if (path_.empty()) return;
  waiting_ = std::move(view);
  if (!timer_.active()) timer_.StartAt(written_ + every_);
}

void ViewCache::Write() {
  written_ = loop_.Now();
  const absl::Status status =
      WriteFileAtomic(path_, EncodeView(*std::exchange(waiting_, std::nullopt)));
  if (!status.ok() && !complained_) LogError("the view is not kept: {}", Message(status));
  complained_ = !status.ok();
}

}  // namespace terrella::dns
