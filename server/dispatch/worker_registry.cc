#include "server/dispatch/worker_registry.h"

#include <spdlog/spdlog.h>

#include <set>
#include <utility>

#include "atelier/v1/dispatch.pb.h"

namespace atelier::server {
namespace {

// Rows of workers are written this often within the time that a worker may be silent.
constexpr int kRowWritesOfSilence = 8;

bool Agree(const v1::Model& a, const v1::Model& b) {
  if (!a.sha256().empty() && !b.sha256().empty()) return a.sha256() == b.sha256();
  v1::Model left = a;
  v1::Model right = b;
  left.clear_sha256();
  right.clear_sha256();
  return left.SerializeAsString() == right.SerializeAsString();
}

Status CheckModels(const std::vector<v1::Model>& models) {
  if (models.empty()) return InvalidField("models", "one model or more", "none");
  if (models.size() > WorkerRegistry::kMaxModelsOfWorker) {
    return InvalidField("models",
                        "at most " + std::to_string(WorkerRegistry::kMaxModelsOfWorker) + " models",
                        std::to_string(models.size()));
  }
  for (const v1::Model& model : models) {
    if (!model.name().starts_with("models/") || model.name().size() > 128) {
      return InvalidField("models.name", "models/{model}", model.name().substr(0, 128));
    }
    if (model.ByteSizeLong() > WorkerRegistry::kMaxModelBytes) {
      return InvalidField(
          "models", "of at most " + std::to_string(WorkerRegistry::kMaxModelBytes) + " bytes each",
          std::to_string(model.ByteSizeLong()) + " bytes");
    }
  }
  return {};
}

}  // namespace

WorkerRegistry::WorkerRegistry(JobStore& store, const Clock& clock,
                               std::chrono::milliseconds silence, Sharing* sharing)
    : store_(store),
      clock_(clock),
      silence_(silence),
      sharing_(sharing),
      start_(clock.NowMonotonic()) {}

Status WorkerRegistry::Recover() { return sharing_ ? Refresh() : LoadModels(); }

Status WorkerRegistry::Refresh() {
  const MutexLock setting(setting_);
  ATELIER_RETURN_IF_ERROR(LoadModels());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<WorkerRow> rows, sharing_->store.ListWorkers());
  std::map<std::string, Worker> workers;
  for (const WorkerRow& row : rows) workers.emplace(row.name, WorkerOf(row));
  const MutexLock lock(mutex_);
  for (auto& [name, worker] : workers) {
    const auto known = workers_.find(name);
    if (known == workers_.end()) continue;
    // What this server heard itself is not in the row yet.
    worker.last_heard = std::max(worker.last_heard, known->second.last_heard);
    worker.row_time = known->second.row_time;
  }
  workers_ = std::move(workers);
  return {};
}

void WorkerRegistry::LookUp(const std::string& worker) {
  if (!sharing_) return;
  const Result<std::optional<WorkerRow>> row = sharing_->store.FindWorker(worker);
  if (!row) {
    spdlog::warn("worker={} its row is not read: {}", worker, row.error().message);
    return;
  }
  const MutexLock lock(mutex_);
  if (!*row) {
    workers_.erase(worker);
    return;
  }
  Worker loaded = WorkerOf(**row);
  Worker& known = workers_[worker];
  loaded.last_heard = std::max(loaded.last_heard, known.last_heard);
  loaded.row_time = known.row_time;
  known = std::move(loaded);
}

WorkerRegistry::Worker WorkerRegistry::WorkerOf(const WorkerRow& row) const {
  Worker worker;
  v1::RegisterWorkerRequest registration;
  // One that does not parse holds no models, and is told so when it calls.
  if (!registration.ParseFromString(row.registration)) registration.Clear();
  for (const v1::Model& model : registration.models()) worker.models[model.name()] = model;
  worker.last_heard = clock_.NowMonotonic() - row.silent_for;
  worker.lost_leases = row.lost_leases;
  return worker;
}

Status WorkerRegistry::KeepRow(const std::string& worker, const std::vector<v1::Model>& models) {
  if (!sharing_) return {};
  v1::RegisterWorkerRequest registration;
  registration.set_worker(worker);
  for (const v1::Model& model : models) *registration.add_models() = model;
  ATELIER_RETURN_IF_ERROR(sharing_->store.RemoveSilentWorkers(silence_));
  ATELIER_RETURN_IF_ERROR(sharing_->store.PutWorker(worker, registration.SerializeAsString()));
  sharing_->outbox.WorkerChanged(worker);
  return {};
}

