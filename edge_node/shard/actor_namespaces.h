// ActorNamespaces: whose the Durable Objects of each namespace are now, and in which namespace
// those of a class are.
//
// A class is found by the script and the name it has, or had before it was renamed or transferred.
// A namespace has the code of one class at most; those that were deleted are remembered, because
// what is left of their objects has to go.
//
// Thread: any (immutable once built).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace terrella::edge {

struct ActorClassName {
  std::string script;
  std::string class_name;
  bool operator==(const ActorClassName&) const = default;
};

class ActorNamespaces {
 public:
  // `forwarded`: the class is called something else by now.
  void Add(ActorClassName name, std::string namespace_id, bool forwarded = false);
  void AddDeleted(std::string namespace_id) { deleted_.insert(std::move(namespace_id)); }

  // Null: no such class.
  const std::string* Find(std::string_view script, std::string_view class_name) const;
  // The class of its objects; null when it is not known here.
  const ActorClassName* ClassOf(std::string_view namespace_id) const;
  bool IsDeleted(std::string_view namespace_id) const { return deleted_.contains(namespace_id); }
  bool empty() const { return ids_.empty(); }

  const std::set<std::string, std::less<>>& deleted() const { return deleted_; }
  // By namespace.
  const std::map<std::string, ActorClassName, std::less<>>& classes() const { return classes_; }

 private:
  std::map<std::pair<std::string, std::string>, std::string> ids_;  // by script and class
  std::map<std::string, ActorClassName, std::less<>> classes_;
  std::set<std::string, std::less<>> deleted_;
};

}  // namespace terrella::edge
