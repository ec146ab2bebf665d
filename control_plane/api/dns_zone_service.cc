#include "control_plane/api/dns_zone_service.h"

#include <utility>

#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

// Answers with what `call` gives, on the loop.
template <class Response, class Call>
grpc::ServerUnaryReactor* OnLoop(Coordinator& coordinator, grpc::CallbackServerContext* context,
                                 Response* response, Call call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator.Post([&coordinator, reactor, response, call = std::move(call)] {
    absl::StatusOr<Response> result = call(coordinator);
    if (result.ok()) *response = *std::move(result);
    reactor->Finish(ToGrpc(result.status()));
  });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* DnsZoneService::AddRecord(grpc::CallbackServerContext* context,
                                                    const v1::AddDnsRecordRequest* request,
                                                    v1::DnsChangeResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_records().Add(*request); });
}

grpc::ServerUnaryReactor* DnsZoneService::RemoveRecords(grpc::CallbackServerContext* context,
                                                        const v1::RemoveDnsRecordsRequest* request,
                                                        v1::DnsChangeResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_records().Remove(*request); });
}

grpc::ServerUnaryReactor* DnsZoneService::ListRecords(grpc::CallbackServerContext* context,
                                                      const v1::ListDnsRecordsRequest* request,
                                                      v1::ListDnsRecordsResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_records().List(*request); });
}

grpc::ServerUnaryReactor* DnsZoneService::SetPolicy(grpc::CallbackServerContext* context,
                                                    const v1::SetDnsPolicyRequest* request,
                                                    v1::DnsChangeResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_policies().Set(*request); });
}

grpc::ServerUnaryReactor* DnsZoneService::RemovePolicy(grpc::CallbackServerContext* context,
                                                       const v1::RemoveDnsPolicyRequest* request,
                                                       v1::DnsChangeResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_policies().Remove(*request); });
}

grpc::ServerUnaryReactor* DnsZoneService::ListPolicies(grpc::CallbackServerContext* context,
                                                       const v1::ListDnsPoliciesRequest* request,
                                                       v1::ListDnsPoliciesResponse* response) {
  return OnLoop(coordinator_, context, response,
                [request](Coordinator& c) { return c.dns_policies().List(*request); });
}

}  // namespace terrella::control
