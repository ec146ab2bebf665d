// The table against the protocol files themselves: every RPC of every service has a rule, every
// rule is of an RPC, and the fields it looks at are there.
#include "control_plane/access/method_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace terrella::control {
namespace {

namespace pb = google::protobuf;

// Served by the DNS router, which has its own door.
const std::set<std::string> kServedElsewhere = {"Resolve"};

class Protocol : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(TERRELLA_PROTOCOL);
    pb::FileDescriptorSet set;
    ASSERT_TRUE(set.ParseFromIstream(&file)) << TERRELLA_PROTOCOL;
    for (const pb::FileDescriptorProto& one : set.file()) {
      const pb::FileDescriptor* built = pool_.BuildFile(one);
      ASSERT_NE(built, nullptr) << one.name();
      for (int s = 0; s < built->service_count(); ++s) {
        const pb::ServiceDescriptor* service = built->service(s);
        if (kServedElsewhere.count(service->name()) != 0) continue;
        for (int m = 0; m < service->method_count(); ++m) methods_.push_back(service->method(m));
      }
    }
    ASSERT_GT(methods_.size(), 30u);
  }

  // The field at a path of names; null when a name is none.
  static const pb::FieldDescriptor* FieldAt(const pb::Descriptor* message, std::string path) {
    for (;;) {
      const size_t dot = path.find('.');
      const pb::FieldDescriptor* field = message->FindFieldByName(path.substr(0, dot));
      if (field == nullptr || dot == path.npos) return field;
      message = field->message_type();
      if (message == nullptr) return nullptr;
      path.erase(0, dot + 1);
    }
  }

  pb::DescriptorPool pool_;
  std::vector<const pb::MethodDescriptor*> methods_;
};

TEST_F(Protocol, EveryMethodHasARule) {
  for (const pb::MethodDescriptor* method : methods_) {
    const std::string name = method->service()->name() + "." + method->name();
    EXPECT_NE(FindRule(name), nullptr)
        << name << " needs a row in control_plane/access/method_rules.cc";
  }
}

TEST_F(Protocol, EveryRuleIsOfOneMethodAndLooksAtStringsOfItsRequest) {
  std::set<std::string> seen;
  for (const MethodRule& rule : MethodRules()) {
    const std::string name(rule.method);
    EXPECT_TRUE(seen.insert(name).second) << name << " has two rules";
    const pb::MethodDescriptor* method = nullptr;
    for (const pb::MethodDescriptor* one : methods_) {
      if (one->service()->name() + "." + one->name() == name) method = one;
    }
    ASSERT_NE(method, nullptr) << name << " is no method";
    std::istringstream paths{std::string(rule.fields)};
    for (std::string path; paths >> path;) {
      const pb::FieldDescriptor* field = FieldAt(method->input_type(), path);
      ASSERT_NE(field, nullptr) << name << ": " << path;
      EXPECT_EQ(field->type(), pb::FieldDescriptor::TYPE_STRING) << name << ": " << path;
      EXPECT_FALSE(field->is_repeated()) << name << ": " << path;
    }
    // A request stream has no message to look at when the call begins.
    EXPECT_EQ(method->client_streaming() && rule.where == MethodRule::Where::kRequest, false)
        << name;
  }
}

TEST_F(Protocol, WhatAChangeIsIsShownOfIt) {
  // Of these the resource says it all, or who does it does (Call::Describe).
  const std::set<std::string> kSaidOtherwise = {
      "Admin.EvictNode",           "Deployments.DeleteScript", "Deployments.UploadBlobs",
      "Deployments.UploadVersion", "DnsZone.RemovePolicy",     "Identities.Join",
      "Identities.RevokeNode",     "Kv.DeleteNamespace",       "Tokens.RevokeToken"};
  for (const pb::MethodDescriptor* method : methods_) {
    const std::string name = method->service()->name() + "." + method->name();
    const MethodRule& rule = *FindRule(name);
    if (rule.trace == MethodRule::Trace::kNone) {
      EXPECT_TRUE(rule.shown.empty()) << name << " has no row to show it in";
      continue;
    }
    EXPECT_NE(rule.shown.empty(), kSaidOtherwise.count(name) == 0) << name;
    std::istringstream paths{std::string(rule.shown)};
    for (std::string path; paths >> path;) {
      EXPECT_NE(FieldAt(method->input_type(), path), nullptr) << name << ": " << path;
    }
  }
}

TEST_F(Protocol, AScriptNamedInARequestIsLookedAt) {
  for (const pb::MethodDescriptor* method : methods_) {
    const MethodRule* rule = FindRule(method->service()->name() + "." + method->name());
    if (rule == nullptr || method->client_streaming()) continue;
    for (const char* name : {"script", "namespace"}) {
      if (method->input_type()->FindFieldByName(name) == nullptr) continue;
      EXPECT_TRUE(rule->grant == Grant::kAdmin || rule->fields.find(name) != rule->fields.npos)
          << rule->method << " names a " << name << " that its rule does not look at";
    }
  }
}

}  // namespace
}  // namespace terrella::control
