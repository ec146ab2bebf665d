// ClassMigrations: what a deploy makes of a script's Durable Object classes.
//
// A class has a namespace, which its objects belong to and which never changes hands by itself;
// what changes is which class of which script a namespace has its code from:
//
//   (none) --new--> class --rename--> another class of the script    the old name is forwarded
//                     |  '-transfer-> a class of another script      the old name is forwarded
//                     '--delete--> gone, its objects with it; the same name made again is empty
//
// A forwarded name leads bindings that were deployed before to the objects; a new version has to
// name what the class is called now. Migrations are applied once, by their tags, in the order of
// the list: those up to the last one that was applied before are passed over. A version that
// declares none at all gets the classes that it binds, so that a first try needs no ceremony.
//
// Thread: any; pure functions over the table.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control_plane/rollout/resource_table.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

struct ClassLimits {
  size_t classes_max = 500;  // of one script
  int deleted_max = 1000;    // namespaces of one script that nodes are told of; the newest
};

struct ClassPlan {
  std::vector<v1::ActorClass> classes;           // of the script from now on, by class
  std::vector<std::string> tags;                 // applied so far
  std::map<std::string, v1::Deployment> others;  // of scripts that gave a class away
  std::vector<std::string> deleted;              // namespaces
  std::vector<std::string> notes;                // what happens, for people
};

struct ClassPlanInput {
  const v1::Version& version;
  uint64_t deployment_number = 0;  // that no other deployment of the script ever had
  bool migrate = true;             // false: a way back, which changes no class
};
// InvalidArgument names the migration or the binding that cannot be.
absl::StatusOr<ClassPlan> PlanClasses(const ClassPlanInput& input, const ResourceTable& table,
                                      const ClassLimits& limits = {});

// The namespaces of a script that goes away.
std::vector<std::string> NamespacesOf(const v1::Deployment& deployment);
// What nodes are to be told once these are deleted, too. `before`: what they were told; or null.
v1::DeletedActors AddDeletedActors(const v1::Resource* before, const std::string& script,
                                   const std::vector<std::string>& namespace_ids,
                                   const ClassLimits& limits = {});
// "deleted_actors/hello"
std::string DeletedActorsName(std::string_view script);

}  // namespace terrella::control
