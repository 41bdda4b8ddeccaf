#include "server/dispatch/worker_registry.h"

#include <set>

namespace atelier::server {

WorkerRegistry::WorkerRegistry(JobStore& store, const Clock& clock,
                               std::chrono::milliseconds silence)
    : store_(store), clock_(clock), silence_(silence) {}

Status WorkerRegistry::Recover() {
  ATELIER_ASSIGN_OR_RETURN(const auto stored, store_.ListModels());
  const MutexLock lock(mutex_);
  for (const auto& [name, bytes] : stored) {
    v1::Model model;
    if (!model.ParseFromString(bytes)) {
      return MakeError(Code::kDataLoss, "BAD_MODEL_ROW",
                       "the stored model " + name + " does not parse");
    }
    known_[name] = std::move(model);
  }
  return {};
}

Status WorkerRegistry::Register(const std::string& worker, const std::vector<v1::Model>& models) {
  if (worker.empty() || worker.size() > 128) {
    return InvalidField("worker", "1 to 128 characters", std::to_string(worker.size()));
  }
  std::vector<std::string> names;
  for (const v1::Model& model : models) {
    if (!model.name().starts_with("models/") || model.name().size() > 128) {
      return InvalidField("models.name", "models/{model}", model.name());
    }
    names.push_back(model.name());
  }
  if (names.empty()) return InvalidField("models", "one model or more", "none");
  for (const v1::Model& model : models) {
    ATELIER_RETURN_IF_ERROR(store_.PutModel(model.name(), model.SerializeAsString()));
  }
  const MutexLock lock(mutex_);
  for (const v1::Model& model : models) known_[model.name()] = model;
  // Workers that ended stay silent for good; one that was merely slow registers again when told.
  const Clock::Monotonic now = clock_.NowMonotonic();
  std::erase_if(workers_, [&](const auto& row) { return now - row.second.last_heard > silence_; });
  workers_[worker] = {std::move(names), now, 0};
  return {};
}

void WorkerRegistry::Forget(const std::string& worker) {
  const MutexLock lock(mutex_);
  workers_.erase(worker);
}

void WorkerRegistry::Touch(const std::string& worker) {
  const MutexLock lock(mutex_);
  const auto found = workers_.find(worker);
  if (found != workers_.end()) found->second.last_heard = clock_.NowMonotonic();
}

void WorkerRegistry::LostLease(const std::string& worker) {
  const MutexLock lock(mutex_);
  const auto found = workers_.find(worker);
  if (found != workers_.end()) ++found->second.lost_leases;
}

int64_t WorkerRegistry::LostLeasesOf(const std::string& worker) {
  const MutexLock lock(mutex_);
  const auto found = workers_.find(worker);
  return found == workers_.end() ? 0 : found->second.lost_leases;
}

std::optional<std::vector<std::string>> WorkerRegistry::ModelsOf(const std::string& worker) {
  const MutexLock lock(mutex_);
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return std::nullopt;
  return found->second.models;
}

std::map<std::string, int64_t> WorkerRegistry::CountWorkers() {
  const MutexLock lock(mutex_);
  std::map<std::string, int64_t> counts;
  for (const auto& [model, description] : known_) counts[model] = 0;
  for (const auto& [name, worker] : workers_) {
    if (clock_.NowMonotonic() - worker.last_heard > silence_) continue;
    for (const std::string& model : worker.models) ++counts[model];
  }
  return counts;
}

std::vector<v1::Model> WorkerRegistry::LiveModels() {
  const MutexLock lock(mutex_);
  std::set<std::string> names;
  for (const auto& [name, worker] : workers_) {
    if (clock_.NowMonotonic() - worker.last_heard > silence_) continue;
    names.insert(worker.models.begin(), worker.models.end());
  }
  std::vector<v1::Model> models;
  for (const std::string& name : names) models.push_back(known_.at(name));
  return models;
}

std::optional<v1::Model> WorkerRegistry::FindKnown(const std::string& model) {
  const MutexLock lock(mutex_);
  const auto found = known_.find(model);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

bool WorkerRegistry::KnowsAny() {
  const MutexLock lock(mutex_);
  return !known_.empty();
}

}  // namespace atelier::server
