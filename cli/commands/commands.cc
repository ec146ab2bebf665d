#include "cli/commands/commands.h"

namespace terrella::cli {

std::vector<Command> AllCommands() {
  return {UpCommand(),      DownCommand(),       StatusCommand(),     NodesCommand(),
          LogsCommand(),    DeployCommand(),     VersionsCommand(),   RollbackCommand(),
          DeleteCommand(),  DevCommand(),        FetchCommand(),      DnsExplainCommand(),
          NetRttCommand(),  NetNearestCommand(), NetCitiesCommand(),  NetPopsCommand(),
          KillCommand(),    StartCommand(),      DrainCommand(),      UndrainCommand(),
          CaShowCommand(),  CaPathCommand(),     CaExportCommand(),   CaInstallHintCommand(),
          SimRunCommand(),  SimCheckCommand(),   CompletionCommand(), CompleteCommand(),
          VersionCommand(), HelpCommand()};
}

}  // namespace terrella::cli