Status WorkerRegistry::LoadModels() {
  ATELIER_ASSIGN_OR_RETURN(const auto stored, store_.ListModels());
  const MutexLock lock(mutex_);
  std::map<std::string, Known> known;
  for (const auto& [name, bytes] : stored) {
    v1::Model model;
    if (!model.ParseFromString(bytes)) {
      return MakeError(Code::kDataLoss, "BAD_MODEL_ROW",
                       "the stored model " + name + " does not parse");
    }
    const auto before = known_.find(name);
    // One that is new here was registered with another server just now.
    const Clock::Monotonic last_served =
        before == known_.end() ? clock_.NowMonotonic() : before->second.last_served;
    known[name] = {std::move(model), last_served};
  }
  known_ = std::move(known);
  return {};
}

Status WorkerRegistry::Register(const std::string& worker, const std::vector<v1::Model>& models) {
  if (worker.empty() || worker.size() > 128) {
    return InvalidField("worker", "1 to 128 characters", std::to_string(worker.size()));
  }
  ATELIER_RETURN_IF_ERROR(CheckModels(models));
  const MutexLock setting(setting_);
  std::vector<v1::Model> to_set;
  {
    const MutexLock lock(mutex_);
    // Workers that ended stay silent for good; one that was merely slow registers again when told.
    std::erase_if(workers_, [&](const auto& row) { return !Lives(row.second); });
    if (!workers_.contains(worker) && workers_.size() >= kMaxWorkers) {
      return MakeError(Code::kResourceExhausted, "TOO_MANY_WORKERS",
                       "there are " + std::to_string(kMaxWorkers) + " workers already");
    }
    size_t added = 0;
    for (const v1::Model& model : models) added += !known_.contains(model.name());
    if (known_.size() + added > kMaxModels) {
      return MakeError(Code::kResourceExhausted, "TOO_MANY_MODELS",
                       "at most " + std::to_string(kMaxModels) + " models may be known");
    }
    to_set = ModelsToSet(worker, models);
  }
  ATELIER_RETURN_IF_ERROR(Set(to_set));
  ATELIER_RETURN_IF_ERROR(KeepRow(worker, models));
  const MutexLock lock(mutex_);
  Worker& row = workers_[worker];
  row = {{}, clock_.NowMonotonic(), 0, clock_.NowMonotonic()};
  for (const v1::Model& model : models) {
    row.models[model.name()] = model;
    const auto known = known_.find(model.name());
    if (known == known_.end() || Agree(known->second.model, model)) continue;
    spdlog::warn(
        "worker={} model={} is another one there than at the workers that serve it: no "
        "jobs of it until they are gone",
        worker, model.name());
  }
  return {};
}

std::vector<v1::Model> WorkerRegistry::ModelsToSet(const std::string& worker,
                                                   const std::vector<v1::Model>& models) const {
  std::vector<v1::Model> to_set;
  for (const v1::Model& model : models) {
    const auto known = known_.find(model.name());
    if (known == known_.end() || !IsServedByOther(known->second.model, worker)) {
      to_set.push_back(model);
    }
  }
  return to_set;
}

bool WorkerRegistry::IsServedByOther(const v1::Model& known, const std::string& except) const {
  for (const auto& [name, worker] : workers_) {
    if (name == except || !Lives(worker)) continue;
    const auto model = worker.models.find(known.name());
    if (model != worker.models.end() && Agree(model->second, known)) return true;
  }
  return false;
}

Status WorkerRegistry::Set(const std::vector<v1::Model>& models) {
  for (const v1::Model& model : models) {
    ATELIER_RETURN_IF_ERROR(store_.PutModel(model.name(), model.SerializeAsString()));
    const MutexLock lock(mutex_);
    known_[model.name()] = {model, clock_.NowMonotonic()};
  }
  if (sharing_ && !models.empty()) sharing_->outbox.ModelsChanged();
  return {};
}

bool WorkerRegistry::Lives(const Worker& worker) const {
  return clock_.NowMonotonic() - worker.last_heard <= silence_;
}

void WorkerRegistry::Forget(const std::string& worker) {
  {
    const MutexLock lock(mutex_);
    workers_.erase(worker);
  }
  if (!sharing_) return;
  if (const Status removed = sharing_->store.RemoveWorker(worker); !removed) {
    // Then it is silent for too long one day.
    spdlog::warn("worker={} its row stays: {}", worker, removed.error().message);
  }
  sharing_->outbox.WorkerChanged(worker);
}

bool WorkerRegistry::Knows(const std::string& worker) {
  const MutexLock lock(mutex_);
  return workers_.contains(worker);
}

