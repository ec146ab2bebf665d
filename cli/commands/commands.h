// The table of commands. Each is made in its own file of this folder; order is the order of the
// help.
#pragma once

#include <vector>

#include "cli/app/command.h"

namespace terrella::cli {

Command UpCommand();
Command DownCommand();
Command BackupCommand();
Command RestoreCommand();
Command StatusCommand();
Command NodesCommand();
Command NodesJoinTokenCommand();
Command NodesRevokeCommand();
Command LogsCommand();
Command DashboardCommand();
Command DeployCommand();
Command VersionsCommand();
Command VersionsUploadCommand();
Command VersionsDeployCommand();
Command DeploymentsListCommand();
Command DeploymentsViewCommand();
Command RolloutsStatusCommand();
Command RolloutsWatchCommand();
Command RolloutsPauseCommand();
Command RolloutsResumeCommand();
Command RolloutsPromoteCommand();
Command RolloutsAbortCommand();
Command RolloutsHistoryCommand();
Command RollbackCommand();
Command DeleteCommand();
Command PurgeCommand();
Command DevCommand();
Command SecretPutCommand();
Command SecretListCommand();
Command SecretDeleteCommand();
Command SecretBulkCommand();
Command ActorsListCommand();
Command KvGetCommand();
Command KvPutCommand();
Command KvDeleteCommand();
Command KvListCommand();
Command KvNamespacesCommand();
Command KvBulkPutCommand();
Command TypesCommand();
Command TriggerCommand();
Command CronsListCommand();
Command TailCommand();
Command StatsCommand();
Command FetchCommand();
Command DnsExplainCommand();
Command DnsDsCommand();
Command DnsTopCommand();
Command DnsDrainCommand();
Command DnsRecordAddCommand();
Command DnsRecordListCommand();
Command DnsRecordRemoveCommand();
Command DnsPolicySetCommand();
Command DnsPolicyListCommand();
Command DnsPolicyRemoveCommand();
Command NetRttCommand();
Command NetNearestCommand();
Command NetTransferCommand();
Command NetCitiesCommand();
Command NetPopsCommand();
Command NetCdfCommand();
Command NetCatchmentCommand();
Command NetFailuresCommand();
Command NetPlaceCommand();
Command NetLintCommand();
Command NetLatencyCommand();
Command NetSteeringCommand();
Command NetValidateCommand();
Command DataImportCommand();
Command DataPullCommand();
Command DataStatusCommand();
Command DataForgetCommand();
Command KillCommand();
Command StartCommand();
Command DrainCommand();
Command UndrainCommand();
Command CordonCommand();
Command UncordonCommand();
Command EvictCommand();
Command CaShowCommand();
Command CaPathCommand();
Command CaExportCommand();
Command CaInstallHintCommand();
Command SimRunCommand();
Command SimCheckCommand();
Command TokensCreateCommand();
Command TokensListCommand();
Command TokensRevokeCommand();
Command AuditListCommand();
Command AuditVerifyCommand();
Command CompletionCommand();
Command CompleteCommand();  // hidden: what the completion scripts call
Command VersionCommand();
Command HelpCommand();

std::vector<Command> AllCommands();

}  // namespace terrella::cli
