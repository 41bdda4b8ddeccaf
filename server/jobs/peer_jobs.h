// PeerJobs: what other servers did to jobs, brought to those who wait at this one.
//
// Their news wake the feed's watchers and the waiting workers, and feed the estimates. As news may
// be lost, every job that is followed here is also looked up in the store once a second, by one
// statement for all of them; so nobody misses an end for longer, whatever happened to the news.
// Thread-safe.
#pragma once

#include "atelier/peers/v1/peer_news.pb.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

class PeerJobs {
 public:
  /// References must outlive it. REQUIRES: queue.sharing().
  PeerJobs(JobQueue& queue, telemetry::Metrics& metrics) : queue_(queue), metrics_(metrics) {}

  /// Another server changed jobs, or was told how far they are.
  void OnNews(const peers::v1::PeerNews& news);
  /// Looks up the jobs that are followed and whether any waits. Call once a second, and when news
  /// may have been lost.
  Status LookUp();
  /// Takes the estimates' sums from the store. Reads every queued job: for every few minutes, and
  /// when news may have been lost.
  Status CorrectEstimate();

 private:
  void OnChanges(const peers::v1::PeerNews& news);
  void OnReport(const peers::v1::JobReport& report);

  JobQueue& queue_;
  telemetry::Metrics& metrics_;
};

}  // namespace atelier::server
