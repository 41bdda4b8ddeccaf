// WorkerRegistry: which workers live, which models they hold, and which models were ever held.
//
// A worker lives while it calls; one that is silent for `silence` no longer counts for ListModels.
// Known models outlive workers and restarts, in the store. Thread-safe.
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
#include "server/store/job_store.h"

namespace atelier::server {

class WorkerRegistry {
 public:
  /// References must outlive it.
  WorkerRegistry(JobStore& store, const Clock& clock, std::chrono::milliseconds silence);

  /// Loads the known models; call once before serving.
  Status Recover();

  /// Registers, or registers anew. INVALID_ARGUMENT when the name or a model's name is malformed.
  Status Register(const std::string& worker, const std::vector<v1::Model>& models);
  /// The worker ended. It may register again.
  void Forget(const std::string& worker);
  /// The worker was heard of.
  void Touch(const std::string& worker);
  /// A lease of the worker ran out without a word from it.
  void LostLease(const std::string& worker);
  /// How often that happened to the worker; 0 when it never registered with this process.
  int64_t LostLeasesOf(const std::string& worker);
  /// Names of the worker's models; nothing when it never registered with this process.
  std::optional<std::vector<std::string>> ModelsOf(const std::string& worker);

  /// How many living workers hold each model; 0 for a model that was held once.
  std::map<std::string, int64_t> CountWorkers();
  /// Models of living workers, by name.
  std::vector<v1::Model> LiveModels();
  /// A model that some worker holds or held.
  std::optional<v1::Model> FindKnown(const std::string& model);
  bool KnowsAny();

 private:
  struct Worker {
    std::vector<std::string> models;
    Clock::Monotonic last_heard;
    int64_t lost_leases = 0;
  };

  JobStore& store_;
  const Clock& clock_;
  const std::chrono::milliseconds silence_;
  Mutex mutex_;
  std::map<std::string, Worker> workers_ GUARDED_BY(mutex_);
  std::map<std::string, v1::Model> known_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
