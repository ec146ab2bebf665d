#include "cli/commands/commands.h"

namespace terrella::cli {

std::vector<Command> AllCommands() {
  return {
      // clang-format off: a command a line merges well
      UpCommand(),          DownCommand(),          StatusCommand(),       NodesCommand(),
      LogsCommand(),        DeployCommand(),        VersionsCommand(),     RollbackCommand(),
      DeleteCommand(),      PurgeCommand(),         DevCommand(),          TypesCommand(),
      SecretPutCommand(),   SecretListCommand(),    SecretDeleteCommand(), SecretBulkCommand(),
      TriggerCommand(),     KvGetCommand(),         KvPutCommand(),        KvDeleteCommand(),
      KvListCommand(),      KvNamespacesCommand(),  KvBulkPutCommand(),    ActorsListCommand(),
      FetchCommand(),       DnsExplainCommand(),    NetRttCommand(),       NetNearestCommand(),
      NetCitiesCommand(),   NetPopsCommand(),       NetCdfCommand(),       NetCatchmentCommand(),
      NetFailuresCommand(), DataImportCommand(),    KillCommand(),         StartCommand(),
      DrainCommand(),       UndrainCommand(),       CaShowCommand(),       CaPathCommand(),
      CaExportCommand(),    CaInstallHintCommand(), SimRunCommand(),       SimCheckCommand(),
      CompletionCommand(),  CompleteCommand(),      VersionCommand(),      HelpCommand(),
      // clang-format on
  };
}

}  // namespace terrella::cli
