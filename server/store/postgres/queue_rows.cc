#include "server/store/postgres/queue_rows.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "server/store/postgres/job_rows.h"
#include "server/store/postgres/tenant_rows.h"

namespace atelier::server::postgres {
namespace {

// Of pg_advisory_xact_lock.
constexpr int64_t kTurnLock = 0x6174656c7475726e, kLimitLock = 0x6174656c6c696d69,
                  kPruneLock = 0x6174656c7072756e;
/// Tenants whose turns are read at once.
constexpr int64_t kTurnsAtOnce = 16;
/// More submits than are under way on all servers together: with more room than this no limit can
/// be passed by submits that do not see each other.
constexpr int64_t kSubmitsUnderWay = 256;
/// No limit.
constexpr int64_t kAny = std::numeric_limits<int64_t>::max();

Status Lock(Connection& connection, int64_t lock) {
  return connection.RunLater("SELECT pg_advisory_xact_lock($1)", {Value(lock)});
}

// The first job of a lane.
struct Head {
  std::string tenant;
  int64_t rank_ms = 0;
  int64_t sequence = 0;
  std::string model;
  std::string batch_key;
};

// Keeps the one that is served before the other.
void KeepEarlier(Head head, std::optional<Head>& first) {
  const bool earlier =
      !first || std::tie(head.rank_ms, head.sequence) < std::tie(first->rank_ms, first->sequence);
  if (earlier) first = std::move(head);
}

// How many more jobs of a tenant may run.
class Room {
 public:
  Room(Connection& connection, const JobStore::RunningLimit& limit)
      : connection_(connection), limit_(limit) {}

  Result<int64_t> Of(const std::string& tenant) const {
    const int64_t limit = limit_ ? limit_(tenant) : kAny;
    if (limit == kAny) return kAny;
    ATELIER_ASSIGN_OR_RETURN(const int64_t running, CountRunning(connection_, tenant));
    return std::max<int64_t>(0, limit - running);
  }

 private:
  Connection& connection_;
  const JobStore::RunningLimit& limit_;
};

// A tenant and its turn; tenants of one turn, which came at the same moment, go by name.
using Turn = std::pair<int64_t, std::string>;

// The first tenant of the model with room for one more.
Result<std::optional<Turn>> TurnOf(Connection& connection, const std::string& model,
                                   const Room& room) {
  Turn last = {std::numeric_limits<int64_t>::min(), ""};
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT turn, tenant FROM lanes WHERE model = $1 AND (turn, tenant) >"
                       " ($2, $3) ORDER BY turn, tenant LIMIT $4",
                       {model, last.first, last.second, kTurnsAtOnce}));
    for (int row = 0; row < rows.count(); ++row) {
      last = {rows.Integer(row, 0), rows.Bytes(row, 1)};
      ATELIER_ASSIGN_OR_RETURN(const int64_t more, room.Of(last.second));
      if (more > 0) return std::optional<Turn>(last);
    }
    if (rows.count() < kTurnsAtOnce) return std::optional<Turn>();
  }
}

Result<std::optional<std::string>> TenantInTurn(Connection& connection,
                                                const std::vector<std::string>& models,
                                                const Room& room) {
  std::optional<Turn> lowest;
  for (const std::string& model : models) {
    ATELIER_ASSIGN_OR_RETURN(std::optional<Turn> turn, TurnOf(connection, model, room));
    if (turn && (!lowest || *turn < *lowest)) lowest = std::move(turn);
  }
  return lowest ? std::optional<std::string>(lowest->second) : std::nullopt;
}

Result<std::optional<Head>> FirstOf(Connection& connection, const std::string& tenant,
                                    const std::vector<std::string>& models) {
  std::vector<Rows> firsts(models.size());
  for (size_t i = 0; i < models.size(); ++i) {
    ATELIER_RETURN_IF_ERROR(
        connection.RunLater("SELECT rank_ms, sequence, batch_key FROM jobs WHERE state = 1 AND"
                            " model = $1 AND tenant = $2 ORDER BY rank_ms, sequence LIMIT 1",
                            {models[i], tenant}, &firsts[i]));
  }
  ATELIER_RETURN_IF_ERROR(connection.Await());
  std::optional<Head> first;
  for (size_t i = 0; i < models.size(); ++i) {
    if (firsts[i].count() == 0) continue;
    KeepEarlier(Head{tenant, firsts[i].Integer(0, 0), firsts[i].Integer(0, 1), models[i],
                     firsts[i].Bytes(0, 2)},
                first);
  }
  return first;
}

