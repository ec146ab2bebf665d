#include "cli/commands/commands.h"

#include <iterator>
#include <utility>

#include "cli/commands/node_faults.h"
#include "cli/commands/partition.h"

namespace terrella::cli {
namespace {

// A command a line merges well.
// clang-format off
std::vector<Command> ClusterCommands() {
  return {
      UpCommand(),
      DownCommand(),
      BackupCommand(),
      BrowseCommand(),
      RestoreCommand(),
      StatusCommand(),
      NodesCommand(),
      NodesJoinTokenCommand(),
      NodesRevokeCommand(),
      LogsCommand(),
      DashboardCommand(),
  };
}

std::vector<Command> CodeCommands() {
  return {
      DeployCommand(),
      VersionsCommand(),
      VersionsUploadCommand(),
      VersionsDeployCommand(),
      DeploymentsListCommand(),
      DeploymentsViewCommand(),
      RolloutsStatusCommand(),
      RolloutsWatchCommand(),
      RolloutsPauseCommand(),
      RolloutsResumeCommand(),
      RolloutsPromoteCommand(),
      RolloutsAbortCommand(),
      RolloutsHistoryCommand(),
      RollbackCommand(),
      DeleteCommand(),
      PurgeCommand(),
      DevCommand(),
      TypesCommand(),
      SecretPutCommand(),
      SecretListCommand(),
      SecretDeleteCommand(),
      SecretBulkCommand(),
      SecretRotateKeyCommand(),
      TriggerCommand(),
      CronsListCommand(),
      TailCommand(),
      StatsCommand(),
      KvGetCommand(),
      KvPutCommand(),
      KvDeleteCommand(),
      KvListCommand(),
      KvNamespacesCommand(),
      KvBulkPutCommand(),
      ActorsListCommand(),
  };
}

std::vector<Command> NetworkCommands() {
  return {
      FetchCommand(),
      DnsExplainCommand(),
      DnsDsCommand(),
      DnsDrainCommand(),
      DnsRecordAddCommand(),
      DnsRecordListCommand(),
      DnsRecordRemoveCommand(),
      DnsPolicySetCommand(),
      DnsPolicyListCommand(),
      DnsPolicyRemoveCommand(),
      DnsTopCommand(),
      NetRttCommand(),
      NetNearestCommand(),
      NetCitiesCommand(),
      NetPopsCommand(),
      NetCdfCommand(),
      NetCatchmentCommand(),
      NetFailuresCommand(),
      NetPlaceCommand(),
      NetLintCommand(),
      NetLatencyCommand(),
      NetSteeringCommand(),
      NetTransferCommand(),
      NetValidateCommand(),
      DataPullCommand(),
      DataStatusCommand(),
      DataImportCommand(),
      DataForgetCommand(),
      KillCommand(),
      PartitionCommand(),
      RejoinCommand(),
      SlowDiskCommand(),
      SkewCommand(),
      StartCommand(),
      DrainCommand(),
      UndrainCommand(),
      CordonCommand(),
      UncordonCommand(),
      EvictCommand(),
      TokensCreateCommand(),
      TokensListCommand(),
      TokensRevokeCommand(),
      AuditListCommand(),
      AuditVerifyCommand(),
      CaShowCommand(),
      CaPathCommand(),
      CaExportCommand(),
      CaInstallHintCommand(),
      SimRunCommand(),
      SimInitCommand(),
      SimCheckCommand(),
      SimExplainCommand(),
      SimSchemaCommand(),
      SimSweepCommand(),
      SimBisectCommand(),
      SimCompareCommand(),
      SimCapacityCommand(),
      SimChaosCommand(),
      CompletionCommand(),
      CompleteCommand(),
      VersionCommand(),
      HelpCommand(),
  };
}
// clang-format on

}  // namespace

std::vector<Command> AllCommands() {
  std::vector<Command> all;
  for (std::vector<Command>& part :
       std::vector{ClusterCommands(), CodeCommands(), NetworkCommands()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace terrella::cli
