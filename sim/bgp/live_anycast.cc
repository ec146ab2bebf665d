#include "sim/bgp/live_anycast.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/bgp/weighted_choice.h"

namespace terrella::bgp {
namespace {

// Of a graph of the whole Internet each takes 3 MB; a fifth change makes the first heard
// everywhere.
constexpr size_t kEpochsMax = 4;
constexpr size_t kStepsMax = 64;
constexpr size_t kSampleStops = 400;
// Streams of random numbers.
constexpr uint64_t kNetworkStream = 0x6e6574776f726b, kUnstableStream = 0x756e737461626c65,
                   kFlowStream = 0x666c6f77, kSampleStream = 0x73616d706c65;

double Draw(uint64_t seed, uint64_t stream, uint64_t a, uint64_t b) {
  return CounterRandom(seed ^ stream, a, b).Uniform();
}

}  // namespace

LiveAnycast::LiveAnycast(std::shared_ptr<const Internet> internet, const LiveOptions& options)
    : internet_(std::move(internet)), options_(options), engine_(*internet_) {
  CHECK(internet_->users() > 0);
  std::vector<double> users;
  for (const Stop& stop : internet_->stops()) users.push_back(stop.users);
  const WeightedChoice choice(users);
  CounterRandom random(options_.seed ^ kSampleStream);
  for (size_t i = 0; i < kSampleStops; ++i) sample_.push_back(choice.Draw(random));
}

void LiveAnycast::Announce(AnycastNetwork network, MonotonicTime now) {
  CHECK(epochs_.empty() || now >= epochs_.back().at);
  const Duration settled = FromMs(options_.convergence.settled_ms);
  // What came before a settled epoch is of no use.
  while (epochs_.size() >= kEpochsMax || (epochs_.size() >= 2 && now - epochs_[1].at >= settled)) {
    epochs_.pop_front();
  }
  Epoch epoch{.number = next_number_++, .at = now, .network = std::move(network)};
  engine_.Run(epoch.network, epoch.catchment);
  prefix_of_hub_ = PrefixesByHub(internet_->hubs(), epoch.network);
  in_use_ = HubsInUse(epoch.network);
  // One network does not become regional, or cease to be, while packets are under way.
  if (!epochs_.empty() && epochs_.back().network.regional != epoch.network.regional) {
    epochs_.clear();
  }
  epochs_.push_back(std::move(epoch));
  MeasureTwoSiteShare(now + settled);
}

Client LiveAnycast::ClientAt(const net::Place& place, uint64_t key) const {
  const Hubs& hubs = internet_->hubs();
  CounterRandom random(options_.seed ^ kNetworkStream, key);
  for (const HubId hub : hubs.ByRtt(hubs.AccessOf(place.country, place.at).hub)) {
    const auto stop = internet_->audience().Draw(hub, place.country, random);
    if (!stop) continue;
    return {.stop = *stop,
            .asn = internet_->graph().AsnOf(internet_->stops()[*stop].as),
            .access_ms = hubs.AccessMs(place.country, place.at, hub),
            .key = key};
  }
  CHECK(false);  // there are users
  return {};
}

absl::StatusOr<Client> LiveAnycast::ClientAt(const net::Place& place, uint64_t key, Asn asn) const {
  const std::optional<AsId> as = internet_->graph().Find(asn);
  if (!as) return NotFound("AS{} is not in {}", asn, internet_->origin());
  const Hubs& hubs = internet_->hubs();
  const HubId hub =
      *hubs.NearestIn(internet_->HubsOf(*as), hubs.AccessOf(place.country, place.at).hub);
  return Client{.stop = internet_->StopAt(*as, hub),
                .asn = asn,
                .access_ms = hubs.AccessMs(place.country, place.at, hub),
                .key = key};
}

Reached LiveAnycast::SiteOf(const Client& client, uint64_t flow_key, MonotonicTime now) const {
  if (epochs_.empty()) return {};
  const int region = RegionOf(client);
  Walk walk = WalkFrom(client.stop, region, now);
  Reached out = walk.reached;
  if (IsUnstable(client)) {
    CounterRandom random(options_.seed ^ kFlowStream, client.key, flow_key);
    const bool other = random.Uniform() < 0.5;
    const FlipOptions& flips = options_.flips;
    const bool breaks = random.Uniform() * flips.unstable_share < flips.tcp_flip_share;
    if (other || breaks) {
      if (const std::optional<Reached> end = OtherEnd(walk, region)) {
        if (other) out = *end;
        out.breaks = breaks;
      }
    }
  }
  out.rtt_ms += client.access_ms;
  return out;
}

int LiveAnycast::RegionOf(const Client& client) const {
  return prefix_of_hub_[internet_->stops()[client.stop].hub];
}

// The newest that this AS has heard of.
const LiveAnycast::Epoch& LiveAnycast::EpochOf(AsId as, int region, MonotonicTime now) const {
  for (size_t i = epochs_.size(); i-- > 1;) {
    const Epoch& epoch = epochs_[i];
    const RouteChange change{.number = epoch.number,
                             .as = as,
                             .before = epochs_[i - 1].Of(region).routes.RankOf(as),
                             .after = epoch.Of(region).routes.RankOf(as)};
    if (now - epoch.at >= HeardAfter(options_.convergence, change)) return epoch;
  }
  return epochs_.front();
}

LiveAnycast::Walk LiveAnycast::WalkFrom(StopId stop, int region, MonotonicTime now) const {
  Walk walk;
  Reached& out = walk.reached;
  while (walk.steps.size() < kStepsMax) {
    const AsId as = internet_->stops()[stop].as;
    const Epoch& epoch = EpochOf(as, region, now);
    const Catchment& catchment = epoch.Of(region);
    walk.steps.emplace_back(epoch.number - epochs_.front().number, stop);
    out.converging |= epoch.number != epochs_.back().number;
    const SiteId site = catchment.site[stop];
    if (site == kNoSite) {
      out.kind = Reached::Kind::kNoRoute;
      return walk;
    }
    out.rtt_ms += catchment.hop_ms[stop];
    if (catchment.next[stop] == kDirect) {
      out.kind = Reached::Kind::kSite;
      out.hub = epoch.network.sites[site];
      out.withdrawn = !in_use_.Has(out.hub);
      out.ases = static_cast<int>(walk.steps.size());
      return walk;
    }
    stop = catchment.next[stop];
  }
  out.kind = Reached::Kind::kLoop;
  return walk;
}

// Where the first equally good way out that leads elsewhere ends.
std::optional<Reached> LiveAnycast::OtherEnd(const Walk& walk, int region) const {
  if (walk.reached.kind != Reached::Kind::kSite) return std::nullopt;
  float so_far_ms = 0;
  for (const auto& [index, stop] : walk.steps) {
    const Epoch& epoch = epochs_[index];
    const Catchment& catchment = epoch.Of(region);
    const Stop& at = internet_->stops()[stop];
    std::optional<Reached> out;
    catchment.routes.ForEachNextHop(internet_->graph(), at.as, [&](AsId next) {
      if (out) return;
      const Handover way = internet_->HandOver(at.as, at.hub, next);
      const StopId beyond = internet_->StopAt(next, way.hub);
      const SiteId site = catchment.site[beyond];
      if (site == kNoSite || epoch.network.sites[site] == walk.reached.hub) return;
      out = walk.reached;
      out->hub = epoch.network.sites[site];
      out->withdrawn = !in_use_.Has(out->hub);
      out->rtt_ms = so_far_ms + way.hop_ms + catchment.path_ms[beyond];
    });
    if (out) return out;
    so_far_ms += catchment.hop_ms[stop];
  }
  return std::nullopt;
}

// So that of all clients, unstable_share are; only those who have another site can be.
bool LiveAnycast::IsUnstable(const Client& client) const {
  return Draw(options_.seed, kUnstableStream, client.stop, client.key) * two_site_share_ <
         options_.flips.unstable_share;
}

void LiveAnycast::MeasureTwoSiteShare(MonotonicTime now) {
  size_t two = 0;
  for (const StopId stop : sample_) {
    const int region = prefix_of_hub_[internet_->stops()[stop].hub];
    two += OtherEnd(WalkFrom(stop, region, now), region).has_value();
  }
  two_site_share_ = static_cast<double>(two) / static_cast<double>(sample_.size());
}

}  // namespace terrella::bgp
