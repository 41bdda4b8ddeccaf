#include "server/store/postgres/shared_rows.h"

namespace atelier::server::postgres {
namespace {

WorkerRow WorkerOf(const Rows& rows, int row) {
  return {.name = rows.Bytes(row, 0),
          .registration = rows.Bytes(row, 1),
          .silent_for = std::chrono::milliseconds(rows.Integer(row, 2)),
          .lost_leases = rows.Integer(row, 3)};
}

}  // namespace

Result<int64_t> NowMs(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run("SELECT now_ms()"));
  return rows.Integer(0, 0);
}

Status CommitWithoutWaiting(Connection& connection) {
  return connection.RunLater("SET LOCAL synchronous_commit = off");
}

Status SyncWhatIsCommitted(Connection& connection) {
  // The log has one order. A transaction that wrote nothing would not be waited for.
  return connection.RunLater("SELECT pg_logical_emit_message(TRUE, 'atelier', '')");
}

Result<std::vector<JobStanding>> StandingsOf(Connection& connection,
                                             const std::vector<std::string>& ids) {
  // Ids are the server's own: none has a comma.
  std::string joined;
  for (const std::string& id : ids) joined += joined.empty() ? id : "," + id;
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT id, state, revision, cancel_requested FROM jobs"
                                          " WHERE id = ANY(string_to_array($1, ','))",
                                          {joined}));
  std::vector<JobStanding> standings;
  for (int row = 0; row < rows.count(); ++row)
    standings.push_back({rows.Bytes(row, 0), static_cast<JobState>(rows.Integer(row, 1)),
                         rows.Integer(row, 2), rows.Integer(row, 3) != 0});
  return standings;
}

Status WriteWorker(Connection& connection, const std::string& name,
                   const std::string& registration) {
  return connection.RunLater(
      "INSERT INTO workers VALUES ($1, $2, now_ms(), 0) ON CONFLICT (name) DO UPDATE"
      " SET registration = excluded.registration, heard_ms = excluded.heard_ms, lost_leases = 0",
      {name, Blob{registration}});
}

Result<bool> TouchWorker(Connection& connection, const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.RunAndCommit("UPDATE workers SET heard_ms = now_ms() WHERE name = $1", {name}));
  return rows.changed() == 1;
}

Status AddLostLease(Connection& connection, const std::string& name) {
  return connection.RunLater("UPDATE workers SET lost_leases = lost_leases + 1 WHERE name = $1",
                             {name});
}

Status DeleteWorker(Connection& connection, const std::string& name) {
  return connection.RunLater("DELETE FROM workers WHERE name = $1", {name});
}

Status DeleteSilentWorkers(Connection& connection, std::chrono::milliseconds silence) {
  return connection.RunLater("DELETE FROM workers WHERE heard_ms < now_ms() - $1",
                             {Value(int64_t{silence.count()})});
}

Result<std::optional<WorkerRow>> ReadWorker(Connection& connection, const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows, connection.Run("SELECT name, registration, now_ms() - heard_ms, lost_leases"
                                      " FROM workers WHERE name = $1",
                                      {name}));
  if (rows.count() == 0) return std::optional<WorkerRow>();
  return std::optional<WorkerRow>(WorkerOf(rows, 0));
}

Result<std::vector<WorkerRow>> ReadWorkers(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows, connection.Run("SELECT name, registration, now_ms() - heard_ms, lost_leases"
                                      " FROM workers ORDER BY name"));
  std::vector<WorkerRow> workers;
  for (int row = 0; row < rows.count(); ++row) workers.push_back(WorkerOf(rows, row));
  return workers;
}

Status WritePreview(Connection& connection, const std::string& job, const std::string& preview) {
  return connection.RunLater(
      "INSERT INTO previews VALUES ($1, $2) ON CONFLICT (job)"
      " DO UPDATE SET preview = excluded.preview",
      {job, Blob{preview}});
}

Result<std::string> ReadPreview(Connection& connection, const std::string& job) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT preview FROM previews WHERE job = $1", {job}));
  return rows.count() > 0 ? rows.Bytes(0, 0) : std::string();
}

Status DeleteOldPreviews(Connection& connection) {
  return connection.RunLater(
      "DELETE FROM previews WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = job AND state = 2)");
}

}  // namespace atelier::server::postgres
