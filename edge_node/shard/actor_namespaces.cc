#include "edge_node/shard/actor_namespaces.h"

namespace terrella::edge {

void ActorNamespaces::Add(ActorClassName name, std::string namespace_id, bool forwarded) {
  ids_[{name.script, name.class_name}] = namespace_id;
  if (!forwarded) classes_[std::move(namespace_id)] = std::move(name);
}

const std::string* ActorNamespaces::Find(std::string_view script,
                                         std::string_view class_name) const {
  const auto found = ids_.find({std::string(script), std::string(class_name)});
  return found == ids_.end() ? nullptr : &found->second;
}

const ActorClassName* ActorNamespaces::ClassOf(std::string_view namespace_id) const {
  // A node that refused the version without the class has it still.
  if (IsDeleted(namespace_id)) return nullptr;
  const auto found = classes_.find(namespace_id);
  return found == classes_.end() ? nullptr : &found->second;
}

}  // namespace terrella::edge
