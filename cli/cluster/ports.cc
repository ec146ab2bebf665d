#include "cli/cluster/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::cli {
namespace {

constexpr char kLoopback[] = "127.0.0.1";
// Below the kernel's ephemeral range (32768 up), so that no outgoing connection sits there.
constexpr uint16_t kAnyPortFirst = 20000, kAnyPortLast = 31999;
constexpr size_t kProcNetBytesMax = 64 << 20;

const char* Word(Transport transport) {
  return transport == Transport::kTcp ? "tcp" : "udp";
}

// The inode of the socket that listens there, "" when none does.
std::string ListeningInode(const IpAddress& host, uint16_t port, Transport transport) {
  const std::string file = fmt::format("/proc/net/{}", Word(transport));
  const absl::StatusOr<std::string> table = ReadFile(file, kProcNetBytesMax);
  if (!table.ok()) return "";
  const std::string exact = fmt::format("{:08X}:{:04X}", htonl(host.v4()), port);
  const std::string any = fmt::format("00000000:{:04X}", port);
  // "0A" is LISTEN, "07" an unconnected UDP socket (include/net/tcp_states.h).
  const std::string state = transport == Transport::kTcp ? "0A" : "07";
  std::istringstream lines(*table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> w;
    for (std::string word; words >> word;) w.push_back(std::move(word));
    if (w.size() > 9 && (w[1] == exact || w[1] == any) && w[3] == state) return w[9];
  }
  return "";
}

// "name (pid N)" of the process that holds the socket.
std::string SocketHolder(const std::string& inode) {
  const std::string wanted = fmt::format("socket:[{}]", inode);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& fd : std::filesystem::directory_iterator(entry.path() / "fd", error)) {
      std::error_code unreadable;
      if (std::filesystem::read_symlink(fd.path(), unreadable) != wanted) continue;
      std::string name = ReadFile(entry.path() / "comm", 100).value_or("?");
      std::erase(name, '\n');
      return fmt::format("{} (pid {})", name, pid);
    }
  }
  return "";
}

struct Need {
  std::string host;
  uint16_t port = 0;
  Transport transport = Transport::kTcp;
  const char* who;   // "the DNS router"
  const char* flag;  // "--dns-port"
};

std::vector<Need> HttpNeeds(int number, uint16_t port, int node_count) {
  std::vector<Need> needs = {{kLoopback, port, Transport::kTcp, "the ingress", "--port"}};
  for (int i = 0; i < node_count; ++i) {
    needs.push_back({NodeHost(number, i), port, Transport::kTcp, "an edge node", "--port"});
  }
  return needs;
}

std::vector<Need> DnsNeeds(uint16_t port) {
  return {{kLoopback, port, Transport::kUdp, "the DNS router", "--dns-port"},
          {kLoopback, port, Transport::kTcp, "the DNS router", "--dns-port"}};
}

std::vector<Need> ControlNeeds(uint16_t port) {
  return {{kLoopback, port, Transport::kTcp, "the control plane", "--control-port"}};
}

std::vector<Need> ApiNeeds(uint16_t port) {
  return {{kLoopback, port, Transport::kTcp, "the control plane's HTTP", "--api-port"}};
}

const Need* FirstBusy(const std::vector<Need>& needs) {
  for (const Need& need : needs) {
    if (!CanListen(need.host, need.port, need.transport)) return &need;
  }
  return nullptr;
}

absl::Status Busy(const Need& need, const std::vector<ClusterRecord>& others) {
  std::string holder = WhoListens(need.host, need.port, need.transport);
  for (const ClusterRecord& other : others) {
    if (!AnyRunning(other)) continue;
    if (need.port == other.http_port || need.port == other.dns_port ||
        need.port == other.control_port || need.port == other.api_port) {
      holder = fmt::format("cluster '{}'", other.name);
    }
  }
  return FailedPrecondition(
      "{} needs {} port {} of {}, but {} listens there; choose another with {} PORT "
      "({} 0 takes any free one)",
      need.who, Word(need.transport), need.port, need.host, holder.empty() ? "somebody" : holder,
      need.flag, need.flag);
}

