#include "control_plane/store/testing/etcd_members.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/check.h"
#include "base/status.h"

namespace terrella::control {
namespace {

// Free now; whoever asks next gets others.
std::vector<int> FreePorts(size_t count) {
  std::vector<int> sockets, ports;
  for (size_t i = 0; i < count; ++i) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    sockets.push_back(fd);
    ports.push_back(ntohs(address.sin_port));
  }
  for (int fd : sockets) close(fd);
  return ports;
}

}  // namespace

absl::StatusOr<std::filesystem::path> EtcdMembers::Find() {
  std::vector<std::filesystem::path> folders;
  if (const char* source = std::getenv("TERRELLA_SOURCE_DIR")) {
    folders.push_back(std::filesystem::path(source) / ".deps/oracles/usr/bin");
  }
  std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');) folders.push_back(folder);
  for (const std::filesystem::path& folder : folders) {
    if (access((folder / "etcd").c_str(), X_OK) == 0) return folder / "etcd";
  }
  return NotFound("no etcd on this machine; scripts/setup --test brings it");
}

EtcdMembers::EtcdMembers(size_t count, std::vector<std::string> flags)
    : flags_(std::move(flags)), pids_(count, 0) {
  const auto found = Find();
  CHECK(found.ok());
  binary_ = *found;
  const std::vector<int> ports = FreePorts(2 * count);
  for (size_t i = 0; i < count; ++i) {
    endpoints_.push_back(fmt::format("127.0.0.1:{}", ports[2 * i]));
    peers_.push_back(fmt::format("http://127.0.0.1:{}", ports[2 * i + 1]));
  }
  for (size_t i = 0; i < count; ++i) Spawn(i);
}

EtcdMembers::~EtcdMembers() {
  for (size_t i = 0; i < pids_.size(); ++i) Kill(i);
}

EtcdAddress EtcdMembers::Address(std::string prefix) const {
  return {.endpoints = endpoints_, .prefix = std::move(prefix)};
}

void EtcdMembers::Spawn(size_t member) {
  std::string all;
  for (size_t i = 0; i < peers_.size(); ++i) {
    all += fmt::format("{}m{}={}", i == 0 ? "" : ",", i, peers_[i]);
  }
  const std::string name = fmt::format("m{}", member);
  const std::string client = "http://" + endpoints_[member];
  std::vector<std::string> words = {binary_.string(),
                                    "--name",
                                    name,
                                    "--data-dir",
                                    (folder_.path() / name).string(),
                                    "--listen-client-urls",
                                    client,
                                    "--advertise-client-urls",
                                    client,
                                    "--listen-peer-urls",
                                    peers_[member],
                                    "--initial-advertise-peer-urls",
                                    peers_[member],
                                    "--initial-cluster",
                                    all,
                                    "--logger",
                                    "zap",
                                    "--log-level",
                                    "error"};
  words.insert(words.end(), flags_.begin(), flags_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = (folder_.path() / (name + ".log")).string();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  pids_[member] = pid;
}

void EtcdMembers::Signal(size_t member, int signal) {
  CHECK(pids_[member] != 0);
  kill(pids_[member], signal);
}

void EtcdMembers::Kill(size_t member) {
  if (pids_[member] == 0) return;
  kill(pids_[member], SIGKILL);
  waitpid(pids_[member], nullptr, 0);
  pids_[member] = 0;
}

void EtcdMembers::Restart(size_t member) {
  Kill(member);
  Spawn(member);
}

}  // namespace terrella::control
