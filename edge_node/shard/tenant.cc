#include "edge_node/shard/tenant.h"

#include <utility>

#include "base/log.h"

namespace terrella::edge {

absl::Status Tenant::Load(runtime::Engine& engine) {
  auto worker = runtime::Worker::Load(engine, loop_, script_->code, *this);
  if (!worker.ok()) return worker.status();
  worker_ = *std::move(worker);
  return absl::OkStatus();
}

Duration Tenant::TakeCpu() {
  if (worker_ == nullptr) return {};
  const Duration total = worker_->cpu_used();
  return total - std::exchange(cpu_reported_, total);
}

std::unique_ptr<runtime::Subrequest> Tenant::Fetch(runtime::OutboundRequest request,
                                                   runtime::SubrequestObserver& observer) {
  return observer_.OnFetch(*this, std::move(request), observer);
}

void Tenant::OnLog(runtime::Worker&, LogLevel level, std::string_view text) {
  Log(level, "[{}] {}", code().script, text);
}

void Tenant::OnCondemned(runtime::Worker&, std::string_view reason) {
  observer_.OnTenantCondemned(*this, reason);
}

void Tenant::OnIdle(runtime::Worker&) {
  CheckIdle();
}

void Tenant::CheckIdle() {
  if (idle()) observer_.OnTenantIdle(*this);
}

}  // namespace terrella::edge