// The first job of the tenant in turn where no tenant is limited, in one turn to the database.
Result<std::optional<Head>> FirstInTurn(Connection& connection,
                                        const std::vector<std::string>& models) {
  std::vector<Rows> lanes(models.size());
  for (size_t i = 0; i < models.size(); ++i) {
    ATELIER_RETURN_IF_ERROR(connection.RunLater(
        "SELECT turn, lane.tenant, rank_ms, sequence, batch_key FROM"
        " (SELECT turn, tenant FROM lanes WHERE model = $1 ORDER BY turn, tenant LIMIT 1) AS lane,"
        " LATERAL (SELECT rank_ms, sequence, batch_key FROM jobs WHERE state = 1 AND model = $1 AND"
        "  jobs.tenant = lane.tenant ORDER BY rank_ms, sequence LIMIT 1) AS first_one",
        {models[i]}, &lanes[i]));
  }
  ATELIER_RETURN_IF_ERROR(connection.Await());
  std::optional<Turn> lowest;
  for (const Rows& lane : lanes) {
    if (lane.count() == 0) continue;
    Turn turn = {lane.Integer(0, 0), lane.Bytes(0, 1)};
    if (!lowest || turn < *lowest) lowest = std::move(turn);
  }
  std::optional<Head> first;
  // A tenant has the same turn in the lanes of all models: it is the first one of each that it is
  // in.
  for (size_t i = 0; i < models.size(); ++i) {
    if (lanes[i].count() == 0 || lanes[i].Bytes(0, 1) != lowest->second) continue;
    KeepEarlier(Head{lowest->second, lanes[i].Integer(0, 2), lanes[i].Integer(0, 3), models[i],
                     lanes[i].Bytes(0, 4)},
                first);
  }
  return first;
}

Result<std::optional<Head>> HeadInTurn(Connection& connection,
                                       const std::vector<std::string>& models,
                                       const JobStore::RunningLimit& running_limit) {
  if (!running_limit) return FirstInTurn(connection, models);
  ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> tenant,
                           TenantInTurn(connection, models, Room(connection, running_limit)));
  if (!tenant) return std::optional<Head>();
  return FirstOf(connection, *tenant, models);
}

// Goes with the next statement.
Status AskOthersByTurn(Connection& connection, const Head& head, Rows& others) {
  return connection.RunLater(
      "SELECT tenant FROM lanes WHERE model = $1 AND tenant <> $2 ORDER BY turn, tenant LIMIT $3",
      {head.model, head.tenant, int64_t{kMaxRidingTenants}}, &others);
}

// Appends the tenant's next jobs of the key, as many as there is room for, until `batch` holds
// `max_jobs`. Jobs that another transaction is changing, for instance cancelling, are passed over.
Status Append(Connection& connection, const std::string& batch_key, const std::string& tenant,
              const Room& room, int max_jobs, std::vector<JobRecord>& batch) {
  ATELIER_ASSIGN_OR_RETURN(const int64_t more, room.Of(tenant));
  if (more == 0) return {};
  static const std::string sql = SelectJobs(
      "WHERE state = 1 AND batch_key = $1 AND tenant = $2 ORDER BY rank_ms, sequence LIMIT $3"
      " FOR NO KEY UPDATE OF jobs SKIP LOCKED");
  const int64_t wanted = std::min(more, max_jobs - static_cast<int64_t>(batch.size()));
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run(sql, {batch_key, tenant, wanted}));
  std::vector<JobRecord> jobs = JobsOf(rows);
  std::move(jobs.begin(), jobs.end(), std::back_inserter(batch));
  return {};
}

// A tenant that stands behind all others already, as one that is alone, is not written.
Status MoveTurn(Connection& connection, const std::string& tenant) {
  return connection.RunLater(
      "UPDATE lanes SET turn = others.last + 1 FROM (SELECT MAX(turn) AS last FROM"
      " lanes WHERE tenant <> $1) AS others WHERE tenant = $1 AND turn <= others.last",
      {tenant});
}

}  // namespace

Result<bool> AnyInTurn(Connection& connection, const std::vector<std::string>& models,
                       const JobStore::RunningLimit& running_limit) {
  ATELIER_ASSIGN_OR_RETURN(const std::optional<Head> any,
                           HeadInTurn(connection, models, running_limit));
  return any.has_value();
}

Result<std::vector<JobRecord>> NextBatch(Connection& connection,
                                         const std::vector<std::string>& models, int max_jobs,
                                         const JobStore::RunningLimit& running_limit) {
  const Room room(connection, running_limit);
  std::vector<JobRecord> batch;
  ATELIER_RETURN_IF_ERROR(Lock(connection, kTurnLock));
  ATELIER_ASSIGN_OR_RETURN(const std::optional<Head> head,
                           HeadInTurn(connection, models, running_limit));
  if (!head) return batch;
  Rows others;
  ATELIER_RETURN_IF_ERROR(AskOthersByTurn(connection, *head, others));
  ATELIER_RETURN_IF_ERROR(Append(connection, head->batch_key, head->tenant, room, max_jobs, batch));
  // Where its tenant has room for none, nothing was asked yet.
  ATELIER_RETURN_IF_ERROR(connection.Await());
  for (int row = 0; row < others.count() && static_cast<int>(batch.size()) < max_jobs; ++row) {
    ATELIER_RETURN_IF_ERROR(
        Append(connection, head->batch_key, others.Bytes(row, 0), room, max_jobs, batch));
  }
  ATELIER_RETURN_IF_ERROR(MoveTurn(connection, head->tenant));
  return batch;
}

