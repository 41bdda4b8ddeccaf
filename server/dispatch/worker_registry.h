// WorkerRegistry: which workers live, which models they hold, and which models were held of late.
//
// A worker lives while it calls; one that is silent for `silence` no longer counts for ListModels.
// Known models outlive workers and restarts, in the store, until nobody has served them for a
// while.
//
// A model belongs to the workers that serve it. The first one says what it is; another worker that
// says otherwise of the same name changes nothing and gets no jobs of it while one that agrees with
// the first lives. Two answers agree when they have the same sha256; without one on either side,
// when all the rest is the same.
//
// Where several servers share the store, workers have rows: a worker that registered with one
// server is known to all, and what one server heard of it counts at the others after a few seconds.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/model.pb.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/peers/sharing.h"
#include "server/store/job_store.h"

namespace atelier::server {

class WorkerRegistry {
 public:
  static constexpr size_t kMaxModels = 512;
  static constexpr size_t kMaxWorkers = 4096;
  static constexpr size_t kMaxModelsOfWorker = 64;
  static constexpr size_t kMaxModelBytes = 16 << 10;

  /// References must outlive it. `sharing` is null where the store is this server's alone.
  WorkerRegistry(JobStore& store, const Clock& clock, std::chrono::milliseconds silence,
                 Sharing* sharing = nullptr);

  /// Loads the known models, and of a shared store the workers; call once before serving.
  Status Recover();
  /// Takes over what other servers did to models and workers. Call every second or two, and when
  /// they say so. REQUIRES: a shared store.
  Status Refresh();

  /// Registers, or registers anew. INVALID_ARGUMENT when the name or a model's name is malformed,
  /// or there are too many models or too large ones; RESOURCE_EXHAUSTED / TOO_MANY_MODELS or
  /// TOO_MANY_WORKERS.
  Status Register(const std::string& worker, const std::vector<v1::Model>& models);
  /// The worker ended. It may register again.
  void Forget(const std::string& worker);
  /// Takes over what other servers heard of the worker, where the store is shared: reads a row.
  /// What is known here stays when it cannot be read.
  void LookUp(const std::string& worker);
  /// Whether the worker registered and did not end since.
  bool Knows(const std::string& worker);
  /// The worker was heard of.
  void Touch(const std::string& worker);
  /// A lease of the worker ran out without a word from it.
  void LostLease(const std::string& worker);
  /// How often that happened to the worker; 0 when it never registered.
  int64_t LostLeasesOf(const std::string& worker);
  /// Names of the models that the worker may paint with now; nothing when it never registered.
  /// Makes the worker's own answer count for models that nobody else serves any more; a store that
  /// fails then changes nothing.
  std::optional<std::vector<std::string>> ModelsOf(const std::string& worker);

  /// How many living workers hold each model; 0 for a model that was held once.
  std::map<std::string, int64_t> CountWorkers();
  /// Models of living workers, by name.
  std::vector<v1::Model> LiveModels();
  /// A model that some worker holds or held.
  std::optional<v1::Model> FindKnown(const std::string& model);
  bool KnowsAny();

  /// Of `models` and the known ones those that no worker has served for `ttl`, or since the start
  /// of this process; forgets them. Call every few seconds: how long a model has not been served is
  /// told from the last call.
  Result<std::vector<std::string>> ForgetGone(const std::vector<std::string>& models,
                                              std::chrono::milliseconds ttl);

 private:
  struct Worker {
    /// By name, as it describes them.
    std::map<std::string, v1::Model> models;
    Clock::Monotonic last_heard;
    int64_t lost_leases = 0;
    /// When its row was written or read.
    Clock::Monotonic row_time = {};
  };
  struct Known {
    v1::Model model;
    Clock::Monotonic last_served;
  };

  Status LoadModels();
  Worker WorkerOf(const WorkerRow& row) const;
  // Of a shared store: keeps the row of a worker that registered.
  Status KeepRow(const std::string& worker, const std::vector<v1::Model>& models);
  bool Lives(const Worker& worker) const;
  // Whether a living worker but `except` agrees with what is known of the model.
  bool IsServedByOther(const v1::Model& known, const std::string& except) const REQUIRES(mutex_);
  // Of the worker's models those whose answer is to become the known one.
  std::vector<v1::Model> ModelsToSet(const std::string& worker,
                                     const std::vector<v1::Model>& models) const REQUIRES(mutex_);
  // Writes and remembers them.
  Status Set(const std::vector<v1::Model>& models);

  JobStore& store_;
  const Clock& clock_;
  const std::chrono::milliseconds silence_;
  Sharing* const sharing_;
  const Clock::Monotonic start_;
  Mutex setting_;  // Held over the store's writes, so that memory and store agree.
  Mutex mutex_;
  std::map<std::string, Worker> workers_ GUARDED_BY(mutex_);
  std::map<std::string, Known> known_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
