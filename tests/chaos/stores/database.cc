#include "chaos/stores/database.h"

#include <memory>

#include "server/store/postgres/connection.h"

namespace atelier::chaos {
namespace {

constexpr char kSocket[] = ".s.PGSQL.5432";

}  // namespace

Database::Database()
    : panel_(folder_.path() / "faults"),
      process_({.syncs = true, .prefix = panel_.Under({})}),
      proxy_({.path = (proxy_folder() / kSocket).string()},
             {.path = (process_.folder() / kSocket).string()}) {
  testing::PostgresProcess::GiveToServer(folder_.path());
  testing::PostgresProcess::GiveToServer(folder_.path() / "faults");
}

Result<Database*> Database::Get() {
  static Database database;
  if (!database.process_.runs()) ATELIER_RETURN_IF_ERROR(database.process_.Start());
  return &database;
}

Status Database::Refresh() {
  proxy_.Heal();
  panel_.FreeDisk();
  ATELIER_ASSIGN_OR_RETURN(schema_, process_.MakeSchema());
  return {};
}

Result<std::vector<std::string>> Database::Ask(const std::string& sql) const {
  ATELIER_ASSIGN_OR_RETURN(const auto connection,
                           server::postgres::Connection::Open({.url = Url(process_.folder())}));
  // Several statements at once cannot be asked, only made.
  if (sql.find(';') != std::string::npos) {
    ATELIER_RETURN_IF_ERROR(connection->Execute(sql));
    return std::vector<std::string>();
  }
  ATELIER_ASSIGN_OR_RETURN(const server::postgres::Rows rows, connection->Run(sql));
  std::vector<std::string> texts;
  for (int row = 0; row < rows.count(); ++row) texts.push_back(rows.Bytes(row, 0));
  return texts;
}

}  // namespace atelier::chaos
