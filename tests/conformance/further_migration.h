// A release with one more migration than this one, as far as a database shows it.
#pragma once

#include <string>
#include <vector>

#include "server/store/postgres/migrations.h"

namespace atelier::testing {

/// A step that servers from version `from` on can work with: what their statements need not know
/// of.
inline server::postgres::Migration Compatible(int64_t from) {
  static std::string sql;
  sql = "-- compatible_from: " + std::to_string(from) +
        "\nCREATE TABLE later (number BIGINT NOT NULL);"
        "ALTER TABLE jobs ADD COLUMN later BIGINT NOT NULL DEFAULT 0;"
        "CREATE INDEX jobs_by_later ON jobs (later);";
  return {"later", sql.c_str()};
}

/// One that none of them can.
inline constexpr server::postgres::Migration kIncompatible = {
    "later", "CREATE TABLE even_later (number BIGINT NOT NULL);"};

/// As a server of that release does when it starts. Errors: Migrate()'s.
inline Status MigrateFurther(const std::string& url,
                             const std::vector<server::postgres::Migration>& further) {
  std::vector<server::postgres::Migration> steps = server::postgres::Migrations();
  steps.insert(steps.end(), further.begin(), further.end());
  ATELIER_ASSIGN_OR_RETURN(const auto connection, server::postgres::Connection::Open({.url = url}));
  return server::postgres::Migrate(*connection, steps);
}

}  // namespace atelier::testing
