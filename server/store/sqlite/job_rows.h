// JobRecord <-> row of the table `jobs` and, while it is leased, of `leases`, and the statements
// that read and write one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/job_record.h"
#include "server/store/sqlite/database.h"

namespace atelier::server {

/// "SELECT <every column> FROM jobs " and `tail`.
std::string SelectJobs(std::string_view tail);

/// All rows of a statement made with SelectJobs.
Result<std::vector<JobRecord>> ReadJobs(Statement& query);
/// Its first row.
Result<std::optional<JobRecord>> ReadJob(Statement& query);

/// Adds a row and returns its sequence.
Result<int64_t> InsertJob(Database& database, const JobRecord& job);
/// Writes every column that may change, and the lease where it is another than `before`'s.
Status UpdateJob(Database& database, const JobRecord& before, const JobRecord& job);

/// "SELECT <every column> FROM leases " and `tail`, which may name columns of the lease alone.
std::string SelectLeases(std::string_view tail);
/// All rows of a statement made with SelectLeases.
Result<std::vector<JobLease>> ReadLeases(Statement& query);

}  // namespace atelier::server
