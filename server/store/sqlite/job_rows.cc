#include "server/store/sqlite/job_rows.h"

namespace atelier::server {
namespace {

// In the order of ReadRow and InsertJob, after `sequence`.
constexpr std::string_view kColumns =
    "id, tenant, spec, model, batch_key, state, revision, attempt, lost_workers,"
    " cancel_requested, rank_ms, queued_ms, expires_ms, started_ms, ended_ms, create_time_ms,"
    " start_time_ms, end_time_ms, outcome, error_reason, error_message, request_id, request_hash,"
    " traceparent, pixels, step_pixels, device_ms, pictures";

constexpr std::string_view kLeaseColumns = "token, worker, alone, deadline_ms";

// From `column` on.
Lease ReadLease(const Statement& row, int column) {
  Lease lease;
  lease.token = row.Bytes(column++);
  lease.worker = row.Bytes(column++);
  lease.alone = row.Integer(column++) != 0;
  lease.deadline_ms = row.Integer(column++);
  return lease;
}

JobRecord ReadRow(const Statement& row) {
  JobRecord job;
  int column = 0;
  job.sequence = row.Integer(column++);
  job.id = row.Bytes(column++);
  job.tenant = row.Bytes(column++);
  job.spec = row.Bytes(column++);
  job.model = row.Bytes(column++);
  job.batch_key = row.Bytes(column++);
  job.state = static_cast<JobState>(row.Integer(column++));
  job.revision = row.Integer(column++);
  job.attempt = static_cast<int>(row.Integer(column++));
  job.lost_workers = static_cast<int>(row.Integer(column++));
  job.cancel_requested = row.Integer(column++) != 0;
  job.rank_ms = row.Integer(column++);
  job.queued_ms = row.Integer(column++);
  job.expires_ms = row.Integer(column++);
  job.started_ms = row.Integer(column++);
  job.ended_ms = row.Integer(column++);
  job.create_time_ms = row.Integer(column++);
  job.start_time_ms = row.Integer(column++);
  job.end_time_ms = row.Integer(column++);
  job.outcome = row.Bytes(column++);
  job.error_reason = row.Bytes(column++);
  job.error_message = row.Bytes(column++);
  job.request_id = row.Bytes(column++);
  job.request_hash = row.Bytes(column++);
  job.traceparent = row.Bytes(column++);
  job.pixels = row.Integer(column++);
  job.step_pixels = row.Integer(column++);
  job.device_ms = row.Integer(column++);
  job.pictures = row.Integer(column++);
  Lease lease = ReadLease(row, column);
  // A job without a lease has no token.
  if (!lease.token.empty()) job.lease = std::move(lease);
  return job;
}

Status WriteLease(Database& database, const JobRecord& job) {
  if (!job.lease) {
    ATELIER_ASSIGN_OR_RETURN(Statement remove,
                             database.Prepare("DELETE FROM leases WHERE job = ?"));
    return remove.Bind(1, job.sequence).Run();
  }
  ATELIER_ASSIGN_OR_RETURN(
      Statement put, database.Prepare("INSERT OR REPLACE INTO leases (job, token, worker, alone,"
                                      " deadline_ms) VALUES (?, ?, ?, ?, ?)"));
  return put.Bind(1, job.sequence)
      .BindBlob(2, job.lease->token)
      .BindText(3, job.lease->worker)
      .Bind(4, job.lease->alone)
      .Bind(5, job.lease->deadline_ms)
      .Run();
}

}  // namespace

std::string SelectJobs(std::string_view tail) {
  std::string sql = "SELECT sequence, ";
  sql.append(kColumns).append(", ").append(kLeaseColumns);
  return sql.append(" FROM jobs LEFT JOIN leases ON job = sequence ").append(tail);
}

std::string SelectLeases(std::string_view tail) {
  std::string sql = "SELECT id, ";
  return sql.append(kLeaseColumns).append(" FROM leases JOIN jobs ON sequence = job ").append(tail);
}

Result<std::vector<JobLease>> ReadLeases(Statement& query) {
  std::vector<JobLease> leases;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return leases;
    leases.push_back({query.Bytes(0), ReadLease(query, 1)});
  }
}

Result<std::vector<JobRecord>> ReadJobs(Statement& query) {
  std::vector<JobRecord> jobs;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return jobs;
    jobs.push_back(ReadRow(query));
  }
}

Result<std::optional<JobRecord>> ReadJob(Statement& query) {
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? std::optional<JobRecord>(ReadRow(query)) : std::nullopt;
}

Result<int64_t> InsertJob(Database& database, const JobRecord& job) {
  static const std::string sql = "INSERT INTO jobs (" + std::string(kColumns) +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                 " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  ATELIER_ASSIGN_OR_RETURN(Statement insert, database.Prepare(sql));
  insert.BindText(1, job.id)
      .BindText(2, job.tenant)
      .BindBlob(3, job.spec)
      .BindText(4, job.model)
      .BindText(5, job.batch_key)
      .Bind(6, static_cast<int64_t>(job.state))
      .Bind(7, job.revision)
      .Bind(8, job.attempt)
      .Bind(9, job.lost_workers)
      .Bind(10, job.cancel_requested)
      .Bind(11, job.rank_ms)
      .Bind(12, job.queued_ms)
      .Bind(13, job.expires_ms)
      .Bind(14, job.started_ms)
      .Bind(15, job.ended_ms)
      .Bind(16, job.create_time_ms)
      .Bind(17, job.start_time_ms)
      .Bind(18, job.end_time_ms)
      .BindBlob(19, job.outcome)
      .BindText(20, job.error_reason)
      .BindText(21, job.error_message)
      .BindText(22, job.request_id)
      .BindText(23, job.request_hash)
      .BindText(24, job.traceparent)
      .Bind(25, job.pixels)
      .Bind(26, job.step_pixels)
      .Bind(27, job.device_ms)
      .Bind(28, job.pictures);
  ATELIER_RETURN_IF_ERROR(insert.Run());
  return database.last_insert_rowid();
}

Status UpdateJob(Database& database, const JobRecord& before, const JobRecord& job) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE jobs SET batch_key = ?, state = ?, revision = ?, attempt = ?,"
                       " lost_workers = ?, cancel_requested = ?, expires_ms = ?, started_ms = ?,"
                       " ended_ms = ?, start_time_ms = ?, end_time_ms = ?, outcome = ?,"
                       " error_reason = ?, error_message = ?, device_ms = ?, pictures = ?"
                       " WHERE sequence = ?"));
  ATELIER_RETURN_IF_ERROR(update.BindText(1, job.batch_key)
                              .Bind(2, static_cast<int64_t>(job.state))
                              .Bind(3, job.revision)
                              .Bind(4, job.attempt)
                              .Bind(5, job.lost_workers)
                              .Bind(6, job.cancel_requested)
                              .Bind(7, job.expires_ms)
                              .Bind(8, job.started_ms)
                              .Bind(9, job.ended_ms)
                              .Bind(10, job.start_time_ms)
                              .Bind(11, job.end_time_ms)
                              .BindBlob(12, job.outcome)
                              .BindText(13, job.error_reason)
                              .BindText(14, job.error_message)
                              .Bind(15, job.device_ms)
                              .Bind(16, job.pictures)
                              .Bind(17, job.sequence)
                              .Run());
  return before.lease == job.lease ? Status() : WriteLease(database, job);
}

}  // namespace atelier::server
