#include "server/store/sqlite/job_rows.h"

namespace atelier::server {
namespace {

// In the order of ReadRow and InsertJob, after `sequence`.
constexpr std::string_view kColumns =
    "id, tenant, spec, model, batch_key, state, revision, attempt, lost_workers, lease_token,"
    " cancel_requested, rank_ms, queued_ms, expires_ms, started_ms, ended_ms, create_time_ms,"
    " start_time_ms, end_time_ms, outcome, error_reason, error_message, request_id, request_hash,"
    " traceparent";

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
  job.lease_token = row.Integer(column++);
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
  return job;
}

}  // namespace

std::string SelectJobs(std::string_view tail) {
  std::string sql = "SELECT sequence, ";
  return sql.append(kColumns).append(" FROM jobs ").append(tail);
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
                                 " ?, ?, ?, ?, ?, ?, ?)";
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
      .Bind(10, job.lease_token)
      .Bind(11, job.cancel_requested)
      .Bind(12, job.rank_ms)
      .Bind(13, job.queued_ms)
      .Bind(14, job.expires_ms)
      .Bind(15, job.started_ms)
      .Bind(16, job.ended_ms)
      .Bind(17, job.create_time_ms)
      .Bind(18, job.start_time_ms)
      .Bind(19, job.end_time_ms)
      .BindBlob(20, job.outcome)
      .BindText(21, job.error_reason)
      .BindText(22, job.error_message)
      .BindText(23, job.request_id)
      .BindText(24, job.request_hash)
      .BindText(25, job.traceparent);
  ATELIER_RETURN_IF_ERROR(insert.Run());
  return database.last_insert_rowid();
}

Status UpdateJob(Database& database, const JobRecord& job) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE jobs SET batch_key = ?, state = ?, revision = ?, attempt = ?,"
                       " lost_workers = ?, lease_token = ?, cancel_requested = ?, expires_ms = ?,"
                       " started_ms = ?, ended_ms = ?, start_time_ms = ?, end_time_ms = ?,"
                       " outcome = ?, error_reason = ?, error_message = ? WHERE sequence = ?"));
  return update.BindText(1, job.batch_key)
      .Bind(2, static_cast<int64_t>(job.state))
      .Bind(3, job.revision)
      .Bind(4, job.attempt)
      .Bind(5, job.lost_workers)
      .Bind(6, job.lease_token)
      .Bind(7, job.cancel_requested)
      .Bind(8, job.expires_ms)
      .Bind(9, job.started_ms)
      .Bind(10, job.ended_ms)
      .Bind(11, job.start_time_ms)
      .Bind(12, job.end_time_ms)
      .BindBlob(13, job.outcome)
      .BindText(14, job.error_reason)
      .BindText(15, job.error_message)
      .Bind(16, job.sequence)
      .Run();
}

}  // namespace atelier::server
