#include "server/server_gauges.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace atelier::server {
namespace {

struct ModelRow {
  int64_t workers = 0;
  int64_t queued = 0;
  double oldest_seconds = 0;
};

}  // namespace

void ServerGauges::Refresh() {
  RefreshQueue();
  RefreshTenants();
  RefreshDisk();
}

// Every model that a worker ever held has a row, so that an alert sees zero workers instead of no
// series at all.
void ServerGauges::RefreshQueue() {
  const Result<std::vector<JobStore::QueuedOfModel>> queued = queue_.store().CountQueued();
  if (!queued) {
    spdlog::error("cannot count queued jobs: {}", queued.error().message);
    return;
  }
  const MutexLock lock(mutex_);
  // A model that no worker holds and no job waits for any more keeps its row, at zero.
  std::map<std::string, ModelRow> rows;  // By label.
  for (const std::string& label : labels_) rows[label] = {};
  for (const auto& [model, count] : workers_.CountWorkers()) {
    rows[metrics_.ModelLabel(model)].workers += count;
  }
  for (const JobStore::QueuedOfModel& of_model : *queued) {
    ModelRow& row = rows[metrics_.ModelLabel(of_model.model)];
    row.queued += of_model.jobs;
    row.oldest_seconds = std::max(row.oldest_seconds, queue_.SecondsSince(of_model.oldest_ms));
  }
  for (const auto& [label, row] : rows) {
    metrics_.Workers(label).Set(static_cast<double>(row.workers));
    metrics_.QueuedJobs(label).Set(static_cast<double>(row.queued));
    metrics_.OldestQueuedSeconds(label).Set(row.oldest_seconds);
    labels_.insert(label);
  }
}

// The rows are the truth, and outlive this process: the counters follow them.
void ServerGauges::RefreshTenants() {
  Result<std::vector<TenantUsage>> usage = queue_.store().ListUsage();
  if (!usage) {
    spdlog::error("cannot read what tenants used: {}", usage.error().message);
    return;
  }
  // Who used most gets a label first.
  std::stable_sort(usage->begin(), usage->end(), [](const TenantUsage& a, const TenantUsage& b) {
    return a.device_ms > b.device_ms;
  });
  std::map<std::string, TenantUsage> rows;  // By label.
  for (const TenantUsage& of_tenant : *usage) {
    TenantUsage& row = rows[metrics_.TenantLabel(of_tenant.tenant)];
    row.device_ms += of_tenant.device_ms;
    row.pictures += of_tenant.pictures;
    row.stored_bytes += of_tenant.stored_bytes;
  }
  const auto follow = [](prometheus::Counter& counter, double value) {
    counter.Increment(std::max(0.0, value - counter.Value()));
  };
  const MutexLock lock(mutex_);
  // One whose row went has used and stores nothing.
  for (const std::string& label : tenants_) rows[label];
  for (const auto& [label, row] : rows) {
    follow(metrics_.TenantDeviceSeconds(label), static_cast<double>(row.device_ms) / 1000);
    follow(metrics_.TenantPictures(label), static_cast<double>(row.pictures));
    metrics_.TenantStoredBytes(label).Set(static_cast<double>(row.stored_bytes));
    tenants_.insert(label);
  }
}

void ServerGauges::RefreshDisk() {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(data_, error);
  if (error) {
    spdlog::error("cannot read the room on the disk of {}: {}", data_, error.message());
    return;
  }
  metrics_.DataDiskFreeBytes().Set(static_cast<double>(space.available));
  metrics_.DataDiskSizeBytes().Set(static_cast<double>(space.capacity));
}

}  // namespace atelier::server
