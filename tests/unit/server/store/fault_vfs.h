// FaultVfs: stands between SQLite and its files and makes one of its writes fail. While one lives,
// databases that are opened go through it. One at a time; thread-safe once made.
#pragma once

#include <cstdint>

namespace atelier::server {

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// After `writes` more writes, syncs and truncations one fails with SQLite's `result`.
  void FailAfter(int64_t writes, int result);
  /// Nothing fails any more. Whether the one above did.
  bool Mend();
  /// No temporary file can be made any more, as where no folder for them can be written.
  void RefuseTemporaryFiles();
  /// How many were asked for since.
  int refused_files() const;
};

}  // namespace atelier::server
