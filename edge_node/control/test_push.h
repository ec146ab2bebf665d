// Helpers for tests of the control side: resources and pushes in few words.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/secret_box.h"
#include "base/testing/temp_folder.h"
#include "bundle/secret_purpose.h"
#include "bundle/version_shares.h"
#include "edge_node/control/applier.h"

namespace terrella::edge {

// Resources of one script with one module.
inline v1::Resource VersionOf(std::string script, std::string id, std::string_view code,
                              uint64_t revision, bool inline_bytes = true) {
  v1::Resource resource;
  resource.set_name(bundle::VersionName(script, id));
  resource.set_revision(revision);
  v1::Version& version = *resource.mutable_version();
  version.set_script(script);
  version.set_id(id);
  version.set_main_module("index.js");
  v1::Module& module = *version.add_modules();
  module.set_name("index.js");
  module.set_kind(v1::MODULE_KIND_ESM);
  module.set_sha256(Sha256(code));
  module.set_size_bytes(code.size());
  if (inline_bytes) module.set_inline_bytes(std::string(code));
  return resource;
}

inline v1::Resource DeploymentOf(std::string script, std::string version_id, uint64_t revision) {
  v1::Resource resource;
  resource.set_name("deployment/" + script);
  resource.set_revision(revision);
  resource.mutable_deployment()->set_script(script);
  resource.mutable_deployment()->set_version_id(version_id);
  return resource;
}

// The versions share the requests as given, in basis points.
inline v1::Resource SplitOf(std::string script,
                            const std::vector<std::pair<std::string, uint32_t>>& shares,
                            uint64_t revision) {
  v1::Resource resource = DeploymentOf(script, shares.front().first, revision);
  for (const auto& [id, basis_points] : shares) {
    v1::VersionShare& share = *resource.mutable_deployment()->add_shares();
    share.set_version_id(id);
    share.set_basis_points(basis_points);
  }
  return resource;
}

// The deployment, with other shares on a continent.
inline v1::Resource WithShares(v1::Resource resource, std::string continent,
                               const std::vector<std::pair<std::string, uint32_t>>& shares) {
  v1::PlacedShares& placed = *resource.mutable_deployment()->add_placed();
  placed.mutable_scope()->add_continents(std::move(continent));
  for (const auto& [id, basis_points] : shares) {
    v1::VersionShare& share = *placed.add_shares();
    share.set_version_id(id);
    share.set_basis_points(basis_points);
  }
  return resource;
}

inline v1::Resource RouteOf(std::string pattern, std::string script, uint64_t revision) {
  v1::Resource resource;
  resource.set_name("route/" + pattern);
  resource.set_revision(revision);
  resource.mutable_route()->set_pattern(pattern);
  resource.mutable_route()->set_script(script);
  return resource;
}

// The script's one secret, sealed for a push whose key is `key`.
inline v1::Resource SecretOf(std::string script, std::string name, std::string_view value,
                             std::string key, uint64_t revision) {
  v1::Resource resource;
  resource.set_name("secret/" + script);
  resource.set_revision(revision);
  v1::Secret& secret = *resource.mutable_secrets()->add_secrets();
  const SecretBox box(std::move(key));
  secret.set_sealed(box.Seal(value, bundle::SecretPurpose(script, name)).value());
  secret.set_name(std::move(name));
  resource.mutable_secrets()->set_script(std::move(script));
  return resource;
}

inline v1::Push PushOf(uint64_t nonce, uint64_t revision,
                       std::initializer_list<v1::Resource> upsert, bool full = false) {
  v1::Push push;
  push.set_nonce(nonce);
  push.set_revision(revision);
  push.set_store_epoch(7);
  push.set_full(full);
  for (const v1::Resource& resource : upsert) *push.add_upsert() = resource;
  return push;
}

}  // namespace terrella::edge
