// A DispatchService in this process, on a real port, that loses leases, cancels and restarts as
// told. Every call becomes a line of the event log: "register", "lease a", "progress a 3",
// "heartbeat a", "complete a", "fail a REASON retryable|final", and before these two a line for
// each of their warnings, "warning a REASON".
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "event_log.h"
#include "rpc/server.h"

namespace atelier {

class FakeDispatch : public v1::DispatchService::Service {
 public:
  explicit FakeDispatch(EventLog& log);
  ~FakeDispatch() override;

  std::shared_ptr<grpc::Channel> Connect() const;

  /// One batch for the next LeaseJobs call.
  void Enqueue(const std::vector<std::string>& jobs);
  /// Whoever asks for `job` does not accept warnings of `reason`.
  void SetStrict(const std::string& job, const std::string& reason);
  /// From now on calls for `job` answer LEASE_LOST.
  void Lose(const std::string& job);
  /// From now on reports of `job` ask for its end.
  void Cancel(const std::string& job);
  /// As after a restart: the next `count` calls fail with UNAVAILABLE, then no worker is known.
  void Restart(int count);
  /// The next `count` completions fail with UNAVAILABLE.
  void RefuseCompletions(int count);
  /// The next `count` completions fail with STORAGE_FULL.
  void FillDisk(int count);

  /// Completions are answered once LetCompletions() was called; until then they log "completing a".
  void HoldCompletions();
  void LetCompletions();

  grpc::Status RegisterWorker(grpc::ServerContext* context,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override;
  grpc::Status LeaseJobs(grpc::ServerContext* context, const v1::LeaseJobsRequest* request,
                         v1::LeaseJobsResponse* response) override;
  grpc::Status ReportProgress(grpc::ServerContext* context,
                              const v1::ReportProgressRequest* request,
                              v1::ReportProgressResponse* response) override;
  grpc::Status CompleteJob(grpc::ServerContext* context, const v1::CompleteJobRequest* request,
                           v1::CompleteJobResponse* response) override;
  grpc::Status FailJob(grpc::ServerContext* context, const v1::FailJobRequest* request,
                       v1::FailJobResponse* response) override;

 private:
  EventLog& log_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::vector<std::string>> queue_;
  std::map<std::string, std::string> strict_;
  std::set<std::string> lost_;
  std::set<std::string> cancelled_;
  int unavailable_calls_ = 0;
  int refused_completions_ = 0;
  int unstored_completions_ = 0;
  bool completions_held_ = false;
  std::condition_variable let_;
  bool worker_known_ = false;
  int64_t next_token_ = 1;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace atelier
