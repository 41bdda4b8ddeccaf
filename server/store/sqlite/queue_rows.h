// The queue's order in SQL: whose turn it is, and which rows a lease takes.
#pragma once

#include <vector>

#include "server/store/job_store.h"
#include "server/store/sqlite/database.h"

namespace atelier::server {

/// What JobStore::TakeQueued() would take. Moves the turn of the tenant that is served.
Result<std::vector<JobRecord>> NextBatch(Database& database, const std::vector<std::string>& models,
                                         int max_jobs, const JobStore::RunningLimit& running_limit);

/// Refuses when a limit leaves no room for `job`.
Status CheckLimits(Database& database, const JobRecord& job, const QueueLimits& limits);

/// The one integer that `sql`, without parameters, answers; 0 when there is no row.
Result<int64_t> ReadInteger(Database& database, std::string_view sql);

}  // namespace atelier::server
