// The table of commands. Each is made in its own file of this folder; order is the order of the
// help.
#pragma once

#include <vector>

#include "cli/app/command.h"

namespace terrella::cli {

Command UpCommand();
Command DownCommand();
Command StatusCommand();
Command NodesCommand();
Command LogsCommand();
Command DeployCommand();
Command VersionsCommand();
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
Command FetchCommand();
Command DnsExplainCommand();
Command NetRttCommand();
Command NetNearestCommand();
Command NetCitiesCommand();
Command NetPopsCommand();
Command NetCdfCommand();
Command NetCatchmentCommand();
Command NetFailuresCommand();
Command DataImportCommand();
Command KillCommand();
Command StartCommand();
Command DrainCommand();
Command UndrainCommand();
Command CaShowCommand();
Command CaPathCommand();
Command CaExportCommand();
Command CaInstallHintCommand();
Command SimRunCommand();
Command SimCheckCommand();
Command CompletionCommand();
Command CompleteCommand();  // hidden: what the completion scripts call
Command VersionCommand();
Command HelpCommand();

std::vector<Command> AllCommands();

}  // namespace terrella::cli