void WorkerRegistry::Touch(const std::string& worker) {
  const Clock::Monotonic now = clock_.NowMonotonic();
  {
    const MutexLock lock(mutex_);
    const auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    found->second.last_heard = now;
    const bool due = sharing_ && now - found->second.row_time >= silence_ / kRowWritesOfSilence;
    if (!due) return;
    // Whoever comes meanwhile leaves the write to this call.
    found->second.row_time = now;
  }
  const Result<bool> touched = sharing_->store.TouchWorker(worker);
  if (!touched)
    spdlog::warn("worker={} its row is not written: {}", worker, touched.error().message);
  if (!touched || *touched) return;
  // It left at another server, or the store lost it: it has to register.
  const MutexLock lock(mutex_);
  workers_.erase(worker);
}

void WorkerRegistry::LostLease(const std::string& worker) {
  if (sharing_) {
    const Status added = sharing_->store.AddLostLease(worker);
    if (!added) spdlog::warn("worker={} its row is not written: {}", worker, added.error().message);
  }
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
  std::vector<v1::Model> own;
  bool disagrees = false;
  // It may have registered with another server just now.
  if (!Knows(worker)) LookUp(worker);
  {
    const MutexLock lock(mutex_);
    const auto found = workers_.find(worker);
    if (found == workers_.end()) return std::nullopt;
    for (const auto& [name, model] : found->second.models) {
      const auto known = known_.find(name);
      disagrees = disagrees || known == known_.end() || !Agree(known->second.model, model);
      own.push_back(model);
    }
  }
  if (disagrees) {
    const MutexLock setting(setting_);
    std::vector<v1::Model> to_set;
    {
      const MutexLock lock(mutex_);
      to_set = ModelsToSet(worker, own);
    }
    if (const Status set = Set(to_set); !set) {
      spdlog::error("worker={} its models cannot be stored: {}", worker, set.error().message);
    }
  }
  const MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const v1::Model& model : own) {
    const auto known = known_.find(model.name());
    if (known != known_.end() && Agree(known->second.model, model)) names.push_back(model.name());
  }
  return names;
}

std::map<std::string, int64_t> WorkerRegistry::CountWorkers() {
  const MutexLock lock(mutex_);
  std::map<std::string, int64_t> counts;
  for (const auto& [model, description] : known_) counts[model] = 0;
  for (const auto& [name, worker] : workers_) {
    if (!Lives(worker)) continue;
    for (const auto& [model, description] : worker.models) ++counts[model];
  }
  return counts;
}

std::vector<v1::Model> WorkerRegistry::LiveModels() {
  const MutexLock lock(mutex_);
  std::set<std::string> names;
  for (const auto& [name, worker] : workers_) {
    if (!Lives(worker)) continue;
    for (const auto& [model, description] : worker.models) names.insert(model);
  }
  std::vector<v1::Model> models;
  for (const std::string& name : names) {
    const auto known = known_.find(name);
    if (known != known_.end()) models.push_back(known->second.model);
  }
  return models;
}

std::optional<v1::Model> WorkerRegistry::FindKnown(const std::string& model) {
  const MutexLock lock(mutex_);
  const auto found = known_.find(model);
  if (found == known_.end()) return std::nullopt;
  return found->second.model;
}

bool WorkerRegistry::KnowsAny() {
  const MutexLock lock(mutex_);
  return !known_.empty();
}

Result<std::vector<std::string>> WorkerRegistry::ForgetGone(const std::vector<std::string>& models,
                                                            std::chrono::milliseconds ttl) {
  if (sharing_) ATELIER_RETURN_IF_ERROR(Refresh());
  const MutexLock setting(setting_);
  std::vector<std::string> gone;
  {
    const MutexLock lock(mutex_);
    const Clock::Monotonic now = clock_.NowMonotonic();
    std::set<std::string> live;
    for (const auto& [name, worker] : workers_) {
      if (!Lives(worker)) continue;
      for (const auto& [model, description] : worker.models) live.insert(model);
    }
    for (auto& [name, known] : known_) {
      if (live.contains(name)) known.last_served = now;
      if (now - known.last_served > ttl) gone.push_back(name);
    }
    for (const std::string& name : models) {
      if (!known_.contains(name) && now - start_ > ttl) gone.push_back(name);
    }
    for (const std::string& name : gone) known_.erase(name);
  }
  for (const std::string& name : gone) ATELIER_RETURN_IF_ERROR(store_.RemoveModel(name));
  if (sharing_ && !gone.empty()) sharing_->outbox.ModelsChanged();
  return gone;
}

}  // namespace atelier::server
