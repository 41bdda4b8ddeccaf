// PeerOutbox: what this server is about to tell the others.
//
// Whoever committed a change puts it here and goes on; a PeerLink sends it. Of progress the latest
// of each job alone is kept. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atelier/peers/v1/peer_news.pb.h"
#include "base/mutex.h"
#include "server/store/job_record.h"

namespace atelier::server {

class PeerOutbox {
 public:
  PeerOutbox();
  ~PeerOutbox();
  PeerOutbox(const PeerOutbox&) = delete;
  PeerOutbox& operator=(const PeerOutbox&) = delete;

  /// A job was committed as it is now; `before`: its state before, nothing of a new one.
  void Changed(std::optional<JobState> before, const JobRecord& after);
  void Reported(const std::string& job, const v1::JobProgress& progress);
  void Asked(const std::string& worker, const std::vector<std::string>& models, int max_jobs);
  void WorkerChanged(const std::string& worker);
  void ModelsChanged();
  void TokensChanged();

  /// Can be read when there is something to send, or after Wake().
  int wake() const { return wake_; }
  void Wake();
  /// What is to be sent now, as texts for NewsLink::Send().
  std::vector<std::string> Take();
  /// How long until Take() has more although nothing comes; nothing: not by itself.
  std::optional<std::chrono::milliseconds> NextIn();

 private:
  using SteadyClock = std::chrono::steady_clock;

  // Before another piece of news is added: more than may wait is dropped.
  void MakeRoom() REQUIRES(mutex_);

  int wake_;
  Mutex mutex_;
  peers::v1::PeerNews news_ GUARDED_BY(mutex_);  // Without reports.
  std::unordered_map<std::string, peers::v1::JobReport> reports_ GUARDED_BY(mutex_);
  SteadyClock::time_point reports_due_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, SteadyClock::time_point> asked_ GUARDED_BY(mutex_);
};

/// The text that Take() makes of some news, and back. Nothing for a text that is none.
std::string EncodeNews(const peers::v1::PeerNews& news);
std::optional<peers::v1::PeerNews> DecodeNews(const std::string& text);

}  // namespace atelier::server
