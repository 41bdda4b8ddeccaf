// Audit: counts in the servers' own database how often the end of each job was recorded. Triggers
// write the count in the transaction that records the end, so no crash can part the two.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "chaos/stores/database.h"

namespace atelier::chaos {

/// Adds the triggers to the database of a running server. What is there already stays.
Status InstallAudit(const std::filesystem::path& database);
Status InstallAudit(const Database& database);

/// Jobs whose end was recorded more than once, and request ids of more than one job.
Result<std::vector<std::string>> RecordedTwice(const std::filesystem::path& database);
Result<std::vector<std::string>> RecordedTwice(const Database& database);

/// What SQLite's own check finds wrong with the file; "ok" when nothing.
Result<std::string> CheckIntegrity(const std::filesystem::path& database);

}  // namespace atelier::chaos
