// DispatchClient: DispatchService, and what WorkerAssetService takes from workers, as calls with
// deadlines that return Results. Thread-safe.
//
// A server may stand still without closing its connections, and a call that went there gets no
// answer. A lease must outlive that: a heartbeat that is not answered within a fraction of it is
// asked over new connections as well, which no server that stands still accepts. When one of
// several servers answers there, the worker goes on over them, and its calls at the silent server
// end and are made again.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/worker_asset.grpc.pb.h"
#include "base/mutex.h"
#include "base/result.h"
#include "runtime/batch_executor.h"
#include "runtime/link/server_connection.h"

namespace atelier::runtime {

/// Reasons the server gives (dispatch.proto).
inline constexpr std::string_view kUnknownWorker = "UNKNOWN_WORKER";
inline constexpr std::string_view kLeaseLost = "LEASE_LOST";
inline constexpr std::string_view kStorageFull = "STORAGE_FULL";
/// Its database or its folder of pictures did not take a write.
inline constexpr std::string_view kStoreFailed = "STORE_FAILED";
inline constexpr std::string_view kStorageFailed = "STORAGE_FAILED";
inline constexpr std::string_view kModerationUnreachable = "MODERATION_UNREACHABLE";

/// The largest picture that may go with its job's completion (JobResult.png); larger ones are
/// stored before.
inline constexpr size_t kMaxResultPngBytes = 1 << 20;

/// How a lease ends without a result.
struct JobFailure {
  Error error;
  /// Whether another attempt may help.
  bool retryable = false;
  /// What made the result doubtful before it failed.
  std::vector<Warning> warnings = {};
  /// Whether the attempt does not count (FailJobRequest.uncounted).
  bool uncounted = false;
  /// Of the device that the job took.
  double device_seconds = 0;
};

/// Makes a channel to the server, over a connection of its own.
using ConnectToServer = std::function<std::shared_ptr<grpc::ChannelInterface>()>;

/// What is told of a result beside its pictures.
struct ResultNotes {
  std::vector<Warning> warnings;
  v1::Receipt receipt;
  /// Of the device that the job took.
  double device_seconds = 0;
  /// Without bytes: there is none.
  PaintedFilm film = {};
};

class DispatchClient {
 public:
  /// A server that is silent for several calls, or for one heartbeat, may sit behind a connection
  /// that is dead without having ended: `reconnect` then makes another channel. Empty: the first
  /// one stays.
  DispatchClient(const std::shared_ptr<grpc::ChannelInterface>& channel, std::string worker,
                 ConnectToServer reconnect = {});

  /// How long a heartbeat may stay unanswered before it is asked over other connections, too.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  /// How long a lease lives without a heartbeat.
  Result<std::chrono::milliseconds> Register(const std::vector<v1::Model>& models);
  /// Waits up to `wait` for the first job; empty when there was none. Waits for a server that is
  /// away a little longer. Ends early on `stop`.
  Result<std::vector<v1::LeasedJob>> LeaseJobs(int max_jobs, std::chrono::milliseconds wait,
                                               std::stop_token stop);
  /// This worker takes no more jobs: the server puts those back that it leased to it under none of
  /// the tokens `held`.
  Status Leave(const std::vector<std::string>& held);
  /// Heartbeat, with progress or without; waits some seconds for a server that is away, and asks
  /// others while it does. True when the job's end is asked for. Ends early on `stop`.
  Result<bool> Report(const v1::LeasedJob& job, const std::optional<v1::JobProgress>& progress,
                      std::stop_token stop = {});
  /// Stores a finished picture, or the film, of the job and returns its asset. Ends early on
  /// `stop`.
  Result<std::string> Store(const v1::LeasedJob& job, const std::string& png,
                            std::stop_token stop = {});
  /// Records a stored picture, the `index`-th of the job, which goes on.
  Status Record(const v1::LeasedJob& job, size_t index, const v1::JobResult& result);
  /// `results` in seed order; the film in `notes` is stored already.
  Status Complete(const v1::LeasedJob& job, const std::vector<v1::JobResult>& results,
                  const ResultNotes& notes);
  Status Fail(const v1::LeasedJob& job, const JobFailure& failure);

 private:
  /// The newest; a call keeps the one that it began with.
  std::shared_ptr<ServerConnection> connection();
  /// Another one beside it, for heartbeats that get no answer; null when none can be made.
  std::shared_ptr<ServerConnection> Spare();
  /// `silent` said nothing over `before`, while another server answered over `after`.
  void GoOnOver(const std::shared_ptr<ServerConnection>& after,
                const std::shared_ptr<ServerConnection>& before, const std::string& silent);
  /// What a call came to; counts those that nobody answered.
  Status Ended(const grpc::Status& status);

  const std::string worker_;
  const ConnectToServer reconnect_;
  std::atomic<std::chrono::milliseconds> patience_;
  Mutex mutex_;
  std::shared_ptr<ServerConnection> connection_ GUARDED_BY(mutex_);
  std::shared_ptr<ServerConnection> spare_ GUARDED_BY(mutex_);
  int silent_calls_ GUARDED_BY(mutex_) = 0;  // in a row
};

}  // namespace atelier::runtime
