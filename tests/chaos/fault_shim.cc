// The fault shim: a library for LD_PRELOAD that stands between a process and its C library and
// makes the faults that a FaultPage asks for: a disk that is full or fails, a root that is
// read-only, a wall clock that jumps. The programs under test know nothing of it.
//
// What it cannot do: a wait that is in the kernel already does not learn of a jump.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "chaos/fault_page.h"

namespace {

using atelier::chaos::FaultPage;

using Open = int(const char*, int, mode_t);

Open* NextOpen() { return reinterpret_cast<Open*>(dlsym(RTLD_NEXT, "open")); }

// The process' own map of the page; null where no test is at the other end.
FaultPage* Page() {
  static FaultPage* const page = [] {
    const char* path = std::getenv(atelier::chaos::kFaultPageVariable);
    const int file = path == nullptr ? -1 : NextOpen()(path, O_RDWR | O_CLOEXEC, 0);
    if (file < 0) return static_cast<FaultPage*>(nullptr);
    void* mapped = mmap(nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return mapped == MAP_FAILED ? nullptr : static_cast<FaultPage*>(mapped);
  }();
  return page;
}

// The C library's own function behind ours.
template <typename Function>
Function* Next(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Whether `file` lies on the limited disk.
bool IsLimited(FaultPage* page, int file) {
  if (page == nullptr || page->disk_limited.load() == 0) return false;
  char link[32];
  char path[4096];
  char digits[12];
  int at = 0;
  for (int number = file; number > 0 || at == 0; number /= 10) {
    digits[at++] = static_cast<char>('0' + number % 10);
  }
  std::strcpy(link, "/proc/self/fd/");
  char* end = link + std::strlen(link);
  while (at > 0) *end++ = digits[--at];
  *end = '\0';
  const ssize_t length = readlink(link, path, sizeof(path));
  if (length < 0) return false;
  return std::string_view(path, static_cast<size_t>(length)).find(page->pattern) !=
         std::string_view::npos;
}

// How many of `bytes` the disk takes; -1, with errno, when it takes none.
ssize_t Admit(FaultPage* page, size_t bytes) {
  int64_t room = page->room_bytes.load();
  int64_t taken = 0;
  do {
    taken = std::min(std::max<int64_t>(room, 0), static_cast<int64_t>(bytes));
  } while (!page->room_bytes.compare_exchange_weak(room, room - taken));
  if (taken == static_cast<int64_t>(bytes)) return taken;
  ++page->refused_calls;
  if (taken > 0) return taken;
  errno = ENOSPC;
  return -1;
}

// Whether this call that writes to the limited disk is the one that fails; then errno is set.
bool Refused(FaultPage* page) {
  if (page->calls_until_refusal.load() < 0 || page->calls_until_refusal-- != 0) return false;
  ++page->refused_calls;
  errno = page->refusal.load();
  return true;
}

// Whether nothing can be written at `path`; then errno is set.
bool IsReadOnly(const char* path) {
  FaultPage* const page = Page();
  if (page == nullptr || page->root_read_only.load() == 0) return false;
  const std::string_view text(path);
  // Devices, and the page itself, are no part of the root.
  if (text.starts_with("/dev/") || text.starts_with("/proc/")) return false;
  if (text.find(page->pattern) != std::string_view::npos) return false;
  errno = EROFS;
  return true;
}

bool Writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0; }

int64_t WallOffset() {
  FaultPage* const page = Page();
  return page == nullptr ? 0 : page->wall_offset_seconds.load();
}

bool IsWall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t bytes) {
  static const auto next = Next(&write, "write");
  if (!IsLimited(Page(), file)) return next(file, data, bytes);
  if (Refused(Page())) return -1;
  const ssize_t fits = Admit(Page(), bytes);
  return fits < 0 ? fits : next(file, data, static_cast<size_t>(fits));
}

ssize_t pwrite(int file, const void* data, size_t bytes, off_t at) {
  static const auto next = Next(&pwrite, "pwrite");
  if (!IsLimited(Page(), file)) return next(file, data, bytes, at);
  if (Refused(Page())) return -1;
  const ssize_t fits = Admit(Page(), bytes);
  return fits < 0 ? fits : next(file, data, static_cast<size_t>(fits), at);
}

ssize_t pwrite64(int file, const void* data, size_t bytes, off64_t at) {
  return pwrite(file, data, bytes, at);
}

int fsync(int file) {
  static const auto next = Next(&fsync, "fsync");
  FaultPage* const page = Page();
  if (!IsLimited(page, file)) return next(file);
  if (Refused(page)) return -1;
  if (page->syncs_fail.load() == 0) return next(file);
  ++page->refused_calls;
  errno = ENOSPC;
  return -1;
}

int fdatasync(int file) {
  static const auto next = Next(&fdatasync, "fdatasync");
  FaultPage* const page = Page();
  if (!IsLimited(page, file)) return next(file);
  if (Refused(page)) return -1;
  if (page->syncs_fail.load() == 0) return next(file);
  ++page->refused_calls;
  errno = ENOSPC;
  return -1;
}

int ftruncate(int file, off_t bytes) noexcept {
  static const auto next = Next(&ftruncate, "ftruncate");
  if (IsLimited(Page(), file) && Refused(Page())) return -1;
  return next(file, bytes);
}

int ftruncate64(int file, off64_t bytes) noexcept { return ftruncate(file, bytes); }

int rename(const char* from, const char* to) noexcept {
  static const auto next = Next(&rename, "rename");
  FaultPage* const page = Page();
  const bool limited = page != nullptr && page->disk_limited.load() != 0 &&
                       std::string_view(to).find(page->pattern) != std::string_view::npos;
  if (limited && Refused(page)) return -1;
  return next(from, to);
}

int open(const char* path, int flags, ...) {
  static const auto next = NextOpen();
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return Writes(flags) && IsReadOnly(path) ? -1 : next(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open(path, flags, mode);
}

int access(const char* path, int mode) noexcept {
  static const auto next = Next(&access, "access");
  if ((mode & W_OK) != 0 && IsReadOnly(path)) return -1;
  return next(path, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto next = Next(&mkdir, "mkdir");
  return IsReadOnly(path) ? -1 : next(path, mode);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = Next(&clock_gettime, "clock_gettime");
  const int result = next(clock, time);
  if (result == 0 && IsWall(clock)) time->tv_sec += WallOffset();
  return result;
}

int gettimeofday(timeval* __restrict time, void* __restrict zone) noexcept {
  static const auto next = Next(&gettimeofday, "gettimeofday");
  const int result = next(time, zone);
  if (result == 0) time->tv_sec += WallOffset();
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

// Abseil, and so gRPC, waits in futexes until a time of the wall clock. The time comes from the
// jumped clock, but the kernel's clock did not jump.
long syscall(long number, ...) noexcept {
  static const auto next = Next(&syscall, "syscall");
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& value : argument) value = va_arg(list, long);
  va_end(list);
  timespec until{};
  const long offset = WallOffset();
  const bool wall = number == SYS_futex && (argument[1] & FUTEX_CLOCK_REALTIME) != 0;
  if (wall && offset != 0 && argument[3] != 0) {
    until = *reinterpret_cast<const timespec*>(argument[3]);
    until.tv_sec = std::max<time_t>(0, until.tv_sec - offset);
    argument[3] = reinterpret_cast<long>(&until);
  }
  return next(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

}  // extern "C"
