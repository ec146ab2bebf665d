#include "control_plane/api/kv_service.h"

#include <utility>

#include "base/status.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

void Fill(KvEntry entry, v1::KvEntry& out) {
  out.set_key(std::move(entry.key));
  out.set_value(std::move(entry.value));
  out.set_metadata(std::move(entry.metadata));
  out.set_expires_unix_s(entry.expires_unix_s);
}

}  // namespace

template <class Body>
grpc::ServerUnaryReactor* KvService::InPool(grpc::CallbackServerContext* context, Body body) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!pool_.Run([reactor, body] { reactor->Finish(ToGrpc(body())); })) {
    reactor->Finish(
        ToGrpc(ResourceExhausted("too many calls of KV wait already; try again later")));
  }
  return reactor;
}

grpc::ServerUnaryReactor* KvService::Get(grpc::CallbackServerContext* context,
                                         const v1::KvGetRequest* request,
                                         v1::KvGetResponse* response) {
  return InPool(context, [this, request, response]() -> absl::Status {
    ASSIGN_OR_RETURN(
        std::vector<KvEntry> entries,
        store_.Get(request->namespace_(), {request->keys().begin(), request->keys().end()}));
    for (KvEntry& entry : entries) Fill(std::move(entry), *response->add_entries());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* KvService::Put(grpc::CallbackServerContext* context,
                                         const v1::KvPutRequest* request, v1::KvPutResponse*) {
  return InPool(context, [this, request] {
    std::vector<KvEntry> entries;
    entries.reserve(static_cast<size_t>(request->entries_size()));
    for (const v1::KvEntry& entry : request->entries()) {
      entries.push_back({entry.key(), entry.value(), entry.metadata(), entry.expires_unix_s()});
    }
    return store_.Put(request->namespace_(), entries);
  });
}

grpc::ServerUnaryReactor* KvService::Delete(grpc::CallbackServerContext* context,
                                            const v1::KvDeleteRequest* request,
                                            v1::KvDeleteResponse*) {
  return InPool(context, [this, request] {
    return store_.Delete(request->namespace_(), {request->keys().begin(), request->keys().end()});
  });
}

grpc::ServerUnaryReactor* KvService::List(grpc::CallbackServerContext* context,
                                          const v1::KvListRequest* request,
                                          v1::KvListResponse* response) {
  return InPool(context, [this, request, response]() -> absl::Status {
    KvStore::ListOptions options{.prefix = request->prefix(), .after = request->cursor()};
    if (request->limit() != 0) options.limit = request->limit();
    ASSIGN_OR_RETURN(KvPage page, store_.List(request->namespace_(), options));
    if (!page.complete) response->set_cursor(page.entries.back().key);
    for (KvEntry& entry : page.entries) Fill(std::move(entry), *response->add_entries());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* KvService::ListNamespaces(grpc::CallbackServerContext* context,
                                                    const v1::KvListNamespacesRequest*,
                                                    v1::KvListNamespacesResponse* response) {
  return InPool(context, [this, response]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<KvNamespaceSize> sizes, store_.Namespaces());
    for (const KvNamespaceSize& size : sizes) {
      v1::KvNamespaceSize* out = response->add_namespaces();
      out->set_name(size.name);
      out->set_keys(size.keys);
      out->set_value_bytes(size.value_bytes);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* KvService::DeleteNamespace(grpc::CallbackServerContext* context,
                                                     const v1::KvDeleteNamespaceRequest* request,
                                                     v1::KvDeleteNamespaceResponse*) {
  return InPool(context, [this, request] { return store_.DeleteNamespace(request->namespace_()); });
}

}  // namespace terrella::control