// A wish for a port (-1 none, 0 any) made true, or the reason why not. `own` are ports that the
// same cluster has or was asked for, on which nobody need listen yet.
template <class NeedsOf>
absl::StatusOr<uint16_t> Choose(int wish, uint16_t preferred,
                                const std::vector<ClusterRecord>& others,
                                const std::vector<int>& own, const NeedsOf& needs_of) {
  const auto is_own = [&](uint16_t port) { return std::count(own.begin(), own.end(), port) > 0; };
  if (wish != 0) {
    const uint16_t port = wish > 0 ? static_cast<uint16_t>(wish) : preferred;
    const std::vector<Need> needs = needs_of(port);
    if (is_own(port)) {
      return InvalidArgument(
          "{} {}: another part of this cluster has that port; expected one of its own",
          needs.front().flag, port);
    }
    if (const Need* busy = FirstBusy(needs)) return Busy(*busy, others);
    return port;
  }
  CounterRandom random(RandomU64());
  for (int attempt = 0; attempt < 200; ++attempt) {
    const auto port =
        static_cast<uint16_t>(kAnyPortFirst + random.Below(kAnyPortLast - kAnyPortFirst + 1));
    if (!is_own(port) && FirstBusy(needs_of(port)) == nullptr) return port;
  }
  return FailedPrecondition("no free port found between {} and {}", kAnyPortFirst, kAnyPortLast);
}

}  // namespace

bool CanListen(std::string_view host, uint16_t port, Transport transport) {
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
  if (!ip.ok() || !ip->is_v4()) return false;
  const int type = transport == Transport::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  // As daemons do for TCP: connections lingering in TIME_WAIT are no obstacle.
  if (transport == Transport::kTcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(ip->v4());
  bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (free && transport == Transport::kTcp) free = listen(fd, 1) == 0;
  close(fd);
  return free;
}

std::string WhoListens(std::string_view host, uint16_t port, Transport transport) {
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
  if (!ip.ok()) return "";
  const std::string inode = ListeningInode(*ip, port, transport);
  return inode.empty() ? "" : SocketHolder(inode);
}

absl::Status AllocateAddresses(ClusterRecord& record, const PortWishes& wishes, int node_count,
                               const std::vector<ClusterRecord>& others) {
  std::vector<int> running, known;
  for (const ClusterRecord& other : others) {
    if (other.name == record.name) continue;
    known.push_back(other.number);
    if (AnyRunning(other)) running.push_back(other.number);
  }
  const auto has = [](const std::vector<int>& numbers, int n) {
    return std::find(numbers.begin(), numbers.end(), n) != numbers.end();
  };
  // A cluster keeps its number and ports for life, unless one that runs has taken the number.
  const bool had_ports = record.http_port != 0;
  if (!had_ports || has(running, record.number)) {
    int number = 0;
    while (number < kClustersMax && has(known, number)) ++number;
    if (number == kClustersMax) {
      for (number = 0; number < kClustersMax && has(running, number);) ++number;
    }
    if (number == kClustersMax) {
      return FailedPrecondition("{} clusters are running already; end one with 'terrella down'",
                                kClustersMax);
    }
    record.number = number;
  }
  const auto preferred = [&](uint16_t recorded, uint16_t otherwise) {
    return had_ports ? recorded : static_cast<uint16_t>(otherwise + record.number);
  };
  ASSIGN_OR_RETURN(record.http_port,
                   Choose(wishes.http, preferred(record.http_port, kDefaultHttpPort), others,
                          {wishes.dns, wishes.control, wishes.api},
                          [&](uint16_t p) { return HttpNeeds(record.number, p, node_count); }));
  ASSIGN_OR_RETURN(record.dns_port,
                   Choose(wishes.dns, preferred(record.dns_port, kDefaultDnsPort), others,
                          {record.http_port, wishes.control, wishes.api}, DnsNeeds));
  ASSIGN_OR_RETURN(record.control_port,
                   Choose(wishes.control, preferred(record.control_port, kDefaultControlPort),
                          others, {record.http_port, record.dns_port, wishes.api}, ControlNeeds));
  // Nobody asked for this one: it is not what a start fails for.
  const uint16_t api = had_ports && record.api_port != 0
                           ? record.api_port
                           : static_cast<uint16_t>(kDefaultApiPort + record.number);
  const bool moves = wishes.api < 0 && (wishes.control == 0 || FirstBusy(ApiNeeds(api)) != nullptr);
  const std::vector<int> own = {record.http_port, record.dns_port, record.control_port};
  ASSIGN_OR_RETURN(record.api_port, Choose(moves ? 0 : wishes.api, api, others, own, ApiNeeds));
  return absl::OkStatus();
}

}  // namespace terrella::cli
