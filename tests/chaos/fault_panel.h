// FaultPanel: the test's end of a FaultPage. One panel serves any number of processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "chaos/fault_page.h"

namespace atelier::chaos {

class FaultPanel {
 public:
  /// Makes the page as the file `path`; without faults.
  explicit FaultPanel(std::filesystem::path path);
  ~FaultPanel();
  FaultPanel(const FaultPanel&) = delete;
  FaultPanel& operator=(const FaultPanel&) = delete;

  /// `command` so that it runs under the shim and obeys this panel.
  std::vector<std::string> Under(std::vector<std::string> command) const;

  /// From now on `room_bytes` more fit into the files whose path contains `pattern`.
  void FillDisk(const std::string& pattern, int64_t room_bytes);
  /// From now on no such file can be synced.
  void FailSyncs(const std::string& pattern);
  /// From now on, one call that writes to such a file fails with `error`, an errno: the one after
  /// `calls` more.
  void RefuseOneCall(const std::string& pattern, int64_t calls, int error);
  void FreeDisk();
  /// From now on the processes can write nowhere but below paths that contain `pattern`. For good.
  void MakeRootReadOnly(const std::string& pattern);
  /// Calls that failed or were cut short since the last FillDisk(), FailSyncs() or RefuseOneCall().
  int64_t refused_calls() const { return page_->refused_calls.load(); }

  /// The wall clock of the processes from now on, against the true one.
  void SetWallOffset(std::chrono::seconds offset);

 private:
  void Limit(const std::string& pattern, int64_t room_bytes, bool syncs_fail);

  const std::filesystem::path path_;
  FaultPage* page_ = nullptr;
};

}  // namespace atelier::chaos
