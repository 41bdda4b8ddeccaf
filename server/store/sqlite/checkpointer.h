// Checkpointer: brings what SQLite's log has back into the database's file, beside the commits.
//
// SQLite would do it inside of every commit that finds a thousand pages in the log, which then
// takes several times as long. Here a thread with a connection of its own does it, and commits go
// on. But while they do, the log is never wholly written back and so never starts anew: when it has
// grown long, the thread that commits does what is left, between two commits and right after the
// other thread has been through, so that it is little.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "server/store/sqlite/database.h"

namespace atelier::server {

/// Pages of 4 KiB in the log.
struct LogLimits {
  /// From here on the thread writes back. More lets a page that changes again and again be written
  /// once, and makes a start after a crash longer.
  int soft_pages = 1000;
  /// From here on whoever commits does, too. More makes that rarer; the file stays about as long.
  int hard_pages = 32000;
};

class Checkpointer {
 public:
  /// Is told of the commits of `writing`, which must outlive it.
  Checkpointer(Database& writing, std::unique_ptr<Database> own, const LogLimits& limits);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  void OnCommit(int pages);
  void Loop();

  const LogLimits limits_;
  Database& writing_;
  const std::unique_ptr<Database> own_;  // The thread's.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool due_ = false;       // Guarded by mutex_.
  bool through_ = false;   // The thread has just been through. Guarded by mutex_.
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace atelier::server
