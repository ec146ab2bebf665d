#include "edge_node/runtime/escape.h"

#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>
#include <v8.h>

#include <atomic>
#include <cstdint>

#include "base/check.h"

namespace terrella::runtime {
namespace {

thread_local sigjmp_buf* volatile way_out = nullptr;
std::atomic<size_t> abandoned{0};
thread_local size_t abandoned_here = 0;

// The executable segment of the library that V8 is in.
uintptr_t v8_begin = 0;
uintptr_t v8_end = 0;

int FindV8Code(dl_phdr_info* info, size_t, void* address) {
  auto wanted = reinterpret_cast<uintptr_t>(address);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (wanted < begin || wanted >= begin + segment.p_memsz) continue;
    v8_begin = begin;
    v8_end = begin + segment.p_memsz;
    return 1;
  }
  return 0;
}

uintptr_t ProgramCounter(void* context) {
  auto* machine = &static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<uintptr_t>(machine->gregs[REG_RIP]);
#elif defined(__aarch64__)
  return machine->pc;
#else
#error "the program counter of this machine is not known here"
#endif
}

void OnSignal(int signal, siginfo_t*, void* context) {
  sigjmp_buf* to = way_out;
  if (signal == SIGTRAP) {
    if (to != nullptr) siglongjmp(*to, static_cast<int>(EscapeCause::kFatal));
    ::signal(SIGTRAP, SIG_DFL);  // V8 broke outside of a turn, or a debugger's trap: as without us
    ::raise(SIGTRAP);
    return;
  }
  uintptr_t at = ProgramCounter(context);
  if (to != nullptr && at >= v8_begin && at < v8_end) {
    siglongjmp(*to, static_cast<int>(EscapeCause::kStuck));
  }
}

}  // namespace

void InstallEscape() {
  // By way of data: converting a function pointer to an object pointer needs a cast that -Wpedantic
  // dislikes.
  auto address = reinterpret_cast<uintptr_t>(&v8::V8::GetVersion);
  dl_iterate_phdr(&FindV8Code, reinterpret_cast<void*>(address));
  CHECK(v8_end > v8_begin);
  struct sigaction action {};
  action.sa_sigaction = &OnSignal;
  // SA_NODEFER: the jump leaves no signal blocked, so that sigsetjmp need not save the mask (a
  // system call).
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  CHECK(sigaction(SIGURG, &action, nullptr) == 0);
  CHECK(sigaction(SIGTRAP, &action, nullptr) == 0);
}

EscapeCause RunGuarded(void (*body)(void*), void* data) {
  sigjmp_buf buffer;
  int cause = sigsetjmp(buffer, /*savemask=*/0);
  if (cause == 0) {
    way_out = &buffer;
    body(data);
    way_out = nullptr;
    return EscapeCause::kNone;
  }
  way_out = nullptr;
  abandoned.fetch_add(1);
  ++abandoned_here;
  return static_cast<EscapeCause>(cause);
}

void AskToEscape(pthread_t thread) {
  pthread_kill(thread, SIGURG);
}

size_t AbandonedIsolates() {
  return abandoned.load();
}

size_t AbandonedOnThisThread() {
  return abandoned_here;
}

}  // namespace terrella::runtime
