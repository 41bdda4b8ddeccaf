// A DispatchService, and a WorkerAssetService for results, in this process, on a real port, that
// lose leases, cancel and restart as told. Every call becomes a line of the event log: "register",
// "lease a", "progress a 3", "heartbeat a", "store a BYTES", "record a INDEX", "complete a", "fail
// a REASON retryable|final", "leave TOKEN...", and before these two a line for each of their
// warnings, "warning a REASON", and "uncounted a" before an attempt that does not count.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/worker_asset.grpc.pb.h"
#include "event_log.h"
#include "rpc/server.h"

namespace atelier {

class FakeDispatch : public v1::DispatchService::Service {
 public:
  explicit FakeDispatch(EventLog& log);
  ~FakeDispatch() override;

  std::shared_ptr<grpc::Channel> Connect() const;
  /// On 127.0.0.1.
  int port() const { return server_->port(); }

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
  /// The next `count` completions fail with UNAVAILABLE, and with `reason` where there is one;
  /// STORE_FAILED is INTERNAL.
  void RefuseCompletions(int count, const std::string& reason = "");
  /// The next `count` pictures fail with STORAGE_FULL: "full a".
  void FillDisk(int count);
  /// Pictures of `job` are refused for good.
  void RefusePictures(const std::string& job);
  /// Earlier attempts at `job` finished these pictures.
  void SetFinished(const std::string& job, const std::vector<std::string>& assets);
  /// What the job was completed with, as "ASSET SEED", or "BYTES SEED" of what came along.
  std::vector<std::string> ResultsOf(const std::string& job);

  /// LeaseJobs is answered once Resume() was called: as when the connection is dead.
  void Stall();
  void Resume();

  /// Pictures are answered once LetPictures() was called; until then they log "storing a".
  void HoldPictures();
  void LetPictures();

  /// Calls that fail a job are answered once LetFailures() was called; until then they log
  /// "failing a".
  void HoldFailures();
  void LetFailures();
  /// What the job's end told of it.
  double DeviceSecondsOf(const std::string& job);

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
  grpc::Status RecordResults(grpc::ServerContext* context, const v1::RecordResultsRequest* request,
                             v1::RecordResultsResponse* response) override;
  grpc::Status CompleteJob(grpc::ServerContext* context, const v1::CompleteJobRequest* request,
                           v1::CompleteJobResponse* response) override;
  grpc::Status FailJob(grpc::ServerContext* context, const v1::FailJobRequest* request,
                       v1::FailJobResponse* response) override;

 private:
  class Assets : public v1::WorkerAssetService::Service {
   public:
    explicit Assets(FakeDispatch& dispatch) : dispatch_(dispatch) {}
    grpc::Status StoreAsset(grpc::ServerContext* context,
                            grpc::ServerReader<v1::StoreAssetRequest>* reader,
                            v1::StoreAssetResponse* response) override;

   private:
    FakeDispatch& dispatch_;
  };

  // What a picture of `job` meets. REQUIRES: mutex_ is held.
  grpc::Status TakePicture(const std::string& job);

  EventLog& log_;
  Assets assets_{*this};
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::vector<std::string>> queue_;
  std::map<std::string, std::string> strict_;
  std::map<std::string, std::vector<std::string>> finished_;
  std::set<std::string> lost_;
  std::set<std::string> cancelled_;
  int unavailable_calls_ = 0;
  int refused_completions_ = 0;
  std::string refusal_reason_;
  int unstored_pictures_ = 0;
  bool pictures_held_ = false;
  bool stalled_ = false;
  std::set<std::string> refused_pictures_;
  std::map<std::string, std::vector<std::string>> results_;
  std::map<std::string, double> device_seconds_;
  bool completions_held_ = false;
  bool failures_held_ = false;
  std::condition_variable let_;
  bool worker_known_ = false;
  int64_t next_token_ = 1;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace atelier
