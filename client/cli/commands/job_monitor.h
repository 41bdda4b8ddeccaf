// JobMonitor: what a command says on stderr while it waits for a job: the job's progress, that no
// worker serves its model, that the server is away and back.
//
// Thread-safe. A thread of its own asks the server for its models while the job waits in the queue,
// since nothing happens to a job that nobody can paint.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "client/cli/command.h"
#include "client/cli/display/progress.h"
#include "client/cli/display/worker_notice.h"
#include "client/client.h"

namespace atelier::cli {

class JobMonitor {
 public:
  /// `interrupted` is asked several times a second; once it says true, the job is cancelled.
  /// Empty: never.
  JobMonitor(const CommonFlags& flags, std::function<bool()> interrupted = {});
  ~JobMonitor();
  JobMonitor(const JobMonitor&) = delete;
  JobMonitor& operator=(const JobMonitor&) = delete;

  /// The options of the client that waits.
  client::ClientOptions client_options();
  void Show(const v1::Job& job);
  /// Ends the line of progress and says nothing any more.
  void Finish();

 private:
  void Run(std::stop_token stop);
  void AskForWorkers(client::Client& client, const v1::Job& job);

  const CommonFlags flags_;
  const std::function<bool()> interrupted_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  ProgressReporter reporter_;   // GUARDED_BY(mutex_)
  std::optional<v1::Job> job_;  // GUARDED_BY(mutex_): the last one shown, without its preview
  bool finished_ = false;       // GUARDED_BY(mutex_)
  WorkerNotice notice_;         // of thread_
  std::jthread thread_;         // last: it uses the others
};

}  // namespace atelier::cli
