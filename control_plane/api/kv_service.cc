#include "control_plane/api/kv_service.h"

#include <utility>

#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

void Fill(KvEntry entry, v1::KvEntry& out) {
  out.set_key(std::move(entry.key));
  out.set_value(std::move(entry.value));
  out.set_metadata(std::move(entry.metadata));
  out.set_expires_unix_s(entry.expires_unix_s);
}

}  // namespace

grpc::ServerUnaryReactor* KvService::Get(grpc::CallbackServerContext* context,
                                         const v1::KvGetRequest* request,
                                         v1::KvGetResponse* response) {
  auto entries =
      store_.Get(request->namespace_(), {request->keys().begin(), request->keys().end()});
  if (entries.ok()) {
    for (KvEntry& entry : *entries) Fill(std::move(entry), *response->add_entries());
  }
  return Finish(context, entries.status());
}

grpc::ServerUnaryReactor* KvService::Put(grpc::CallbackServerContext* context,
                                         const v1::KvPutRequest* request, v1::KvPutResponse*) {
  std::vector<KvEntry> entries;
  entries.reserve(static_cast<size_t>(request->entries_size()));
  for (const v1::KvEntry& entry : request->entries()) {
    entries.push_back({entry.key(), entry.value(), entry.metadata(), entry.expires_unix_s()});
  }
  return Finish(context, store_.Put(request->namespace_(), entries));
}

grpc::ServerUnaryReactor* KvService::Delete(grpc::CallbackServerContext* context,
                                            const v1::KvDeleteRequest* request,
                                            v1::KvDeleteResponse*) {
  return Finish(context, store_.Delete(request->namespace_(),
                                       {request->keys().begin(), request->keys().end()}));
}

grpc::ServerUnaryReactor* KvService::List(grpc::CallbackServerContext* context,
                                          const v1::KvListRequest* request,
                                          v1::KvListResponse* response) {
  KvStore::ListOptions options{.prefix = request->prefix(), .after = request->cursor()};
  if (request->limit() != 0) options.limit = request->limit();
  auto page = store_.List(request->namespace_(), options);
  if (page.ok()) {
    if (!page->complete) response->set_cursor(page->entries.back().key);
    for (KvEntry& entry : page->entries) Fill(std::move(entry), *response->add_entries());
  }
  return Finish(context, page.status());
}

grpc::ServerUnaryReactor* KvService::ListNamespaces(grpc::CallbackServerContext* context,
                                                    const v1::KvListNamespacesRequest*,
                                                    v1::KvListNamespacesResponse* response) {
  auto sizes = store_.Namespaces();
  if (sizes.ok()) {
    for (const KvNamespaceSize& size : *sizes) {
      v1::KvNamespaceSize* out = response->add_namespaces();
      out->set_name(size.name);
      out->set_keys(size.keys);
      out->set_value_bytes(size.value_bytes);
    }
  }
  return Finish(context, sizes.status());
}

grpc::ServerUnaryReactor* KvService::DeleteNamespace(grpc::CallbackServerContext* context,
                                                     const v1::KvDeleteNamespaceRequest* request,
                                                     v1::KvDeleteNamespaceResponse*) {
  return Finish(context, store_.DeleteNamespace(request->namespace_()));
}

}  // namespace terrella::control
