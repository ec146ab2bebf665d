#include "control_plane/access/method_rules.h"

#include <array>

namespace terrella::control {
namespace {

using enum Grant;
using enum MethodRule::Trace;
using Where = MethodRule::Where;

// Services and their methods as in proto/terrella/v1.
// clang-format off
constexpr MethodRule kRules[] = {
    {"Actors.Join", kNodeSync, "host.node"},
    {"Actors.ListActors", kScriptRead, "script"},
    {"Actors.Locate", kNodeSync, "caller.node"},
    {"Admin.CordonNode", kNodeDrain, "node", kWithTxn, "cordon"},
    {"Admin.DrainNode", kNodeDrain, "node", kWithTxn, "drain"},
    {"Admin.EvictNode", kNodeDrain, "node", kWithTxn},
    {"Admin.GetStatus", kNetworkRead},
    {"Audit.ListAudit", kAdmin},
    {"Audit.VerifyAudit", kAdmin},
    {"Caches.Purge", kScriptDeploy, "script", kWithTxn, "everything urls prefixes hosts tags"},
    {"Crons.ListCrons", kScriptRead, "script"},
    {"Deployments.DeleteScript", kScriptDeploy, "script", kWithTxn},
    {"Deployments.Deploy", kScriptDeploy, "script", kWithTxn, "version_id shares message"},
    {"Deployments.FindMissingBlobs", kScriptDeploy, "", kNone, "", Where::kNowhere},
    {"Deployments.ListDeployments", kScriptRead, "script"},
    {"Deployments.ListScripts", kScriptRead},
    {"Deployments.ListVersions", kScriptRead, "script"},
    {"Deployments.Rollback", kScriptDeploy, "script", kWithTxn, "version_id message"},
    {"Deployments.UploadBlobs", kScriptDeploy, "", kWithTxn, "", Where::kNowhere},
    {"Deployments.UploadVersion", kScriptDeploy, "", kWithTxn, "", Where::kStream},
    {"Deployments.WatchConvergence", kKnown},
    {"DnsZone.AddRecord", kDnsWrite, "record.name", kWithTxn, "record.type record.content ttl_s"},
    {"DnsZone.ListPolicies", kDnsRead},
    {"DnsZone.ListRecords", kDnsRead, "name"},
    {"DnsZone.RemovePolicy", kDnsWrite, "name", kWithTxn},
    {"DnsZone.RemoveRecords", kDnsWrite, "name", kWithTxn, "type content"},
    {"DnsZone.SetPolicy", kDnsWrite, "policy.name", kWithTxn, "policy.steps policy.ttl_s"},
    {"Identities.CreateJoinToken", kAdmin, "node", kWithTxn, "ttl_ms"},
    {"Identities.Join", kOpen, "node", kWithTxn},
    {"Identities.Renew", kNodeSync, "node"},
    {"Identities.RevokeNode", kAdmin, "node", kWithTxn},
    {"Kv.Delete", kKvWrite, "namespace", kPersonBefore, "keys"},
    {"Kv.DeleteNamespace", kKvWrite, "namespace", kBefore},
    {"Kv.Get", kKvRead, "namespace"},
    {"Kv.List", kKvRead, "namespace"},
    {"Kv.ListNamespaces", kKvRead},
    {"Kv.Put", kKvWrite, "namespace", kPersonBefore, "entries"},
    {"Launcher.GetLauncher", kNetworkRead},
    {"Launcher.KillNode", kAdmin, "node", kBefore, "message"},
    {"Launcher.StartNode", kAdmin, "node", kBefore, "message"},
    {"NodeEvents.Attend", kNodeSync, "", kNone, "", Where::kStream},
    {"NodeSync.FetchBlob", kNodeSync, "", kNone, "", Where::kNowhere},
    {"NodeSync.Subscribe", kNodeSync, "", kNone, "", Where::kStream},
    {"Rollouts.ChangeRollout", kScriptDeploy, "script rollout_id", kWithTxn, "change"},
    {"Rollouts.ListRollouts", kScriptRead, "script"},
    {"Rollouts.WatchRollout", kScriptRead, "script rollout_id"},
    {"Runs.PublishRun", kScriptDeploy, "", kNone, "", Where::kNowhere},
    {"Runs.WatchRuns", kNetworkRead},
    {"Secrets.Delete", kScriptDeploy, "script", kWithTxn, "names"},
    {"Secrets.List", kScriptRead, "script"},
    {"Secrets.Put", kScriptDeploy, "script", kWithTxn, "secrets"},
    {"Stats.Query", kScriptRead, "script"},
    {"Tail.History", kScriptRead, "script"},
    {"Tail.Open", kScriptRead, "script"},
    {"Tokens.CreateToken", kAdmin, "name", kWithTxn, "scopes life_s"},
    {"Tokens.ListTokens", kAdmin},
    {"Tokens.RevokeToken", kAdmin, "name", kWithTxn},
    {"Topology.WatchView", kNetworkRead},
    {"Visits.Visit", kNetworkRead},
};
// clang-format on

}  // namespace

std::span<const MethodRule> MethodRules() {
  return kRules;
}

const MethodRule* FindRule(std::string_view method) {
  for (const MethodRule& rule : kRules) {
    if (rule.method == method) return &rule;
  }
  return nullptr;
}

}  // namespace terrella::control
