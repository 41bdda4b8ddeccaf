// Jobs and their leases as rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/postgres/connection.h"

namespace atelier::server::postgres {

/// "SELECT every column of a job and its lease FROM ..." with `tail`, e.g. "WHERE id = $1".
std::string SelectJobs(std::string_view tail);
/// "SELECT a job's id and its lease FROM ..." with `tail`.
std::string SelectLeases(std::string_view tail);

std::vector<JobRecord> JobsOf(const Rows& rows);
std::optional<JobRecord> JobOf(const Rows& rows);
std::vector<JobLease> LeasesOf(const Rows& rows);

/// Goes with the next statement; `sequence` holds the job's then, in a row of its own.
Status InsertJob(Connection& connection, const JobRecord& job, Rows& sequence);
/// Writes `job` over the row that holds `before`, lease included.
Status UpdateJob(Connection& connection, const JobRecord& before, const JobRecord& job);

/// Asks for the tenant's job of that request, along with the next statement of `connection`, into
/// `older`.
Status AskByRequest(Connection& connection, const std::string& tenant,
                    const std::string& request_id, Rows& older);

}  // namespace atelier::server::postgres
