// Replica: this server as one of several over one store. It tells the others what it does, and
// brings what they do to the queue, the workers and the tokens here.
//
// No server leads: what has to be done now and then (taking back leases, expiring, forgetting) all
// of them do, each row by whoever comes first.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/access/token_table.h"
#include "server/dispatch/dispatcher.h"
#include "server/dispatch/worker_registry.h"
#include "server/jobs/peer_jobs.h"
#include "server/jobs/periodic.h"
#include "server/peers/peer_link.h"

namespace atelier::server {

class Replica final : public PeerListener {
 public:
  struct Parts {
    Sharing& sharing;
    JobQueue& queue;
    Dispatcher& dispatcher;
    WorkerRegistry& workers;
    TokenTable& tokens;
    telemetry::Metrics& metrics;
  };

  /// Starts at once; call before serving. References must outlive it.
  explicit Replica(const Parts& parts);

  void OnNews(const peers::v1::PeerNews& news) override;
  void OnConnected() override;
  void OnTime(std::chrono::steady_clock::time_point asked, int64_t store_ms) override;

 private:
  // Looks at everything that may have changed without a word.
  void LookAnew();

  const Parts parts_;
  PeerJobs jobs_;
  const Periodic look_up_;
  const Periodic refresh_;
  const Periodic correct_;
  const PeerLink link_;
};

}  // namespace atelier::server
