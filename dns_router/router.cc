#include "dns_router/router.h"

#include <malloc.h>

#include <thread>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "dns_router/metrics/metrics_server.h"
#include "dns_router/policy/world_geography.h"
#include "dns_router/server/backend.h"
#include "dns_router/server/https_server.h"
#include "dns_router/server/tcp_server.h"
#include "dns_router/server/udp_server.h"
#include "dns_router/transfer/notifier.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/transfer/zone_history.h"
#include "dns_router/view/admin_server.h"
#include "dns_router/view/publisher.h"
#include "dns_router/view/static_view.h"
#include "dns_router/view/zone_file.h"
#include "rpc/identity.h"
#include "rpc/upstream.h"
#include "topology/view_client.h"

namespace terrella::dns {
namespace {

// What the zone is made of besides the view.
struct ZonePaths {
  std::filesystem::path file, keys;  // empty: none
};
struct ZoneInputs {
  std::shared_ptr<const ZoneRecords> file;  // both are shared with every zone built from them
  std::shared_ptr<const SigningKeys> keys;
};

// Keys are made at the start alone: later the parent has their DS, and other ones are bogus.
absl::StatusOr<ZoneInputs> ReadZoneInputs(const ZonePaths& paths, bool may_make_keys) {
  ZoneInputs out;
  if (!paths.file.empty()) {
    ASSIGN_OR_RETURN(out.file, ReadZoneFile(paths.file));
  }
  if (!paths.keys.empty()) {
    ASSIGN_OR_RETURN(out.keys, may_make_keys ? SigningKeys::ReadOrMake(paths.keys)
                                             : SigningKeys::Read(paths.keys));
  }
  return out;
}

PublisherOptions MakePublisherOptions(const RouterOptions& options, const SocketAddress& bound,
                                      ZoneInputs zone) {
  PublisherOptions out;
  // The name server's record names the address clients reach; behind "any address" that is
  // loopback.
  out.snapshot.zone.name_server =
      bound.ip == bound.ip.Masked(0) ? IpAddress::V4(0x7f000001) : bound.ip;
  out.snapshot.zone.steered_ttl_s = options.ttl_s;
  out.snapshot.zone.negative_ttl_s = options.negative_ttl_s;
  out.snapshot.zone.https_alpn = options.https_alpn;
  out.snapshot.zone.file = std::move(zone.file);
  out.snapshot.zone.keys = std::move(zone.keys);
  out.snapshot.addresses_max = options.addresses_max;
  out.health = options.health;
  out.probes = options.probes;
  out.view_cache = options.view_cache;
  return out;
}

absl::StatusOr<std::shared_ptr<const std::vector<SteeringPolicy>>> ReadPolicies(
    const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 4 << 20));
  ASSIGN_OR_RETURN(auto policies, ParsePolicies(text, path.string()));
  return std::make_shared<const std::vector<SteeringPolicy>>(std::move(policies));
}

absl::StatusOr<std::shared_ptr<const CookieSecrets>> ReadCookieSecrets(
    const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 64 << 10));
  auto secrets = CookieSecrets::Parse(text);
  if (!secrets.ok()) {
    return InvalidArgument("{}:{}", path.string(), Message(secrets.status()));
  }
  return std::make_shared<const CookieSecrets>(*std::move(secrets));
}

absl::StatusOr<std::shared_ptr<const TsigKeys>> ReadTsigKeys(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 64 << 10));
  auto keys = TsigKeys::Parse(text);
  if (!keys.ok()) return InvalidArgument("{}:{}", path.string(), Message(keys.status()));
  return std::make_shared<const TsigKeys>(*std::move(keys));
}

}  // namespace

// Members are destroyed in reverse: first who delivers views, then who answers, then what they use.
struct Router::Impl {
  ~Impl() {
    // Before the client goes, which a scrape of the metrics on the loop looks at. Views that it
    // still delivers wait in the mailbox.
    loop.Stop();
    if (loop_thread.joinable()) loop_thread.join();
    view_client.reset();
  }

  absl::Status Bind(const RouterOptions& options);
  absl::Status BindTls(const RouterOptions& options);
  absl::Status FollowView(const RouterOptions& options);
  absl::Status StartMetrics(const SocketAddress& address);
  absl::Status BindOnce(const RouterOptions& options);
  absl::Status OfferTransfers(const RouterOptions& options);

