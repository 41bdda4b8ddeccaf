// BatchExecutor: what a worker does with the jobs it leases. The lease loop knows leases alone, the
// executor knows pictures alone; decorators (metrics_executor.h) add one concern each.
//
// Thread rule: Prepare() runs on one thread while Paint() runs on another, each one call at a time;
// once a Paint() told that it gave up the device for a while, other threads may call it as well.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "atelier/v1/dispatch.pb.h"
#include "base/result.h"
#include "base/warning.h"

namespace atelier::runtime {

/// A job that needs painting alone; executors derive their own.
class PreparedJob {
 public:
  virtual ~PreparedJob() = default;

  /// What makes its result doubtful.
  std::vector<Warning> warnings;
  /// How its result is made.
  v1::Receipt receipt;
  /// Whether each of its pictures is recorded with the server as soon as it is painted, so that no
  /// later attempt paints it again.
  bool records_pictures = false;
};

/// A finished picture of a job.
struct PaintedPicture {
  std::string png;
  uint64_t seed = 0;
};

/// A film of a job's pictures.
struct PaintedFilm {
  /// The file; empty: there is no film.
  std::string bytes;
  /// All but the asset.
  v1::PaintedFilm facts;
};

/// Where a batch's painting reports to; `job` is the index in Paint()'s `jobs`.
class BatchEvents {
 public:
  virtual ~BatchEvents() = default;
  /// False once nobody waits for the job any more: cancelled, lease lost, or the worker stops.
  virtual bool Wanted(size_t job) = 0;
  /// The batch paints from now on, or does not for a while: others have their turn, or it ends.
  /// What never says so is not counted.
  virtual void OnDevice(bool /*has*/) {}
  /// A denoising step was done. Does not block on the network.
  virtual void OnProgress(size_t job, v1::JobProgress progress) = 0;
  /// A picture is finished, the `index`-th of the job in seed order; each comes once. It is stored
  /// as soon as another of its job or the job's end follows. May block while many wait to be
  /// stored.
  virtual void OnPicture(size_t job, size_t index, PaintedPicture picture) = 0;
  /// The film of the job's pictures, before its end.
  virtual void OnFilm(size_t /*job*/, PaintedFilm /*film*/) {}
  /// The job's end; at most once a job. OK: OnPicture() brought all of its pictures. CANCELLED says
  /// only that it was not wanted.
  virtual void OnEnd(size_t job, Status end) = 0;
};

class BatchExecutor {
 public:
  virtual ~BatchExecutor() = default;

  /// Whether jobs can be prepared now: the services that they need are there. Asked before jobs are
  /// leased, and when a preparation failed. UNAVAILABLE names what is away. May block for some
  /// seconds; ends early once `stop` is requested.
  virtual Status Ready(std::stop_token /*stop*/) { return {}; }

  /// Fetches and computes everything a job needs before painting. An error fails this job alone;
  /// whether it is tried again follows from its code, see IsRetryable(). Ends early, with any
  /// error, once `stop` is requested. Callers use PrepareJob() (preparation.h), which heeds
  /// `strict`.
  virtual Result<std::unique_ptr<PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                       std::stop_token stop) = 0;

  /// Paints the jobs and reports each one's end to `events`. Stops within one step once no job is
  /// wanted. REQUIRES: `jobs` came from this executor's Prepare().
  virtual void Paint(std::span<PreparedJob* const> jobs, BatchEvents& events) = 0;
};

/// Whether another attempt, perhaps on another worker, may succeed where `code` came out.
inline bool IsRetryable(Code code) {
  return code == Code::kUnavailable || code == Code::kResourceExhausted ||
         code == Code::kDeadlineExceeded || code == Code::kAborted || code == Code::kCancelled;
}

}  // namespace atelier::runtime
