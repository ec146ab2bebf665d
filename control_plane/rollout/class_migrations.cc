#include "control_plane/rollout/class_migrations.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status.h"

namespace terrella::control {
namespace {

const v1::Deployment* DeploymentIn(const ResourceTable& table, std::string_view script) {
  const v1::Resource* found = table.Find(std::string("deployment/").append(script));
  return found == nullptr ? nullptr : &found->deployment();
}

// The classes of one script while they change, by name.
using Classes = std::map<std::string, v1::ActorClass>;

Classes ClassesOf(const v1::Deployment* deployment) {
  Classes classes;
  if (deployment == nullptr) return classes;
  for (const v1::ActorClass& one : deployment->actor_classes()) classes[one.class_name()] = one;
  return classes;
}

const v1::ActorClass* FindOwn(const Classes& classes, const std::string& name) {
  const auto found = classes.find(name);
  return found == classes.end() || found->second.forwarded() ? nullptr : &found->second;
}

void Set(Classes& classes, const std::string& name, const std::string& namespace_id,
         bool forwarded) {
  v1::ActorClass& one = classes[name];
  one.set_class_name(name);
  one.set_namespace_id(namespace_id);
  one.set_forwarded(forwarded);
}

class Planner {
 public:
  Planner(const ClassPlanInput& input, const ResourceTable& table, const ClassLimits& limits)
      : input_(input),
        version_(input.version),
        table_(table),
        limits_(limits),
        live_(DeploymentIn(table, version_.script())),
        own_(ClassesOf(live_)) {}

  absl::StatusOr<ClassPlan> Plan() {
    if (live_ != nullptr) {
      plan_.tags.assign(live_->migrations().begin(), live_->migrations().end());
    }
    if (input_.migrate) RETURN_IF_ERROR(ApplyAll());
    for (const v1::Binding& binding : version_.bindings()) {
      if (binding.has_durable_object()) RETURN_IF_ERROR(CheckBinding(binding));
    }
    for (const auto& [name, tag] : deleted_names_) {
      if (FindOwn(own_, name) == nullptr) RETURN_IF_ERROR(CheckUnbound(name, tag));
    }
    if (own_.size() > limits_.classes_max) {
      return ResourceExhausted("{} classes of Durable Objects are over the limit of {}",
                               own_.size(), limits_.classes_max);
    }
    for (auto& [name, one] : own_) plan_.classes.push_back(std::move(one));
    for (auto& [script, classes] : others_) {
      v1::Deployment& changed = plan_.others[script] = *DeploymentIn(table_, script);
      changed.clear_actor_classes();
      for (auto& [name, one] : classes) *changed.add_actor_classes() = std::move(one);
    }
    return std::move(plan_);
  }

 private:
  absl::Status ApplyAll() {
    const std::set<std::string> applied(plan_.tags.begin(), plan_.tags.end());
    const auto& all = version_.migrations();
    int next = all.size();
    while (next > 0 && !applied.contains(all[next - 1].tag())) --next;
    for (int i = 0; i < next; ++i) {
      if (applied.contains(all[i].tag())) continue;
      plan_.notes.push_back(
          fmt::format("migration '{}' is ignored: it stands before '{}', which was applied already",
                      all[i].tag(), all[next - 1].tag()));
    }
    for (int i = next; i < all.size(); ++i) RETURN_IF_ERROR(Apply(all[i]));
    return absl::OkStatus();
  }

  absl::Status Apply(const v1::Migration& migration) {
    const std::string& tag = migration.tag();
    for (const std::string& name : migration.deleted_classes()) {
      RETURN_IF_ERROR(Delete(tag, name));
    }
    for (const v1::ClassMove& move : migration.renamed_classes()) {
      RETURN_IF_ERROR(Rename(tag, move));
    }
    for (const v1::ClassMove& move : migration.transferred_classes()) {
      RETURN_IF_ERROR(Transfer(tag, move));
    }
    for (const auto* names : {&migration.new_classes(), &migration.new_sqlite_classes()}) {
      for (const std::string& name : *names) {
        RETURN_IF_ERROR(CheckFree(tag, "makes", name));
        Make(name);
      }
    }
    plan_.tags.push_back(tag);
    return absl::OkStatus();
  }

