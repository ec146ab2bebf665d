#include "sim/bgp/as_graph_image.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/status.h"

namespace terrella::bgp {
namespace {

constexpr std::string_view kMagic = "TERRASG1";

absl::Status CheckBegins(const AsGraph::Rows& rows, std::string_view what) {
  const uint32_t* begins = rows.begins.data();
  const size_t count = rows.begins.size();
  bool ascend = begins[0] == 0 && begins[count - 1] == rows.targets.size();
  for (size_t i = 1; i < count; ++i) ascend &= begins[i - 1] <= begins[i];
  if (!ascend) return DataLoss("expected the lists of {} to follow each other", what);
  return absl::OkStatus();
}

// Both ends know of a link: walking the nodes in order, each names the next unread entry of its
// neighbour's list. Holds for ascending lists only, and proves that they ascend strictly.
absl::Status CheckMirrored(const AsGraph::Rows& rows, const AsGraph::Rows& mirror,
                           std::string_view what) {
  const size_t count = rows.begins.size() - 1;
  if (rows.targets.size() != mirror.targets.size()) {
    return DataLoss("expected both ends of a link to know of it ({})", what);
  }
  std::vector<uint32_t> next(mirror.begins.begin(), mirror.begins.end() - 1);
  for (AsId x = 0; x < count; ++x) {
    for (const AsId y : rows.Of(x)) {
      if (y >= count) return DataLoss("expected {} of AS {} below {}, got {}", what, x, count, y);
      const uint32_t at = next[y]++;
      if (at >= mirror.begins[y + 1] || mirror.targets[at] != x) {
        return DataLoss(
            "expected ascending lists, and both ends of a link to know of it ({} of {})", what, x);
      }
    }
  }
  return absl::OkStatus();
}

// Nobody is on two lists of one AS. Both are ascending.
bool Disjoint(std::span<const AsId> a, std::span<const AsId> b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) return false;
    (a[i] < b[j] ? i : j)++;
  }
  return true;
}

absl::Status CheckNumbers(const ImageParts& parts) {
  const size_t count = parts.asn.size();
  for (size_t i = 0; i < count; ++i) {
    if (parts.by_asn[i] >= count ||
        (i > 0 && parts.asn[parts.by_asn[i - 1]] >= parts.asn[parts.by_asn[i]])) {
      return DataLoss("expected the index of numbers to ascend at {}", i);
    }
  }
  return absl::OkStatus();
}

}  // namespace

size_t ImageWords(const ImageCounts& counts) {
  return kImageHeadWords + 2 * counts.ases + 3 * (counts.ases + 1) + 2 * counts.provider_links +
         2 * counts.peer_links;
}

size_t ImageWordsMax(const AsGraphLimits& limits) {
  return ImageWords({.ases = limits.ases_max, .provider_links = limits.links_max});
}

void WriteImageHead(const ImageCounts& counts, uint32_t* head) {
  std::fill(head, head + kImageHeadWords, 0);
  std::memcpy(head, kMagic.data(), kMagic.size());
  head[2] = static_cast<uint32_t>(counts.ases);
  head[3] = static_cast<uint32_t>(counts.provider_links);
  head[4] = static_cast<uint32_t>(counts.peer_links);
}

absl::StatusOr<ImageParts> SplitImage(std::span<const uint32_t> image,
                                      const AsGraphLimits& limits) {
  if (image.size() < kImageHeadWords ||
      std::memcmp(image.data(), kMagic.data(), kMagic.size()) != 0) {
    return DataLoss("expected a graph of ASes that begins with {}", kMagic);
  }
  const ImageCounts counts{.ases = image[2], .provider_links = image[3], .peer_links = image[4]};
  if (counts.ases > limits.ases_max ||
      counts.provider_links + counts.peer_links > limits.links_max) {
    return DataLoss("expected at most {} ASes and {} links, got {} and {}", limits.ases_max,
                    limits.links_max, counts.ases, counts.provider_links + counts.peer_links);
  }
  if (image.size() != ImageWords(counts)) {
    return DataLoss("expected {} words, got {}", ImageWords(counts), image.size());
  }
  size_t at = kImageHeadWords;
  const auto take = [&](size_t words) {
    at += words;
    return image.subspan(at - words, words);
  };
  ImageParts parts;
  parts.asn = take(counts.ases);
  parts.by_asn = take(counts.ases);
  for (AsGraph::Rows* rows : {&parts.providers, &parts.customers, &parts.peers}) {
    rows->begins = take(counts.ases + 1);
    rows->targets = take(rows == &parts.peers ? 2 * counts.peer_links : counts.provider_links);
  }
  return parts;
}

absl::Status CheckImage(const ImageParts& parts) {
  RETURN_IF_ERROR(CheckBegins(parts.providers, "providers"));
  RETURN_IF_ERROR(CheckBegins(parts.customers, "customers"));
  RETURN_IF_ERROR(CheckBegins(parts.peers, "peers"));
  RETURN_IF_ERROR(CheckNumbers(parts));
  RETURN_IF_ERROR(CheckMirrored(parts.customers, parts.providers, "customers"));
  RETURN_IF_ERROR(CheckMirrored(parts.providers, parts.customers, "providers"));
  RETURN_IF_ERROR(CheckMirrored(parts.peers, parts.peers, "peers"));
  for (AsId x = 0; x < parts.asn.size(); ++x) {
    const std::span<const AsId> providers = parts.providers.Of(x);
    if (!providers.empty() && providers.back() >= x) {
      return DataLoss("expected providers before their customers, not {}", x);
    }
    const std::span<const AsId> peers = parts.peers.Of(x);
    if (std::binary_search(peers.begin(), peers.end(), x) || !Disjoint(peers, providers)) {
      return DataLoss("expected an AS on one list of another, and on none of its own ({})", x);
    }
  }
  return absl::OkStatus();
}

}  // namespace terrella::bgp
