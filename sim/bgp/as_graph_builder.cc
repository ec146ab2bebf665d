#include "sim/bgp/as_graph_builder.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "sim/bgp/as_graph_image.h"

namespace terrella::bgp {

// Nodes by ascending number ("rank"), before they get their place in the graph.
struct AsGraphBuilder::Numbered {
  std::vector<Asn> asn;
  std::vector<uint32_t> provider_count, customer_count, level;
  std::vector<std::pair<uint32_t, uint32_t>> ends;  // of each link, as ranks
};

namespace {

uint32_t RankOf(const std::vector<Asn>& asn, Asn value) {
  return static_cast<uint32_t>(std::lower_bound(asn.begin(), asn.end(), value) - asn.begin());
}

// Turns counts in slots 1..n into where lists begin.
void Accumulate(std::span<uint32_t> begins) {
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
}

// Writes (owner, target) pairs as ascending lists.
void WriteRows(std::vector<std::pair<AsId, AsId>> pairs, std::span<uint32_t> begins,
               std::span<AsId> targets) {
  std::sort(pairs.begin(), pairs.end());
  for (const auto& [owner, target] : pairs) ++begins[owner + 1];
  Accumulate(begins);
  for (size_t i = 0; i < pairs.size(); ++i) targets[i] = pairs[i].second;
}

}  // namespace

absl::Status AsGraphBuilder::CheckLinks(uint32_t* origin) const {
  const auto fail = [&](const Link& link, absl::Status status) {
    if (origin != nullptr) *origin = link.origin;
    return status;
  };
  if (links_.size() > limits_.links_max) {
    return fail(links_[limits_.links_max],
                InvalidArgument("expected at most {} links", limits_.links_max));
  }
  std::vector<std::tuple<Asn, Asn, uint32_t>> pairs;  // lower, higher, index
  pairs.reserve(links_.size());
  for (uint32_t i = 0; i < links_.size(); ++i) {
    const Link& link = links_[i];
    if (link.a == link.b) {
      return fail(link, InvalidArgument("expected two different ASes, got AS{} twice", link.a));
    }
    pairs.emplace_back(std::min(link.a, link.b), std::max(link.a, link.b), i);
  }
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = 1; i < pairs.size(); ++i) {
    const auto& [a, b, index] = pairs[i];
    if (std::get<0>(pairs[i - 1]) == a && std::get<1>(pairs[i - 1]) == b) {
      return fail(links_[index],
                  InvalidArgument("expected one link between AS{} and AS{}, got another", a, b));
    }
  }
  return absl::OkStatus();
}

// Names ASes that are each other's providers: above an AS that waits there is always another.
absl::Status AsGraphBuilder::Circle(const Numbered& nodes,
                                    const std::vector<uint32_t>& unmet) const {
  std::vector<uint32_t> waits_for(nodes.asn.size(), 0);
  uint32_t at = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    const auto [provider, customer] = nodes.ends[i];
    if (links_[i].peers || unmet[provider] == 0 || unmet[customer] == 0) continue;
    waits_for[customer] = provider;
    at = customer;
  }
  std::vector<bool> seen(nodes.asn.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    at = waits_for[at];
  }
  std::string text = fmt::format("AS{}", nodes.asn[at]);
  size_t named = 0;
  for (uint32_t x = waits_for[at]; x != at && named < 8; x = waits_for[x], ++named) {
    text = fmt::format("AS{} > ", nodes.asn[x]) + text;
  }
  return InvalidArgument("expected no circle of providers, got {}AS{} > {}",
                         named == 8 ? "... > " : "", nodes.asn[at], text);
}

