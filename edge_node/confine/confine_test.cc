// What a confined process can and cannot do. Each case runs in a child, because confinement is for
// good; it does its deeds on the main thread, on one made later, and - calls only - on one that was
// there before.
#include "edge_node/confine/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "edge_node/confine/call_list.h"
#include "edge_node/confine/seccomp.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// 0, or the error of a call that answers -1.
template <class Call>
int ErrorOf(Call call) {
  errno = 0;
  return call() < 0 ? errno : 0;
}

// Runs `deed` in a child and returns what it returned, 0 to 200.
int InChild(const std::function<int()>& deed) {
  const pid_t child = fork();
  if (child == 0) _exit(deed());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

// The largest of what `deed` returns on this thread and on a new one.
int OnBothThreads(const std::function<int()>& deed) {
  int there = 0;
  std::thread([&] { there = deed(); }).join();
  return std::max(deed(), there);
}

class ConfineTest : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "sanitizers need more than a confined process has";
    std::string pattern = (fs::temp_directory_path() / "terrella-confine-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    for (const char* name : {"read", "publish", "outside"}) fs::create_directory(folder_ / name);
    std::ofstream(folder_ / "read" / "file") << "x";
    std::ofstream(folder_ / "publish" / "others") << "x";
    std::ofstream(folder_ / "outside" / "file") << "x";
    const std::string text = *Probe();
    has_seccomp_ = text.find("no seccomp") == std::string::npos;
    has_landlock_ = text.find("no Landlock") == std::string::npos;
  }
  void TearDown() override {
    std::error_code error;
    if (!folder_.empty()) fs::remove_all(folder_, error);
  }

  Reach ReachOf() const {
    return {.read = {folder_ / "read", folder_ / "missing"},
            .write = {folder_ / "state"},
            .publish = {folder_ / "publish"},
            .tcp_ports = std::vector<uint16_t>{0}};
  }
  // What this kernel gives.
  std::optional<std::string> Probe() const {
    int ends[2];
    if (pipe(ends) != 0) return std::nullopt;
    InChild([&] {
      const auto text = Confine(ConfineMode::kTry, ReachOf());
      const std::string said = text.ok() ? *text : std::string(text.status().message());
      return write(ends[1], said.data(), said.size()) < 0;
    });
    char text[500];
    const ssize_t bytes = read(ends[0], text, sizeof text);
    close(ends[0]);
    close(ends[1]);
    return std::string(text, static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
  }
  int Confined(const std::function<int()>& deed) const {
    return InChild([&] {
      if (!Confine(ConfineMode::kTry, ReachOf()).ok()) return 254;
      return OnBothThreads(deed);
    });
  }
  static int Open(const fs::path& path, int flags) {
    return ErrorOf([&] { return open(path.c_str(), flags | O_CLOEXEC, 0600); });
  }

  fs::path folder_;
  bool has_seccomp_ = false, has_landlock_ = false;
};

TEST_F(ConfineTest, SaysWhatHolds) {
  const std::string text = *Probe();
  if (has_seccomp_ && has_landlock_) {
    EXPECT_EQ(text.find("seccomp and Landlock (ABI "), 0u) << text;
  } else {
    EXPECT_NE(text.find("(kernel says: "), std::string::npos) << text;
  }
}

TEST_F(ConfineTest, LeavesWhatServingNeeds) {
  EXPECT_EQ(Confined([&] { return Open(folder_ / "read" / "file", O_RDONLY); }), 0);
  EXPECT_EQ(Confined([&] { return Open(folder_ / "state" / "new", O_RDWR | O_CREAT); }), 0);
  EXPECT_EQ(Confined([&] { return Open("/proc/self/maps", O_RDONLY); }), 0);
  EXPECT_EQ(Confined([&] {
              const fs::path temporary = folder_ / "publish" / "new.tmp";
              if (int error = Open(temporary, O_WRONLY | O_CREAT | O_TRUNC)) return error;
              return ErrorOf(
                  [&] { return rename(temporary.c_str(), (folder_ / "publish" / "new").c_str()); });
            }),
            0);
  EXPECT_EQ(Confined([&] {  // between folders, as a cache does
              std::error_code error;
              fs::create_directories(folder_ / "state" / "a", error);
              fs::create_directories(folder_ / "state" / "b", error);
              if (Open(folder_ / "state" / "a" / "x", O_WRONLY | O_CREAT) != 0) return 200;
              fs::rename(folder_ / "state" / "a" / "x", folder_ / "state" / "b" / "x", error);
              return error.value();
            }),
            0);
  EXPECT_EQ(
      Confined([] {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in any{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        return ErrorOf([&] { return bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any); });
      }),
      0);
}

TEST_F(ConfineTest, ReachesNoFileOutside) {
  if (!has_landlock_) GTEST_SKIP() << *Probe();
  EXPECT_EQ(Confined([&] { return Open(folder_ / "outside" / "file", O_RDONLY); }), EACCES);
  EXPECT_EQ(Confined([&] { return Open(folder_ / "outside" / "new", O_WRONLY | O_CREAT); }),
            EACCES);
  EXPECT_EQ(Confined([&] { return Open("/etc/passwd", O_RDONLY); }), EACCES);
  EXPECT_EQ(Confined([&] { return Open(folder_ / "read" / "file", O_WRONLY); }), EACCES);
  EXPECT_EQ(Confined([&] { return Open(folder_ / "publish" / "others", O_RDONLY); }), EACCES);
  EXPECT_EQ(Confined([&] {
              return ErrorOf([&] { return unlink((folder_ / "outside" / "file").c_str()); });
            }),
            EACCES);
}

TEST_F(ConfineTest, ListensOnNoPortButItsOwn) {
  const std::string text = *Probe();
  if (text.find("ABI ") == std::string::npos || text.find("ABI 2") != std::string::npos ||
      text.find("ABI 3") != std::string::npos) {
    GTEST_SKIP() << text;
  }
  EXPECT_EQ(
      Confined([] {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in other{
            .sin_family = AF_INET, .sin_port = htons(4), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        return ErrorOf([&] { return bind(fd, reinterpret_cast<sockaddr*>(&other), sizeof other); });
      }),
      EACCES);
}

TEST_F(ConfineTest, StartsNoProgramAndNoProcess) {
  if (!has_seccomp_) GTEST_SKIP() << *Probe();
  char name[] = "/bin/true";
  char* const words[] = {name, nullptr};
  EXPECT_EQ(Confined([&] { return ErrorOf([&] { return execve(name, words, nullptr); }); }), EPERM);
  EXPECT_EQ(Confined([] {
              const int error = ErrorOf([] { return fork(); });
              return error;
            }),
            EPERM);
  EXPECT_EQ(Confined([] { return ErrorOf([] { return syscall(__NR_vfork); }); }), EPERM);
}

struct Refused {
  const char* name;
  long number;
  long arguments[4];
};

TEST_F(ConfineTest, RefusesWhatNoServerNeeds) {
  if (!has_seccomp_) GTEST_SKIP() << *Probe();
  static io_uring_params ring{};
  static iovec none{};
  const long parent = getpid(), vectors = reinterpret_cast<long>(&none);
  const Refused calls[] = {
      {"ptrace", __NR_ptrace, {PTRACE_TRACEME, 0, 0, 0}},
      {"process_vm_readv of another", __NR_process_vm_readv, {parent, vectors, 0, vectors}},
      {"process_vm_writev", __NR_process_vm_writev, {parent, vectors, 0, vectors}},
      {"kill of another", __NR_kill, {parent, 0, 0, 0}},
      {"tgkill of another", __NR_tgkill, {parent, parent, 0, 0}},
      {"pidfd_open", __NR_pidfd_open, {parent, 0, 0, 0}},
      {"pidfd_getfd", __NR_pidfd_getfd, {-1, 0, 0, 0}},
      {"mount", __NR_mount, {0, 0, 0, 0}},
      {"umount2", __NR_umount2, {0, 0, 0, 0}},
      {"chroot", __NR_chroot, {0, 0, 0, 0}},
      {"bpf", __NR_bpf, {0, 0, 0, 0}},
      {"perf_event_open", __NR_perf_event_open, {0, 0, 0, 0}},
      {"keyctl", __NR_keyctl, {0, 0, 0, 0}},
      {"add_key", __NR_add_key, {0, 0, 0, 0}},
      {"unshare", __NR_unshare, {CLONE_NEWUSER, 0, 0, 0}},
      {"setns", __NR_setns, {0, 0, 0, 0}},
      {"clone of a namespace", __NR_clone, {CLONE_THREAD | CLONE_NEWUSER, 0, 0, 0}},
      {"open_by_handle_at", __NR_open_by_handle_at, {-1, 0, 0, 0}},
      {"io_uring_setup", __NR_io_uring_setup, {1, reinterpret_cast<long>(&ring), 0, 0}},
      {"userfaultfd", __NR_userfaultfd, {0, 0, 0, 0}},
      {"init_module", __NR_init_module, {0, 0, 0, 0}},
      {"kexec_load", __NR_kexec_load, {0, 0, 0, 0}},
      {"reboot", __NR_reboot, {0, 0, 0, 0}},
      {"setuid", __NR_setuid, {0, 0, 0, 0}},
      {"personality", __NR_personality, {0xffffffff, 0, 0, 0}},
      {"symlinkat", __NR_symlinkat, {0, -1, 0, 0}},
      {"mknodat", __NR_mknodat, {-1, 0, 0, 0}},
      {"fchmodat", __NR_fchmodat, {-1, 0, 0, 0}},
      {"a local socket", __NR_socket, {AF_UNIX, SOCK_STREAM, 0, 0}},
      {"a packet socket", __NR_socket, {AF_PACKET, SOCK_DGRAM, 0, 0}},
      {"a raw socket", __NR_socket, {AF_INET, SOCK_RAW, IPPROTO_TCP, 0}},
      {"TIOCSTI", __NR_ioctl, {0, 0x5412, 0, 0}},
      {"limits of another", __NR_prlimit64, {parent, 0, 0, 0}},
      {"memory to write and run", __NR_mmap, {0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE}},
  };
  for (const Refused& call : calls) {
    const long* a = call.arguments;
    EXPECT_EQ(Confined([&] {
                return ErrorOf([&] { return syscall(call.number, a[0], a[1], a[2], a[3], -1, 0); });
              }),
              EPERM)
        << call.name;
  }
}

TEST_F(ConfineTest, TellsProbersOfAnOlderKernel) {
  if (!has_seccomp_) GTEST_SKIP() << *Probe();
  EXPECT_EQ(Confined([] { return ErrorOf([] { return syscall(__NR_clone3, 0, 0); }); }), ENOSYS);
  EXPECT_EQ(Confined([] { return ErrorOf([] { return syscall(LastKnownCall() + 1); }); }), ENOSYS);
}

TEST_F(ConfineTest, CoversThreadsThatWereThereBefore) {
  if (!has_seccomp_) GTEST_SKIP() << *Probe();
  const int error = InChild([&] {
    std::atomic<bool> confined = false;
    int found = 0;
    std::thread early([&] {
      while (!confined) std::this_thread::yield();
      found = ErrorOf([] { return syscall(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0); });
    });
    const auto text = Confine(ConfineMode::kTry, ReachOf());
    confined = true;
    early.join();
    // Landlock could not cover that thread, and is not said to.
    if (!text.ok() || text->find("no Landlock (") == std::string::npos) return 201;
    return found;
  });
  EXPECT_EQ(error, EPERM);
}

TEST_F(ConfineTest, RequiredIsAllOrAnError) {
  EXPECT_EQ(InChild([&] { return Confine(ConfineMode::kRequire, ReachOf()).ok() ? 1 : 0; }),
            has_seccomp_ && has_landlock_ ? 1 : 0);
  EXPECT_EQ(InChild([&] {
              std::atomic<bool> done = false;
              std::thread early([&] {
                while (!done) std::this_thread::yield();
              });
              const auto text = Confine(ConfineMode::kRequire, ReachOf());
              done = true;
              early.join();
              return text.ok() ? 1 : 0;
            }),
            0);
}

TEST_F(ConfineTest, OffLeavesEverything) {
  EXPECT_EQ(InChild([&] {
              if (!Confine(ConfineMode::kOff, ReachOf()).ok()) return 254;
              return Open(folder_ / "outside" / "file", O_RDONLY);
            }),
            0);
}

TEST(CallListTest, NoCallIsBothFreeAndTested) {
  const std::vector<uint32_t> free = FreeCalls();
  for (const TestedCall& call : TestedCalls(1)) {
    EXPECT_FALSE(std::binary_search(free.begin(), free.end(), call.number)) << call.number;
  }
  EXPECT_LE(free.back(), LastKnownCall());
}

}  // namespace
}  // namespace terrella::edge