  absl::Status CheckFree(const std::string& tag, std::string_view verb, const std::string& name) {
    if (FindOwn(own_, name) == nullptr) return absl::OkStatus();
    return InvalidArgument("migration '{}' {} class '{}', which exists already", tag, verb, name);
  }

  void Make(const std::string& name) {
    const std::string first =
        fmt::format("{}.{}.{}", version_.script(), input_.deployment_number, name);
    std::string id = first;
    for (int again = 2; !made_.insert(id).second; ++again) id = fmt::format("{}.{}", first, again);
    Set(own_, name, id, false);
    plan_.notes.push_back(fmt::format("class '{}' of Durable Objects is new", name));
  }

  absl::Status Delete(const std::string& tag, const std::string& name) {
    const v1::ActorClass* one = FindOwn(own_, name);
    if (one == nullptr) {
      return InvalidArgument("migration '{}' deletes class '{}', which does not exist", tag, name);
    }
    const std::string id = one->namespace_id();
    std::erase_if(own_, [&](const auto& entry) { return entry.second.namespace_id() == id; });
    if (!made_.contains(id)) plan_.deleted.push_back(id);
    deleted_names_[name] = tag;
    plan_.notes.push_back(fmt::format("class '{}' is deleted with all its objects", name));
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& tag, const v1::ClassMove& move) {
    const v1::ActorClass* one = FindOwn(own_, move.from());
    if (one == nullptr) {
      return InvalidArgument("migration '{}' renames class '{}', which does not exist", tag,
                             move.from());
    }
    RETURN_IF_ERROR(CheckFree(tag, fmt::format("renames class '{}' to", move.from()), move.to()));
    const std::string id = one->namespace_id();
    Set(own_, move.to(), id, false);
    Set(own_, move.from(), id, true);
    plan_.notes.push_back(
        fmt::format("class '{}' is '{}' now, with all its objects", move.from(), move.to()));
    return absl::OkStatus();
  }

  absl::Status Transfer(const std::string& tag, const v1::ClassMove& move) {
    const std::string& script = move.from_script();
    if (script == version_.script()) {
      return InvalidArgument(
          "migration '{}' transfers class '{}' of this very worker: renamed_classes does that", tag,
          move.from());
    }
    const v1::Deployment* deployment = DeploymentIn(table_, script);
    if (deployment == nullptr) {
      return InvalidArgument(
          "migration '{}' transfers class '{}' of worker '{}', which is not deployed", tag,
          move.from(), script);
    }
    Classes& theirs = others_.try_emplace(script, ClassesOf(deployment)).first->second;
    const v1::ActorClass* one = FindOwn(theirs, move.from());
    if (one == nullptr) {
      return InvalidArgument(
          "migration '{}' transfers class '{}' of worker '{}', which has no such class", tag,
          move.from(), script);
    }
    RETURN_IF_ERROR(CheckFree(tag, fmt::format("transfers class '{}' to", move.from()), move.to()));
    const std::string id = one->namespace_id();
    Set(own_, move.to(), id, false);
    Set(theirs, move.from(), id, true);
    plan_.notes.push_back(
        fmt::format("class '{}' of worker '{}' is '{}' here, with all its objects", move.from(),
                    script, move.to()));
    return absl::OkStatus();
  }

