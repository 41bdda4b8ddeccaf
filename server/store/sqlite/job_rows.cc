#include "server/store/sqlite/job_rows.h"

namespace atelier::server {
namespace {

JobRecord ReadRow(const Statement& row) {
  JobRecord job;
  job.sequence = row.Integer(0);
  job.id = row.Bytes(1);
  job.spec = row.Bytes(2);
  job.model = row.Bytes(3);
  job.batch_key = row.Bytes(4);
  job.state = static_cast<JobState>(row.Integer(5));
  job.attempt = static_cast<int>(row.Integer(6));
  job.lease_token = row.Integer(7);
  job.cancel_requested = row.Integer(8) != 0;
  job.create_time_ms = row.Integer(9);
  job.start_time_ms = row.Integer(10);
  job.end_time_ms = row.Integer(11);
  job.outcome = row.Bytes(12);
  job.error_reason = row.Bytes(13);
  job.error_message = row.Bytes(14);
  job.request_id = row.Bytes(15);
  job.request_hash = row.Bytes(16);
  job.traceparent = row.Bytes(17);
  return job;
}

}  // namespace

std::string SelectJobs(std::string_view tail) {
  return "SELECT sequence, id, spec, model, batch_key, state, attempt, lease_token,"
         " cancel_requested, create_time_ms, start_time_ms, end_time_ms, outcome, error_reason,"
         " error_message, request_id, request_hash, traceparent FROM jobs " +
         std::string(tail);
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
  ATELIER_ASSIGN_OR_RETURN(
      Statement insert,
      database.Prepare(
          "INSERT INTO jobs (id, spec, model, batch_key, state, attempt, lease_token,"
          " cancel_requested, create_time_ms, start_time_ms, end_time_ms, outcome, error_reason,"
          " error_message, request_id, request_hash, traceparent)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.BindText(1, job.id)
      .BindBlob(2, job.spec)
      .BindText(3, job.model)
      .BindText(4, job.batch_key)
      .Bind(5, static_cast<int64_t>(job.state))
      .Bind(6, job.attempt)
      .Bind(7, job.lease_token)
      .Bind(8, job.cancel_requested)
      .Bind(9, job.create_time_ms)
      .Bind(10, job.start_time_ms)
      .Bind(11, job.end_time_ms)
      .BindBlob(12, job.outcome)
      .BindText(13, job.error_reason)
      .BindText(14, job.error_message)
      .BindText(15, job.request_id)
      .BindText(16, job.request_hash)
      .BindText(17, job.traceparent);
  ATELIER_RETURN_IF_ERROR(insert.Run());
  return database.last_insert_rowid();
}

Status UpdateJob(Database& database, const JobRecord& job) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE jobs SET state = ?, attempt = ?, lease_token = ?,"
                       " cancel_requested = ?, start_time_ms = ?, end_time_ms = ?, outcome = ?,"
                       " error_reason = ?, error_message = ? WHERE sequence = ?"));
  return update.Bind(1, static_cast<int64_t>(job.state))
      .Bind(2, job.attempt)
      .Bind(3, job.lease_token)
      .Bind(4, job.cancel_requested)
      .Bind(5, job.start_time_ms)
      .Bind(6, job.end_time_ms)
      .BindBlob(7, job.outcome)
      .BindText(8, job.error_reason)
      .BindText(9, job.error_message)
      .Bind(10, job.sequence)
      .Run();
}

}  // namespace atelier::server
