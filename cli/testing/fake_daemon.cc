// A stand-in for every daemon of a cluster in tests of the cluster manager: writes its ready file,
// then waits for SIGTERM. How it misbehaves is read from a file "behaviour" beside its ready file's
// folder:
//   NAME dies        prints a reason and exits 1 before it is ready
//   NAME hangs       never becomes ready
//   NAME stubborn    ignores SIGTERM
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  std::filesystem::path ready;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::string flag = "--ready_file=";
    if (argument.rfind(flag, 0) == 0) ready = argument.substr(flag.size());
  }
  std::string name, how, wanted;
  std::ifstream behaviour(ready.parent_path().parent_path() / "behaviour");
  while (behaviour >> name >> how) {
    if (name == ready.stem()) wanted = how;
  }
  if (wanted == "dies") {
    std::fprintf(stderr, "first line\ncannot listen: address in use\n");
    return 1;
  }
  if (wanted == "stubborn") signal(SIGTERM, SIG_IGN);
  if (wanted != "hangs") {
    const std::filesystem::path temporary = ready.string() + ".tmp";
    std::ofstream(temporary) << "{\"pid\":" << getpid() << "}\n";
    std::filesystem::rename(temporary, ready);
  }
  while (true) pause();
}