  absl::Status CheckBinding(const v1::Binding& binding) {
    const std::string& name = binding.durable_object().class_name();
    const std::string& script = binding.durable_object().script();
    const bool own = script.empty() || script == version_.script();
    const v1::Deployment* other = own ? nullptr : DeploymentIn(table_, script);
    if (!own && other == nullptr) return absl::OkStatus();  // its worker may come later
    const Classes theirs = ClassesOf(other);
    const Classes& classes = own ? own_ : theirs;
    if (FindOwn(classes, name) != nullptr) return absl::OkStatus();
    if (const auto found = classes.find(name); found != classes.end()) {
      return InvalidArgument("binding '{}' names class '{}', which is {} now: name that one",
                             binding.name(), name, NameNow(found->second.namespace_id()));
    }
    if (!own) {
      return InvalidArgument(
          "binding '{}' names class '{}' of worker '{}', which has no such "
          "class of Durable Objects",
          binding.name(), name, script);
    }
    if (const auto deleted = deleted_names_.find(name); deleted != deleted_names_.end()) {
      return InvalidArgument(
          "migration '{}' deletes class '{}', which binding '{}' still uses: "
          "remove the binding first",
          deleted->second, name, binding.name());
    }
    if (!input_.migrate) {
      return InvalidArgument(
          "version {} binds '{}' to class '{}', which is there no more: there "
          "is no way back behind a migration that deleted it",
          version_.id(), binding.name(), name);
    }
    if (!version_.migrations().empty()) {
      return InvalidArgument(
          "binding '{}' names class '{}', which no migration makes: add one "
          "with new_sqlite_classes = [\"{}\"]",
          binding.name(), name, name);
    }
    Make(name);
    return absl::OkStatus();
  }

  // No version of another script may bind what goes.
  absl::Status CheckUnbound(const std::string& name, const std::string& tag) const {
    for (const auto& [key, resource] : table_.resources()) {
      if (!resource.has_version() || resource.version().script() == version_.script()) continue;
      for (const v1::Binding& binding : resource.version().bindings()) {
        if (!binding.has_durable_object() || binding.durable_object().class_name() != name ||
            binding.durable_object().script() != version_.script()) {
          continue;
        }
        return InvalidArgument(
            "migration '{}' deletes class '{}', which binding '{}' of worker "
            "'{}' still uses: remove the binding first",
            tag, name, binding.name(), resource.version().script());
      }
    }
    return absl::OkStatus();
  }

  std::string NameNow(const std::string& namespace_id) const {
    for (const auto& [name, one] : own_) {
      if (one.namespace_id() == namespace_id && !one.forwarded()) return fmt::format("'{}'", name);
    }
    for (const auto& [key, resource] : table_.resources()) {
      for (const v1::ActorClass& one : resource.deployment().actor_classes()) {
        if (one.namespace_id() != namespace_id || one.forwarded()) continue;
        return fmt::format("'{}' of worker '{}'", one.class_name(), resource.deployment().script());
      }
    }
    return "deleted";
  }

  const ClassPlanInput& input_;
  const v1::Version& version_;
  const ResourceTable& table_;
  const ClassLimits& limits_;
  const v1::Deployment* const live_;
  Classes own_;
  std::map<std::string, Classes> others_;             // by script
  std::map<std::string, std::string> deleted_names_;  // class -> tag
  std::set<std::string> made_;                        // namespaces
  ClassPlan plan_;
};

}  // namespace

absl::StatusOr<ClassPlan> PlanClasses(const ClassPlanInput& input, const ResourceTable& table,
                                      const ClassLimits& limits) {
  return Planner(input, table, limits).Plan();
}

std::vector<std::string> NamespacesOf(const v1::Deployment& deployment) {
  std::vector<std::string> ids;
  for (const v1::ActorClass& one : deployment.actor_classes()) {
    if (!one.forwarded()) ids.push_back(one.namespace_id());
  }
  return ids;
}

v1::DeletedActors AddDeletedActors(const v1::Resource* before, const std::string& script,
                                   const std::vector<std::string>& namespace_ids,
                                   const ClassLimits& limits) {
  v1::DeletedActors deleted;
  if (before != nullptr) deleted = before->deleted_actors();
  deleted.set_script(script);
  for (const std::string& id : namespace_ids) deleted.add_namespace_ids(id);
  auto& ids = *deleted.mutable_namespace_ids();
  if (ids.size() > limits.deleted_max) {
    ids.DeleteSubrange(0, ids.size() - limits.deleted_max);
  }
  return deleted;
}

std::string DeletedActorsName(std::string_view script) {
  return std::string("deleted_actors/").append(script);
}

}  // namespace terrella::control
