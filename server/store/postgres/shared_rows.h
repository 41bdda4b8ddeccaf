// What servers share beyond the queue; see SharedStore's functions of the same meaning.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "server/store/postgres/connection.h"
#include "server/store/shared_store.h"

namespace atelier::server::postgres {

Result<int64_t> NowMs(Connection& connection);
/// The present transaction is not waited for: a crash of the database may lose it.
Status CommitWithoutWaiting(Connection& connection);
/// Makes the present transaction one that is on disk only when all that were committed before it
/// are, whoever waited for them.
Status SyncWhatIsCommitted(Connection& connection);
Result<std::vector<JobStanding>> StandingsOf(Connection& connection,
                                             const std::vector<std::string>& ids);

Status WriteWorker(Connection& connection, const std::string& name,
                   const std::string& registration);
Result<bool> TouchWorker(Connection& connection, const std::string& name);
Status AddLostLease(Connection& connection, const std::string& name);
Status DeleteWorker(Connection& connection, const std::string& name);
Status DeleteSilentWorkers(Connection& connection, std::chrono::milliseconds silence);
Result<std::optional<WorkerRow>> ReadWorker(Connection& connection, const std::string& name);
Result<std::vector<WorkerRow>> ReadWorkers(Connection& connection);

Status WritePreview(Connection& connection, const std::string& job, const std::string& preview);
Result<std::string> ReadPreview(Connection& connection, const std::string& job);
Status DeleteOldPreviews(Connection& connection);

}  // namespace atelier::server::postgres
