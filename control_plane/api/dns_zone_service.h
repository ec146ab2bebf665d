// DnsZoneService: records and policies of the DNS zone, from people.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/dns_zone.grpc.pb.h"

namespace terrella::control {

class DnsZoneService final : public v1::DnsZone::CallbackService {
 public:
  explicit DnsZoneService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* AddRecord(grpc::CallbackServerContext* context,
                                      const v1::AddDnsRecordRequest* request,
                                      v1::DnsChangeResponse* response) override;
  grpc::ServerUnaryReactor* RemoveRecords(grpc::CallbackServerContext* context,
                                          const v1::RemoveDnsRecordsRequest* request,
                                          v1::DnsChangeResponse* response) override;
  grpc::ServerUnaryReactor* ListRecords(grpc::CallbackServerContext* context,
                                        const v1::ListDnsRecordsRequest* request,
                                        v1::ListDnsRecordsResponse* response) override;
  grpc::ServerUnaryReactor* SetPolicy(grpc::CallbackServerContext* context,
                                      const v1::SetDnsPolicyRequest* request,
                                      v1::DnsChangeResponse* response) override;
  grpc::ServerUnaryReactor* RemovePolicy(grpc::CallbackServerContext* context,
                                         const v1::RemoveDnsPolicyRequest* request,
                                         v1::DnsChangeResponse* response) override;
  grpc::ServerUnaryReactor* ListPolicies(grpc::CallbackServerContext* context,
                                         const v1::ListDnsPoliciesRequest* request,
                                         v1::ListDnsPoliciesResponse* response) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace terrella::control
