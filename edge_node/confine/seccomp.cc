#include "edge_node/confine/seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/confine/call_list.h"

namespace terrella::edge {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kMachine = AUDIT_ARCH_X86_64;
constexpr uint32_t kFirstForeignCall = 0x40000000;  // x32
#elif defined(__aarch64__)
constexpr uint32_t kMachine = AUDIT_ARCH_AARCH64;
constexpr uint32_t kFirstForeignCall = UINT32_MAX;
#else
#error "which machine is this?"
#endif

constexpr uint32_t kLowHalf = 0;  // of an argument: both machines are little-endian
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS, kRefused = SECCOMP_RET_ERRNO | EPERM;

// [first, last]
struct Range {
  uint32_t first, last;
};

std::vector<Range> RangesOf(const std::vector<uint32_t>& sorted) {
  std::vector<Range> ranges;
  for (uint32_t number : sorted) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

// A classic BPF program over seccomp_data, written front to back.
class Program {
 public:
  Program() {
    Load(offsetof(seccomp_data, arch));
    Add(BPF_JMP | BPF_JEQ | BPF_K, kMachine, 1, 0);
    Return(SECCOMP_RET_KILL_PROCESS);
    LoadNumber();
    Add(BPF_JMP | BPF_JGE | BPF_K, kFirstForeignCall, 0, 1);
    Return(SECCOMP_RET_KILL_PROCESS);
  }

  // `number` passes, or is refused; other numbers go on.
  void AddTested(const TestedCall& call) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 0);
    const size_t skip = code_.size() - 1;
    for (const ArgumentTest& test : call.tests) AddTest(test);
    Return(SECCOMP_RET_ALLOW);
    SetFalse(skip);
  }
  void AddAnswer(uint32_t number, uint32_t answer) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    Return(answer);
  }
  // Numbers in the ranges pass. A search tree: the kernel runs it for each of its calls once.
  void AddRanges(const std::vector<Range>& ranges, size_t begin, size_t end) {
    if (end - begin == 1) {
      Add(BPF_JMP | BPF_JGE | BPF_K, ranges[begin].first, 0, 2);
      Add(BPF_JMP | BPF_JGT | BPF_K, ranges[begin].last, 1, 0);
      Return(SECCOMP_RET_ALLOW);
      Return(kRefused);
      return;
    }
    const size_t middle = begin + (end - begin) / 2;
    Add(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, 1, 0);
    Add(BPF_JMP | BPF_JA, 0, 0, 0);
    const size_t left = code_.size() - 1;
    AddRanges(ranges, middle, end);
    code_[left].k = static_cast<uint32_t>(code_.size() - left - 1);
    AddRanges(ranges, begin, middle);
  }
  void RefuseAbove(uint32_t last, uint32_t answer) {
    Add(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1);
    Return(answer);
  }

  std::vector<sock_filter>& code() { return code_; }

 private:
  void Add(uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false) {
    code_.push_back({code, if_true, if_false, k});
  }
  void Return(uint32_t answer) { Add(BPF_RET | BPF_K, answer, 0, 0); }
  void Load(size_t offset) { Add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset), 0, 0); }
  void LoadNumber() { Load(offsetof(seccomp_data, nr)); }

  // Goes on when it holds, returns the refusal when not.
  void AddTest(const ArgumentTest& test) {
    Load(offsetof(seccomp_data, args) + 8 * size_t{test.argument} + kLowHalf);
    Add(BPF_ALU | BPF_AND | BPF_K, test.mask, 0, 0);
    for (size_t left = test.values.size(); left > 0; --left) {
      Add(BPF_JMP | BPF_JEQ | BPF_K, test.values[test.values.size() - left],
          static_cast<uint8_t>(left), 0);
    }
    Return(kRefused);
  }
  void SetFalse(size_t jump) {
    const size_t distance = code_.size() - jump - 1;
    CHECK(distance <= UINT8_MAX);
    code_[jump].jf = static_cast<uint8_t>(distance);
  }

  std::vector<sock_filter> code_;
};

}  // namespace

absl::Status FilterSystemCalls() {
  Program program;
  for (const TestedCall& call : TestedCalls(static_cast<uint32_t>(getpid()))) {
    program.AddTested(call);
  }
  program.AddAnswer(__NR_clone3, kUnknown);
  program.RefuseAbove(LastKnownCall(), kUnknown);
  const std::vector<Range> ranges = RangesOf(FreeCalls());
  program.AddRanges(ranges, 0, ranges.size());
  std::vector<sock_filter>& code = program.code();
  sock_fprog whole{static_cast<unsigned short>(code.size()), code.data()};
  const long answer = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                              SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &whole);
  if (answer < 0) return Unavailable("kernel says: {}", std::strerror(errno));
  if (answer > 0) return Unavailable("thread {} has a filter of its own", answer);
  return absl::OkStatus();
}

}  // namespace terrella::edge