  std::filesystem::path static_view;
  ZonePaths zone;
  std::filesystem::path policies;
  std::filesystem::path cookie_secrets, tsig_keys;
  std::unique_ptr<ZoneHistory> history;  // null: no transfers
  Backend backend;
  EventLoop loop;                      // builds snapshots
  std::unique_ptr<Notifier> notifier;  // null: no transfers
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<UdpServer> udp;
  std::unique_ptr<TcpServer> tcp, tls;
  std::unique_ptr<HttpsServer> https;
  std::unique_ptr<AdminServer> admin;
  std::unique_ptr<topology::ViewClient> view_client;
  std::unique_ptr<MetricsServer> metrics;  // on the loop
  std::thread loop_thread;
};

absl::Status Router::Impl::BindOnce(const RouterOptions& options) {
  ASSIGN_OR_RETURN(
      udp, UdpServer::Bind({.address = options.listen, .threads = options.udp_threads}, backend));
  // The same port, also when the system chose it.
  ASSIGN_OR_RETURN(tcp, TcpServer::Listen(udp->address(), {}, backend, nullptr));
  return absl::OkStatus();
}

absl::Status Router::Impl::BindTls(const RouterOptions& options) {
  if (options.listen_https) {
    ASSIGN_OR_RETURN(
        https, HttpsServer::Listen(
                   *options.listen_https,
                   {.certificates = options.tls_certificate, .key = options.tls_key}, backend));
  }
  if (!options.listen_tls) return absl::OkStatus();
  http::TlsIdentity identity;
  ASSIGN_OR_RETURN(identity.certificates_pem, ReadFile(options.tls_certificate, 1 << 20));
  ASSIGN_OR_RETURN(identity.key_pem, ReadFile(options.tls_key, 1 << 20));
  // RFC 9103 section 7.2: transfers go over 1.3 alone.
  const auto versions =
      backend.transfers != nullptr ? http::TlsVersions::k13 : http::TlsVersions::k12And13;
  ASSIGN_OR_RETURN(auto context, http::ServerTls::MakeFor("dot", {identity}, versions));
  ASSIGN_OR_RETURN(tls, TcpServer::Listen(*options.listen_tls, {}, backend, std::move(context)));
  return absl::OkStatus();
}

absl::Status Router::Impl::Bind(const RouterOptions& options) {
  // A port the system chose for UDP may be taken for TCP: another one is as good.
  const int attempts = options.listen.port == 0 ? 16 : 1;
  absl::Status status;
  for (int i = 0; i < attempts; ++i) {
    status = BindOnce(options);
    if (status.ok()) break;
    tcp.reset();
    udp.reset();
  }
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(BindTls(options));
  const rpc::TlsFiles plain_text;
  ASSIGN_OR_RETURN(admin, AdminServer::Start(
                              options.admin,
                              options.admin_plaintext ? plain_text : options.control_tls, backend));
  return absl::OkStatus();
}

// Before the loop runs.
absl::Status Router::Impl::FollowView(const RouterOptions& options) {
  if (!options.static_view.empty()) {
    ASSIGN_OR_RETURN(v1::View view, ReadStaticView(options.static_view));
    publisher->Offer(std::move(view), /*first_of_stream=*/false);
    loop.RunOnce();
    if (backend.snapshot.Get() != nullptr) return absl::OkStatus();
    return InvalidArgument("{}: cannot be served", options.static_view.string());
  }
  if (!options.view_cache.empty()) {
    const auto kept = ReadViewCache(options.view_cache);
    if (kept.ok()) {
      publisher->Recall(*kept);
      LogInfo("serving view {} as it was kept, until the control plane is heard", kept->serial());
    } else if (kept.status().code() != absl::StatusCode::kNotFound) {
      LogWarn("{}", Message(kept.status()));
    }
  }
  ASSIGN_OR_RETURN(rpc::Upstream control,
                   rpc::MakeUpstream(options.control, options.control_tls, rpc::kControlPlane));
  view_client = std::make_unique<topology::ViewClient>(
      topology::ViewClientOptions{.control = std::move(control), .watcher = "dns_router"},
      [this](v1::View view, bool first) { publisher->Offer(std::move(view), first); });
  return absl::OkStatus();
}

