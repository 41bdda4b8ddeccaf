// Files that appear at their place whole or not at all, and the system calls that this takes.
//
// AtomicFile writes a new file under a temporary name and renames it to its place, so that a reader
// sees what was there before or the whole new file, whenever a process or the machine stops. For
// the new file to outlive a power cut, call Sync() before the rename and SyncPath() on its folder
// after it.
//
// Every function returns 0 or the errno of the step that failed, for the caller to word. Not
// thread-safe; the free functions may be called from any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "system/file_descriptor.h"

namespace atelier {

/// Writes all of `bytes` at the descriptor's position. Goes on after signals, and waits for a
/// descriptor that does not block until it takes more.
int WriteAll(int descriptor, std::string_view bytes);

/// Brings a file's bytes, or a folder's entries, to the disk.
int SyncPath(const std::filesystem::path& path);

/// Renames a file or folder. EEXIST when something stands at `to`, which is left alone. On file
/// systems that cannot check while renaming, a file that appears at `to` in the same moment may be
/// replaced.
int RenameToFree(const std::filesystem::path& from, const std::filesystem::path& to);

class AtomicFile {
 public:
  /// Makes the file `temporary`, which must not exist and must lie on the file system of its later
  /// place. `mode` is cut by the process's umask.
  explicit AtomicFile(std::filesystem::path temporary, mode_t mode = 0666);
  /// Removes a file that was not renamed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// A free hidden name in the folder of `place`, short enough for any file system.
  static std::filesystem::path NameBeside(const std::filesystem::path& place);

  /// The errno of the first step that failed, or 0. After it every further step does nothing and
  /// returns it.
  int error() const { return error_; }
  /// For fchmod(2), futimens(2) and the like; below 0 when the file could not be made.
  int descriptor() const { return file_.get(); }

  int Write(std::string_view bytes);
  int Sync();
  /// Closes the file and renames it to `place`, over any file that is there.
  int Replace(const std::filesystem::path& place);
  /// The same, but EEXIST when something is there.
  int MoveToFree(const std::filesystem::path& place);

 private:
  int Close();
  // Keeps the first failure.
  int Done(int error);

  std::filesystem::path temporary_;
  FileDescriptor file_;
  int error_ = 0;
  bool renamed_ = false;
};

}  // namespace atelier