Status MutateAll(Connection& connection, std::vector<JobRecord>& jobs,
                 const JobStore::Mutation& mutate) {
  std::set<std::pair<std::string, std::string>> left;  // lanes
  for (JobRecord& job : jobs) {
    ATELIER_ASSIGN_OR_RETURN(JobRecord mutated, Mutated(job, mutate));
    if (mutated.revision != job.revision)
      ATELIER_RETURN_IF_ERROR(UpdateJob(connection, job, mutated));
    if (job.state == JobState::kQueued && mutated.state != JobState::kQueued)
      left.insert({job.model, job.tenant});
    job = std::move(mutated);
  }
  for (const auto& [model, tenant] : left)
    ATELIER_RETURN_IF_ERROR(connection.RunLater("SELECT leave_lane($1, $2)", {model, tenant}));
  return {};
}

bool RoomCheck::counts_tenant() const {
  return limits_.queued_per_tenant != kAny || limits_.step_pixels_per_tenant != kAny;
}

bool RoomCheck::counts() const { return limits_.queued != kAny || counts_tenant(); }

Status RoomCheck::AskLater(Connection& connection) {
  if (!counts()) return {};
  ATELIER_RETURN_IF_ERROR(
      connection.RunLater("SELECT SUM(queued)::BIGINT FROM totals", {}, &totals_));
  return counts_tenant() ? AskLoadOfTenant(connection, job_.tenant, tenant_) : Status();
}

RoomCheck::Found RoomCheck::Read() const {
  return {totals_.Integer(0, 0), counts_tenant() ? TenantLoadOf(tenant_) : TenantLoad()};
}

bool RoomCheck::IsNear(const Found& found) const {
  const auto is_near = [](int64_t value, int64_t step, int64_t limit) {
    return limit != kAny && (limit - value) / std::max<int64_t>(step, 1) < kSubmitsUnderWay;
  };
  return is_near(found.queued, 1, limits_.queued) ||
         is_near(found.load.queued, 1, limits_.queued_per_tenant) ||
         is_near(found.load.step_pixels, job_.step_pixels, limits_.step_pixels_per_tenant);
}

Status RoomCheck::Check(Connection& connection) {
  if (!counts()) return {};
  Found found = Read();
  if (IsNear(found)) {
    ATELIER_RETURN_IF_ERROR(Lock(connection, kLimitLock));
    ATELIER_RETURN_IF_ERROR(AskLater(connection));
    ATELIER_RETURN_IF_ERROR(connection.Await());
    found = Read();
  }
  if (found.queued >= limits_.queued) return QueueFull(limits_.queued);
  return CheckTenantLimits(job_, found.load, limits_);
}

Result<int64_t> CountAhead(Connection& connection, const JobRecord& job) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run(
          "WITH own AS (SELECT COUNT(*) AS ahead FROM jobs WHERE state = 1 AND model = $1 AND"
          "  tenant = $2 AND (rank_ms, sequence) < ($3, $4))"
          " SELECT own.ahead, (SELECT COALESCE(SUM(others.queued), 0)::BIGINT FROM lanes, LATERAL"
          "  (SELECT COUNT(*) AS queued FROM (SELECT 1 FROM jobs WHERE state = 1 AND model = $1 AND"
          "   jobs.tenant = lanes.tenant LIMIT own.ahead + 1) AS first_ones) AS others"
          "  WHERE lanes.model = $1 AND lanes.tenant <> $2)"
          " FROM own WHERE EXISTS (SELECT 1 FROM jobs WHERE sequence = $4 AND state = 1)",
          {job.model, job.tenant, job.rank_ms, job.sequence}));
  return rows.count() > 0 ? rows.Integer(0, 0) + rows.Integer(0, 1) : 0;
}

std::string FilterSql(const JobFilter& filter) {
  std::string sql;
  if (!filter.tenant.empty()) sql += " AND tenant = $3";
  if (!filter.error_reason.empty()) sql += " AND error_reason = $4";
  if (!filter.states.empty()) sql += " AND (($5 >> state::INT) & 1) = 1";
  return sql;
}

Result<int64_t> DeleteFinished(Connection& connection, std::string_view which, int64_t bound,
                               int64_t limit) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("DELETE FROM jobs WHERE sequence IN (SELECT sequence FROM jobs WHERE"
                     " state >= 3 AND " +
                         std::string(which) +
                         " ORDER BY ended_ms, sequence LIMIT $2 FOR UPDATE SKIP LOCKED)",
                     {bound, limit}));
  return rows.changed();
}

Result<bool> TryPruneLock(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows taken,
      connection.Run("SELECT pg_try_advisory_xact_lock($1)::INT::BIGINT", {Value(kPruneLock)}));
  return taken.Integer(0, 0) != 0;
}

}  // namespace atelier::server::postgres
