#include "server/store/sqlite/queue_rows.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "server/store/sqlite/job_rows.h"
#include "server/store/sqlite/tenant_rows.h"

namespace atelier::server {
namespace {

// The first job of a lane.
struct Head {
  int64_t rank_ms = 0;
  int64_t sequence = 0;
  std::string model;
  std::string batch_key;
};

// How many more jobs of a tenant may run.
class Room {
 public:
  Room(Database& database, const JobStore::RunningLimit& limit)
      : database_(database), limit_(limit) {}

  Result<int64_t> Of(const std::string& tenant) const {
    constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
    const int64_t limit = limit_ ? limit_(tenant) : kAny;
    if (limit == kAny) return kAny;
    ATELIER_ASSIGN_OR_RETURN(const int64_t running, CountRunning(database_, tenant));
    return std::max<int64_t>(0, limit - running);
  }

 private:
  Database& database_;
  const JobStore::RunningLimit& limit_;
};

// The tenant with the lowest turn among those with jobs of `models` and room for one more: one
// index look-up a model, and one for each tenant that has no room.
Result<std::optional<std::string>> TenantInTurn(Database& database,
                                                const std::vector<std::string>& models,
                                                const Room& room) {
  std::optional<std::string> tenant;
  int64_t lowest = 0;
  for (const std::string& model : models) {
    ATELIER_ASSIGN_OR_RETURN(
        Statement query,
        database.Prepare("SELECT tenant, turn FROM lanes WHERE model = ? ORDER BY turn"));
    query.BindText(1, model);
    while (true) {
      ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row || (tenant && query.Integer(1) >= lowest)) break;
      std::string next = query.Bytes(0);
      ATELIER_ASSIGN_OR_RETURN(const int64_t more, room.Of(next));
      if (more == 0) continue;
      tenant = std::move(next);
      lowest = query.Integer(1);
      break;
    }
  }
  return tenant;
}

Result<std::optional<Head>> FirstOf(Database& database, const std::string& tenant,
                                    const std::vector<std::string>& models) {
  std::optional<Head> first;
  for (const std::string& model : models) {
    ATELIER_ASSIGN_OR_RETURN(
        Statement query,
        database.Prepare("SELECT rank_ms, sequence, batch_key FROM jobs WHERE state = 1 AND"
                         " model = ? AND tenant = ? ORDER BY rank_ms, sequence LIMIT 1"));
    query.BindText(1, model).BindText(2, tenant);
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) continue;
    Head head{query.Integer(0), query.Integer(1), model, query.Bytes(2)};
    const bool earlier =
        !first || std::tie(head.rank_ms, head.sequence) < std::tie(first->rank_ms, first->sequence);
    if (earlier) first = std::move(head);
  }
  return first;
}

Result<std::vector<std::string>> OthersByTurn(Database& database, const std::string& model,
                                              const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query, database.Prepare("SELECT tenant FROM lanes WHERE model = ? AND tenant <> ?"
                                        " ORDER BY turn LIMIT ?"));
  query.BindText(1, model).BindText(2, tenant).Bind(3, kMaxRidingTenants);
  std::vector<std::string> others;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return others;
    others.push_back(query.Bytes(0));
  }
}

// Appends the tenant's next jobs of the key, as many as there is room for, until `batch` holds
// `max_jobs`.
Status Append(Database& database, const std::string& batch_key, const std::string& tenant,
              const Room& room, int max_jobs, std::vector<JobRecord>& batch) {
  ATELIER_ASSIGN_OR_RETURN(const int64_t more, room.Of(tenant));
  if (more == 0) return {};
  static const std::string sql = SelectJobs(
      "WHERE state = 1 AND batch_key = ? AND tenant = ? ORDER BY rank_ms, sequence LIMIT ?");
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare(sql));
  query.BindText(1, batch_key).BindText(2, tenant);
  query.Bind(3, std::min(more, max_jobs - static_cast<int64_t>(batch.size())));
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> jobs, ReadJobs(query));
  std::move(jobs.begin(), jobs.end(), std::back_inserter(batch));
  return {};
}

Status MoveTurn(Database& database, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare(
          "UPDATE lanes SET turn = (SELECT MAX(turn) FROM lanes) + 1 WHERE tenant = ?"));
  return update.BindText(1, tenant).Run();
}

}  // namespace

Result<std::vector<JobRecord>> NextBatch(Database& database, const std::vector<std::string>& models,
                                         int max_jobs,
                                         const JobStore::RunningLimit& running_limit) {
  const Room room(database, running_limit);
  std::vector<JobRecord> batch;
  ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> tenant,
                           TenantInTurn(database, models, room));
  if (!tenant) return batch;
  ATELIER_ASSIGN_OR_RETURN(const std::optional<Head> head, FirstOf(database, *tenant, models));
  if (!head) return batch;
  ATELIER_RETURN_IF_ERROR(Append(database, head->batch_key, *tenant, room, max_jobs, batch));
  if (static_cast<int>(batch.size()) < max_jobs) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> others,
                             OthersByTurn(database, head->model, *tenant));
    for (const std::string& other : others) {
      if (static_cast<int>(batch.size()) >= max_jobs) break;
      ATELIER_RETURN_IF_ERROR(Append(database, head->batch_key, other, room, max_jobs, batch));
    }
  }
  ATELIER_RETURN_IF_ERROR(MoveTurn(database, *tenant));
  return batch;
}

Status CheckLimits(Database& database, const JobRecord& job, const QueueLimits& limits) {
  ATELIER_ASSIGN_OR_RETURN(const int64_t queued,
                           ReadInteger(database, "SELECT queued FROM totals"));
  if (queued >= limits.queued) return QueueFull(limits.queued);
  const bool any_cost = limits.step_pixels_per_tenant == std::numeric_limits<int64_t>::max();
  // Nobody has more than all together.
  if (queued < limits.queued_per_tenant && any_cost) return {};
  ATELIER_ASSIGN_OR_RETURN(const TenantLoad load, LoadOfTenant(database, job.tenant));
  return CheckTenantLimits(job, load, limits);
}

Result<int64_t> ReadInteger(Database& database, std::string_view sql) {
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare(sql));
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Integer(0) : 0;
}

}  // namespace atelier::server
