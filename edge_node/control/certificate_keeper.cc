#include "edge_node/control/certificate_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "edge_node/control/unary_calls.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "terrella/v1/identities.grpc.pb.h"

namespace terrella::edge {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr Duration kAgainAfter = std::chrono::minutes(1);
constexpr Duration kAgainAfterMin = std::chrono::seconds(2);

}  // namespace

struct CertificateKeeper::Impl {
  Impl(EventLoop& loop, const rpc::Upstream& control, std::string node, std::filesystem::path file)
      : loop(loop),
        node(std::move(node)),
        file(std::move(file)),
        calls({.upstream = control, .unreachable = "the control plane cannot be reached"}),
        timer(loop, [this] { Renew(); }) {
    Arm();
  }

  // When a third of the certificate's life is left, and a little earlier or later than others.
  void Arm() {
    const auto facts = Read();
    if (!facts.ok()) {
      LogError("the node's certificate: {}", Message(facts.status()));
      return timer.Start(kAgainAfter);
    }
    const Duration life = facts->not_after - facts->not_before;
    const Duration left = facts->not_after - loop.clock().WallNow();
    const Duration wobble = life / 20 * static_cast<int64_t>(RandomU64() % 100) / 100;
    timer.Start(std::max(left - life / 3 - wobble, kAgainAfterMin));
  }

  absl::StatusOr<http::CertificateFacts> Read() const {
    ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, kPemBytesMax));
    return http::DescribeCertificate(pem);
  }

  void Renew() {
    auto key = http::MakeKey();
    if (!key.ok()) return Failed(key.status());
    auto signing_request = http::MakeSigningRequest(*key);
    if (!signing_request.ok()) return Failed(signing_request.status());
    v1::RenewRequest request;
    request.set_node(node);
    request.set_signing_request(*std::move(signing_request));
    calls.Call<v1::RenewRequest, v1::IssuedCertificate>(
        loop, std::move(request),
        [this, alive = std::weak_ptr<bool>(alive),
         key = *std::move(key)](absl::StatusOr<v1::IssuedCertificate> issued) {
          if (alive.expired()) return;
          issued.ok() ? Take(*issued, key) : Failed(issued.status());
        },
        [](auto& stub, auto* context, auto* request, auto* response, auto callback) {
          stub.Renew(context, request, response, std::move(callback));
        });
  }

  void Take(const v1::IssuedCertificate& issued, const std::string& key) {
    if (!http::KeyFits(key, issued.certificates())) {
      return Failed(DataLoss("the certificate given is for another key"));
    }
    const absl::Status written =
        WriteFileAtomic(file, issued.certificates() + key, /*private_to_user=*/true);
    if (!written.ok()) return Failed(written);
    LogInfo("the node's certificate is renewed");
    Arm();
  }

  void Failed(const absl::Status& why) {
    const auto facts = Read();
    const Duration left = facts.ok() ? facts->not_after - loop.clock().WallNow() : Duration{};
    LogWarn("the node's certificate, good for {:.0f} s more, could not be renewed: {}",
            std::max(0.0, ToMs(left) / 1000), Message(why));
    timer.Start(std::clamp(left / 10, kAgainAfterMin, kAgainAfter));
  }

  EventLoop& loop;
  const std::string node;
  const std::filesystem::path file;
  UnaryCalls<v1::Identities> calls;
  Timer timer;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

CertificateKeeper::CertificateKeeper(EventLoop& loop, const rpc::Upstream& control,
                                     std::string node, std::filesystem::path file)
    : impl_(std::make_unique<Impl>(loop, control, std::move(node), std::move(file))) {}
CertificateKeeper::~CertificateKeeper() = default;

}  // namespace terrella::edge