// The longest chain of providers above each AS, from the top down (Kahn's algorithm).
absl::Status AsGraphBuilder::AssignLevels(Numbered& nodes) const {
  const size_t count = nodes.asn.size();
  std::vector<uint32_t> begins(count + 1, 0), customers(links_.size());
  for (size_t i = 0; i < links_.size(); ++i) {
    if (!links_[i].peers) ++begins[nodes.ends[i].first + 1];
  }
  Accumulate(begins);
  std::vector<uint32_t> fill(begins.begin(), begins.end() - 1);
  for (size_t i = 0; i < links_.size(); ++i) {
    if (!links_[i].peers) customers[fill[nodes.ends[i].first]++] = nodes.ends[i].second;
  }
  std::vector<uint32_t> unmet = nodes.provider_count, ready;
  for (uint32_t x = 0; x < count; ++x) {
    if (unmet[x] == 0) ready.push_back(x);
  }
  for (size_t next = 0; next < ready.size(); ++next) {
    const uint32_t x = ready[next];
    for (uint32_t i = begins[x]; i < begins[x + 1]; ++i) {
      const uint32_t customer = customers[i];
      nodes.level[customer] = std::max(nodes.level[customer], nodes.level[x] + 1);
      if (--unmet[customer] == 0) ready.push_back(customer);
    }
  }
  if (ready.size() < count) return Circle(nodes, unmet);
  return absl::OkStatus();
}

std::vector<uint32_t> AsGraphBuilder::Layout(const Numbered& nodes) const {
  const size_t count = nodes.asn.size();
  std::vector<uint32_t> order(count), id_of(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::tuple(nodes.level[a], nodes.provider_count[a], nodes.customer_count[b]) <
           std::tuple(nodes.level[b], nodes.provider_count[b], nodes.customer_count[a]);
  });
  for (uint32_t id = 0; id < count; ++id) id_of[order[id]] = id;
  std::vector<std::pair<AsId, AsId>> up, down, across;
  for (size_t i = 0; i < links_.size(); ++i) {
    const AsId a = id_of[nodes.ends[i].first], b = id_of[nodes.ends[i].second];
    if (links_[i].peers) {
      across.emplace_back(a, b);
      across.emplace_back(b, a);
    } else {
      down.emplace_back(a, b);
      up.emplace_back(b, a);
    }
  }
  const ImageCounts counts{
      .ases = count, .provider_links = up.size(), .peer_links = across.size() / 2};
  std::vector<uint32_t> image(ImageWords(counts), 0);
  WriteImageHead(counts, image.data());
  std::span<uint32_t> rest = std::span(image).subspan(kImageHeadWords);
  const auto take = [&](size_t words) {
    const std::span<uint32_t> part = rest.first(words);
    rest = rest.subspan(words);
    return part;
  };
  const std::span<uint32_t> asn = take(count), by_asn = take(count);
  for (uint32_t rank = 0; rank < count; ++rank) {
    asn[id_of[rank]] = nodes.asn[rank];
    by_asn[rank] = id_of[rank];
  }
  for (auto* pairs : {&up, &down, &across}) {
    const std::span<uint32_t> begins = take(count + 1);
    const std::span<uint32_t> targets = take(pairs->size());
    WriteRows(std::move(*pairs), begins, targets);
  }
  CHECK(rest.empty());
  return image;
}

absl::StatusOr<std::shared_ptr<const AsGraph>> AsGraphBuilder::Build(uint32_t* origin) const {
  RETURN_IF_ERROR(CheckLinks(origin));
  Numbered nodes;
  nodes.asn = lone_;
  nodes.asn.reserve(lone_.size() + 2 * links_.size());
  for (const Link& link : links_) {
    nodes.asn.push_back(link.a);
    nodes.asn.push_back(link.b);
  }
  std::sort(nodes.asn.begin(), nodes.asn.end());
  nodes.asn.erase(std::unique(nodes.asn.begin(), nodes.asn.end()), nodes.asn.end());
  const size_t count = nodes.asn.size();
  if (count > limits_.ases_max)
    return InvalidArgument("expected at most {} ASes", limits_.ases_max);
  nodes.provider_count.assign(count, 0);
  nodes.customer_count.assign(count, 0);
  nodes.level.assign(count, 0);
  nodes.ends.reserve(links_.size());
  for (const Link& link : links_) {
    const uint32_t a = RankOf(nodes.asn, link.a), b = RankOf(nodes.asn, link.b);
    nodes.ends.emplace_back(a, b);
    if (link.peers) continue;
    ++nodes.customer_count[a];
    ++nodes.provider_count[b];
  }
  RETURN_IF_ERROR(AssignLevels(nodes));
  return AsGraph::FromImage(Layout(nodes));
}

}  // namespace terrella::bgp
