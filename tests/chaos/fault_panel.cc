#include "chaos/fault_panel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace atelier::chaos {

FaultPanel::FaultPanel(std::filesystem::path path) : path_(std::move(path)) {
  const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  void* mapped = MAP_FAILED;
  if (file >= 0 && ftruncate(file, sizeof(FaultPage)) == 0) {
    mapped = mmap(nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (file >= 0) close(file);
  if (mapped == MAP_FAILED) {
    std::perror("chaos: cannot map the fault page");
    std::abort();
  }
  page_ = static_cast<FaultPage*>(mapped);
  page_->calls_until_refusal = -1;
}

FaultPanel::~FaultPanel() { munmap(page_, sizeof(FaultPage)); }

std::vector<std::string> FaultPanel::Under(std::vector<std::string> command) const {
  // env(1) becomes the program: its process id is the program's.
  const std::vector<std::string> prefix = {"/usr/bin/env", "LD_PRELOAD=" ATELIER_FAULT_SHIM,
                                           std::string(kFaultPageVariable) + "=" + path_.string()};
  command.insert(command.begin(), prefix.begin(), prefix.end());
  return command;
}

void FaultPanel::FillDisk(const std::string& pattern, int64_t room_bytes) {
  Limit(pattern, room_bytes, false);
}

void FaultPanel::FailSyncs(const std::string& pattern) {
  Limit(pattern, std::numeric_limits<int64_t>::max(), true);
}

void FaultPanel::RefuseOneCall(const std::string& pattern, int64_t calls, int error) {
  FreeDisk();
  page_->refusal = error;
  page_->calls_until_refusal = calls;
  Limit(pattern, std::numeric_limits<int64_t>::max(), false);
}

void FaultPanel::MakeRootReadOnly(const std::string& pattern) {
  std::strncpy(page_->pattern, pattern.c_str(), sizeof(page_->pattern) - 1);
  page_->root_read_only = 1;
}

void FaultPanel::Limit(const std::string& pattern, int64_t room_bytes, bool syncs_fail) {
  page_->disk_limited = 0;
  std::strncpy(page_->pattern, pattern.c_str(), sizeof(page_->pattern) - 1);
  page_->refused_calls = 0;
  page_->room_bytes = room_bytes;
  page_->syncs_fail = syncs_fail ? 1 : 0;
  page_->disk_limited = 1;
}

void FaultPanel::FreeDisk() {
  page_->disk_limited = 0;
  page_->syncs_fail = 0;
  page_->calls_until_refusal = -1;
}

void FaultPanel::SetWallOffset(std::chrono::seconds offset) {
  page_->wall_offset_seconds = offset.count();
}

}  // namespace atelier::chaos