absl::Status Router::Impl::StartMetrics(const SocketAddress& address) {
  ASSIGN_OR_RETURN(metrics, MetricsServer::Start(loop, address, backend, [this] {
                     ViewStatus status{.views = publisher->published(),
                                       .since = publisher->published_at(),
                                       .connected = {}};
                     if (view_client != nullptr) status.connected = view_client->is_following();
                     return status;
                   }));
  return absl::OkStatus();
}

// Before the servers are bound: they have a share in it.
absl::Status Router::Impl::OfferTransfers(const RouterOptions& options) {
  const TransferOptions& transfers = options.transfers;
  if (!transfers.offered()) {
    if (transfers.notify.empty()) return absl::OkStatus();
    return InvalidArgument("--notify: no secondary may have the zone; see --allow-transfer");
  }
  if (!options.dnssec_keys.empty() && !transfers.unsigned_zone) {
    return InvalidArgument(
        "a zone that is signed as it is asked has no signatures to transfer: with "
        "--transfer-unsigned secondaries get the records and sign them by the same keys");
  }
  tsig_keys = transfers.tsig_keys;
  if (!tsig_keys.empty()) {
    ASSIGN_OR_RETURN(auto keys, ReadTsigKeys(tsig_keys));
    for (const NotifyTarget& target : transfers.notify) {
      if (target.key && keys->Find(*target.key) == nullptr) {
        return InvalidArgument("--notify: no key is called '{}'", target.key->ToString());
      }
    }
    backend.tsig_keys.Set(std::move(keys));
  }
  const IpAddress& source = options.listen.ip;
  notifier = std::make_unique<Notifier>(
      loop,
      Notifier::Options{
          .targets = transfers.notify,
          .source = source == source.Masked(0) ? std::nullopt : std::optional(source)},
      [this] { return backend.tsig_keys.Get(); }, backend.transfer_counters);
  history = std::make_unique<ZoneHistory>(
      ZoneHistory::Limits{},
      [this](const ZoneVersion& version) { notifier->Notify(version.apex(), version.soa()); });
  backend.transfers = std::make_unique<TransferServer>(
      *history, TransferAccess{.prefixes = transfers.allow, .needs_key = !tsig_keys.empty()},
      backend.transfer_counters);
  return absl::OkStatus();
}

