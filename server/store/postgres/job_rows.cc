#include "server/store/postgres/job_rows.h"

#include <utility>

namespace atelier::server::postgres {
namespace {

// In the order of ReadRow and InsertJob, after `sequence`.
constexpr std::string_view kColumns =
    "id, tenant, spec, model, batch_key, state, revision, attempt, lost_workers,"
    " cancel_requested, rank_ms, queued_ms, expires_ms, started_ms, ended_ms, create_time_ms,"
    " start_time_ms, end_time_ms, outcome, error_reason, error_message, request_id, request_hash,"
    " traceparent, pixels, step_pixels, device_ms, pictures";

constexpr std::string_view kLeaseColumns = "token, worker, alone, deadline_ms";

// From `column` on.
Lease ReadLease(const Rows& rows, int row, int column) {
  Lease lease;
  lease.token = rows.Bytes(row, column++);
  lease.worker = rows.Bytes(row, column++);
  lease.alone = rows.Integer(row, column++) != 0;
  lease.deadline_ms = rows.Integer(row, column++);
  return lease;
}

JobRecord ReadRow(const Rows& rows, int row) {
  JobRecord job;
  int column = 0;
  job.sequence = rows.Integer(row, column++);
  job.id = rows.Bytes(row, column++);
  job.tenant = rows.Bytes(row, column++);
  job.spec = rows.Bytes(row, column++);
  job.model = rows.Bytes(row, column++);
  job.batch_key = rows.Bytes(row, column++);
  job.state = static_cast<JobState>(rows.Integer(row, column++));
  job.revision = rows.Integer(row, column++);
  job.attempt = static_cast<int>(rows.Integer(row, column++));
  job.lost_workers = static_cast<int>(rows.Integer(row, column++));
  job.cancel_requested = rows.Integer(row, column++) != 0;
  job.rank_ms = rows.Integer(row, column++);
  job.queued_ms = rows.Integer(row, column++);
  job.expires_ms = rows.Integer(row, column++);
  job.started_ms = rows.Integer(row, column++);
  job.ended_ms = rows.Integer(row, column++);
  job.create_time_ms = rows.Integer(row, column++);
  job.start_time_ms = rows.Integer(row, column++);
  job.end_time_ms = rows.Integer(row, column++);
  job.outcome = rows.Bytes(row, column++);
  job.error_reason = rows.Bytes(row, column++);
  job.error_message = rows.Bytes(row, column++);
  job.request_id = rows.Bytes(row, column++);
  job.request_hash = rows.Bytes(row, column++);
  job.traceparent = rows.Bytes(row, column++);
  job.pixels = rows.Integer(row, column++);
  job.step_pixels = rows.Integer(row, column++);
  job.device_ms = rows.Integer(row, column++);
  job.pictures = rows.Integer(row, column++);
  Lease lease = ReadLease(rows, row, column);
  // A job without a lease has no token.
  if (!lease.token.empty()) job.lease = std::move(lease);
  return job;
}

Status WriteLease(Connection& connection, const JobRecord& job) {
  if (!job.lease) {
    return connection.RunLater("DELETE FROM leases WHERE job = $1", {Value(job.sequence)});
  }
  return connection.RunLater(
      "INSERT INTO leases (job, token, worker, alone, deadline_ms) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT (job) DO UPDATE SET token = excluded.token, worker = excluded.worker,"
      " alone = excluded.alone, deadline_ms = excluded.deadline_ms",
      {job.sequence, Blob{job.lease->token}, job.lease->worker, int64_t{job.lease->alone},
       job.lease->deadline_ms});
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

std::vector<JobLease> LeasesOf(const Rows& rows) {
  std::vector<JobLease> leases;
  for (int row = 0; row < rows.count(); ++row)
    leases.push_back({rows.Bytes(row, 0), ReadLease(rows, row, 1)});
  return leases;
}

std::vector<JobRecord> JobsOf(const Rows& rows) {
  std::vector<JobRecord> jobs;
  for (int row = 0; row < rows.count(); ++row) jobs.push_back(ReadRow(rows, row));
  return jobs;
}

std::optional<JobRecord> JobOf(const Rows& rows) {
  return rows.count() > 0 ? std::optional<JobRecord>(ReadRow(rows, 0)) : std::nullopt;
}

Status InsertJob(Connection& connection, const JobRecord& job, Rows& sequence) {
  static const std::string sql =
      "INSERT INTO jobs (" + std::string(kColumns) +
      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
      " $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) RETURNING sequence";
  return connection.RunLater(sql,
                             {job.id,
                              job.tenant,
                              Blob{job.spec},
                              job.model,
                              job.batch_key,
                              static_cast<int64_t>(job.state),
                              job.revision,
                              int64_t{job.attempt},
                              int64_t{job.lost_workers},
                              int64_t{job.cancel_requested},
                              job.rank_ms,
                              job.queued_ms,
                              job.expires_ms,
                              job.started_ms,
                              job.ended_ms,
                              job.create_time_ms,
                              job.start_time_ms,
                              job.end_time_ms,
                              Blob{job.outcome},
                              job.error_reason,
                              job.error_message,
                              job.request_id,
                              job.request_hash,
                              job.traceparent,
                              job.pixels,
                              job.step_pixels,
                              job.device_ms,
                              job.pictures},
                             &sequence);
}

Status UpdateJob(Connection& connection, const JobRecord& before, const JobRecord& job) {
  ATELIER_RETURN_IF_ERROR(connection.RunLater(
      "UPDATE jobs SET batch_key = $1, state = $2, revision = $3, attempt = $4, lost_workers = $5,"
      " cancel_requested = $6, expires_ms = $7, started_ms = $8, ended_ms = $9,"
      " start_time_ms = $10, end_time_ms = $11, outcome = $12, error_reason = $13,"
      " error_message = $14, device_ms = $15, pictures = $16 WHERE sequence = $17",
      {job.batch_key, static_cast<int64_t>(job.state), job.revision, int64_t{job.attempt},
       int64_t{job.lost_workers}, int64_t{job.cancel_requested}, job.expires_ms, job.started_ms,
       job.ended_ms, job.start_time_ms, job.end_time_ms, Blob{job.outcome}, job.error_reason,
       job.error_message, job.device_ms, job.pictures, job.sequence}));
  return before.lease == job.lease ? Status() : WriteLease(connection, job);
}

Status AskByRequest(Connection& connection, const std::string& tenant,
                    const std::string& request_id, Rows& older) {
  // The last condition lets PostgreSQL use the partial index.
  static const std::string sql =
      SelectJobs("WHERE tenant = $1 AND request_id = $2 AND request_id <> ''");
  return connection.RunLater(sql, {tenant, request_id}, &older);
}

}  // namespace atelier::server::postgres
