#include "edge_node/confine/call_list.h"

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>

namespace terrella::edge {
namespace {

constexpr uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr uint32_t kSocketTypeMask = 0xf;  // below SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr uint32_t kSetVma = 0x53564d41;   // PR_SET_VMA, by which glibc and V8 name their memory

// Files: which ones is Landlock's to say.
constexpr uint32_t kFiles[] = {
    __NR_read,       __NR_write,
    __NR_readv,      __NR_writev,
    __NR_pread64,    __NR_pwrite64,
    __NR_preadv,     __NR_preadv2,
    __NR_pwritev2,   __NR_pwritev,
    __NR_openat,     __NR_close,
    __NR_lseek,      __NR_fstat,
    __NR_newfstatat, __NR_statx,
    __NR_faccessat,  __NR_faccessat2,
    __NR_readlinkat, __NR_getdents64,
    __NR_getcwd,     __NR_mkdirat,
    __NR_unlinkat,   __NR_renameat,
    __NR_renameat2,  __NR_ftruncate,
    __NR_truncate,   __NR_fsync,
    __NR_fdatasync,  __NR_fallocate,
    __NR_fadvise64,  __NR_flock,
    __NR_fcntl,      __NR_dup,
    __NR_dup3,       __NR_pipe2,
    __NR_sendfile,   __NR_copy_file_range,
    __NR_umask,      __NR_fchmod,
    __NR_fchown,  // of SQLite's journals, when the superuser runs the node
    __NR_statfs,     __NR_fstatfs,
    __NR_utimensat,  __NR_sync_file_range,
#ifdef __NR_open  // machines that have the older calls too
    __NR_open,       __NR_stat,
    __NR_lstat,      __NR_access,
    __NR_readlink,   __NR_mkdir,
    __NR_rmdir,      __NR_unlink,
    __NR_rename,     __NR_dup2,
    __NR_pipe,
#endif
};

// Memory; mmap is tested.
constexpr uint32_t kMemory[] = {
    __NR_munmap, __NR_mprotect, __NR_pkey_mprotect, __NR_pkey_alloc, __NR_pkey_free,
    __NR_mremap, __NR_madvise,  __NR_brk,           __NR_mincore,    __NR_msync,
    __NR_mlock,  __NR_munlock,  __NR_memfd_create,  __NR_membarrier,
};

// Threads, signals and their clocks; clone, kill and tgkill are tested.
constexpr uint32_t kThreads[] = {
    __NR_futex,
    __NR_set_robust_list,
    __NR_rseq,
    __NR_set_tid_address,
    __NR_gettid,
    __NR_getpid,
    __NR_getppid,
    __NR_exit,
    __NR_exit_group,
    __NR_sched_yield,
    __NR_sched_getaffinity,
    __NR_sched_getscheduler,
    __NR_sched_getparam,
    __NR_sched_get_priority_min,
    __NR_sched_get_priority_max,
    __NR_getcpu,
    __NR_restart_syscall,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_rt_sigtimedwait,
    __NR_sigaltstack,
    __NR_signalfd4,
    __NR_nanosleep,
    __NR_clock_nanosleep,
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_gettimeofday,
    __NR_timerfd_create,
    __NR_timerfd_settime,
    __NR_timerfd_gettime,
#ifdef __NR_time
    __NR_time,
    __NR_pause,
#endif
};

// Waiting and talking; socket is tested.
constexpr uint32_t kSockets[] = {
    __NR_epoll_create1,    __NR_epoll_ctl,     __NR_epoll_pwait,
    __NR_epoll_pwait2,     __NR_ppoll,         __NR_pselect6,
    __NR_eventfd2,         __NR_inotify_init1, __NR_inotify_add_watch,
    __NR_inotify_rm_watch, __NR_connect,       __NR_accept,
    __NR_accept4,          __NR_bind,          __NR_listen,
    __NR_getsockname,      __NR_getpeername,   __NR_setsockopt,
    __NR_getsockopt,       __NR_shutdown,      __NR_sendto,
    __NR_recvfrom,         __NR_sendmsg,       __NR_recvmsg,
    __NR_sendmmsg,         __NR_recvmmsg,
#ifdef __NR_epoll_wait
    __NR_epoll_wait,       __NR_poll,          __NR_select,
#endif
};

// About the machine and the process itself.
constexpr uint32_t kAbout[] = {
    __NR_getrandom, __NR_uname,   __NR_sysinfo, __NR_getrusage, __NR_times,
    __NR_getuid,    __NR_geteuid, __NR_getgid,  __NR_getegid,
#ifdef __NR_getrlimit
    __NR_getrlimit,
#endif
};

}  // namespace

std::vector<uint32_t> FreeCalls() {
  std::vector<uint32_t> calls;
  const auto add = [&](const auto& group) {
    calls.insert(calls.end(), std::begin(group), std::end(group));
  };
  add(kFiles);
  add(kMemory);
  add(kThreads);
  add(kSockets);
  add(kAbout);
  std::sort(calls.begin(), calls.end());
  calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
  return calls;
}

std::vector<TestedCall> TestedCalls(uint32_t pid) {
  const ArgumentTest self{0, UINT32_MAX, {pid}};
  return {
      // Memory that can be written and run from the start; V8 makes its own by mprotect.
      {__NR_mmap, {{2, PROT_WRITE | PROT_EXEC, {0, PROT_WRITE, PROT_EXEC}}}},
      // Threads, but no processes and no namespaces.
      {__NR_clone, {{0, CLONE_THREAD | kNamespaces, {CLONE_THREAD}}}},
      // TCP and UDP; a local socket may lead to a daemon with more rights.
      {__NR_socket,
       {{0, UINT32_MAX, {AF_INET, AF_INET6}}, {1, kSocketTypeMask, {SOCK_STREAM, SOCK_DGRAM}}}},
      {__NR_ioctl, {{1, UINT32_MAX, {FIONBIO, FIOCLEX, FIONREAD, TCGETS, TIOCGWINSZ}}}},
      {__NR_prctl, {{0, UINT32_MAX, {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, kSetVma}}}},
      // The thread itself (fresh_isolate).
      {__NR_setpriority, {{0, UINT32_MAX, {PRIO_PROCESS}}, {1, UINT32_MAX, {0}}}},
      {__NR_prlimit64, {{0, UINT32_MAX, {0, pid}}}},
      {__NR_kill, {self}},
      {__NR_tgkill, {self}},
      // Memory of its own that may not be there (isolate_pages).
      {__NR_process_vm_readv, {self}},
  };
}

uint32_t LastKnownCall() {
  return __NR_set_mempolicy_home_node;  // the last of Linux 6.1
}

}  // namespace terrella::edge