Router::Router(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Router::~Router() = default;
SocketAddress Router::address() const {
  return impl_->udp->address();
}
std::optional<SocketAddress> Router::tls_address() const {
  if (impl_->tls == nullptr) return std::nullopt;
  return impl_->tls->address();
}
std::optional<SocketAddress> Router::https_address() const {
  if (impl_->https == nullptr) return std::nullopt;
  return impl_->https->address();
}
SocketAddress Router::admin_address() const {
  return impl_->admin->address();
}
bool Router::admin_tls() const {
  return impl_->admin->by_tls();
}
std::optional<SocketAddress> Router::metrics_address() const {
  if (impl_->metrics == nullptr) return std::nullopt;
  return impl_->metrics->address();
}
const Statistics& Router::statistics() const {
  return impl_->backend.statistics;
}

absl::StatusOr<std::unique_ptr<Router>> Router::Start(const RouterOptions& options) {
  if (options.identity.instance.empty() || options.identity.instance.size() > kInstanceBytesMax) {
    return InvalidArgument("expected an instance name of 1 to {} bytes, got {}", kInstanceBytesMax,
                           options.identity.instance.size());
  }
  auto impl = std::make_unique<Impl>();
  impl->static_view = options.static_view;
  impl->zone = {options.zone_file, options.dnssec_keys};
  impl->policies = options.policies;
  impl->cookie_secrets = options.cookie_secrets;
  impl->backend.identity = options.identity;
  impl->backend.explain_to = options.explain_to;
  if (options.cookie_secrets.empty()) {
    impl->backend.cookies.Set(std::make_shared<const CookieSecrets>(CookieSecrets::Random()));
  } else {
    ASSIGN_OR_RETURN(auto secrets, ReadCookieSecrets(options.cookie_secrets));
    impl->backend.cookies.Set(std::move(secrets));
  }
  if (!options.query_log.empty()) {
    ASSIGN_OR_RETURN(impl->backend.query_log,
                     QueryLog::Open(options.query_log, options.query_log_every));
  }
  if (options.rate_limits.answers_per_s > 0) {
    impl->backend.rate_limiter =
        std::make_unique<RateLimiter>(options.rate_limits, impl->backend.statistics);
  }
  RETURN_IF_ERROR(impl->OfferTransfers(options));
  RETURN_IF_ERROR(impl->Bind(options));
  ASSIGN_OR_RETURN(ZoneInputs zone, ReadZoneInputs(impl->zone, /*may_make_keys=*/true));
  ASSIGN_OR_RETURN(auto world,
                   WorldGeography::Load({.data_dir = options.data_dir,
                                         .prefixes = options.prefixes,
                                         .builtin_prefixes = options.builtin_prefixes}));
  PublisherOptions publisher_options =
      MakePublisherOptions(options, impl->udp->address(), std::move(zone));
  if (!options.policies.empty()) {
    ASSIGN_OR_RETURN(publisher_options.snapshot.policies, ReadPolicies(options.policies));
  }
  if (ZoneHistory* history = impl->history.get(); history != nullptr) {
    publisher_options.before_publish = [history](auto snapshot) {
      return history->FixSerial(std::move(snapshot));
    };
    publisher_options.after_publish = [history](const Snapshot& snapshot) {
      history->Take(snapshot);
    };
  }
  impl->publisher = std::make_unique<Publisher>(impl->loop, std::move(world), publisher_options,
                                                impl->backend.snapshot, &impl->backend.holders);
  RETURN_IF_ERROR(impl->FollowView(options));
  if (options.metrics) RETURN_IF_ERROR(impl->StartMetrics(*options.metrics));
  malloc_trim(0);  // loading the world left half of the heap behind
  impl->loop_thread = std::thread([loop = &impl->loop] { loop->Run(); });
  impl->udp->Start();
  impl->tcp->Start();
  if (impl->tls != nullptr) impl->tls->Start();
  if (impl->https != nullptr) impl->https->Start();
  return std::unique_ptr<Router>(new Router(std::move(impl)));
}

void Router::Reload() {
  if (!impl_->zone.file.empty() || !impl_->zone.keys.empty()) {
    auto zone = ReadZoneInputs(impl_->zone, /*may_make_keys=*/false);
    if (zone.ok()) {
      impl_->publisher->OfferZone(std::move(zone->file), std::move(zone->keys));
    } else {
      LogError("not reloaded: {}", Message(zone.status()));
    }
  }
  if (!impl_->cookie_secrets.empty()) {
    auto secrets = ReadCookieSecrets(impl_->cookie_secrets);
    if (secrets.ok()) {
      impl_->backend.cookies.Set(*std::move(secrets));
    } else {
      LogError("not reloaded: {}", Message(secrets.status()));
    }
  }
  if (!impl_->tsig_keys.empty()) {
    auto keys = ReadTsigKeys(impl_->tsig_keys);
    if (keys.ok()) {
      impl_->backend.tsig_keys.Set(*std::move(keys));
    } else {
      LogError("not reloaded: {}", Message(keys.status()));
    }
  }
  if (impl_->backend.query_log != nullptr) {
    if (const absl::Status status = impl_->backend.query_log->Reopen(); !status.ok()) {
      LogError("the query log goes on where it is: {}", Message(status));
    }
  }
  if (!impl_->policies.empty()) {
    auto policies = ReadPolicies(impl_->policies);
    if (policies.ok()) {
      impl_->publisher->SetPolicies(*std::move(policies));
    } else {
      LogError("not reloaded: {}", Message(policies.status()));
    }
  }
  if (impl_->static_view.empty()) return;
  auto view = ReadStaticView(impl_->static_view);
  if (!view.ok()) {
    LogError("not reloaded: {}", Message(view.status()));
    return;
  }
  impl_->publisher->Offer(*std::move(view), /*first_of_stream=*/false);
}

}  // namespace terrella::dns
