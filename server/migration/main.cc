// atelier-migrate: moves a stopped studio's queue to PostgreSQL. `atelier migrate` runs it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/version.h"
#include "server/migration/move_store.h"

namespace atelier::server {
namespace {

// What it exits with. client/cli/administration/migrate.cc relies on the numbers.
constexpr int kMoved = 0;
constexpr int kRefused = 1;
constexpr int kUnreachable = 2;

constexpr std::string_view kFromScheme = "sqlite:", kToScheme = "postgres:";

int Fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return error.code == Code::kUnavailable ? kUnreachable : kRefused;
}

/// What stands after `scheme`; INVALID_ARGUMENT when `value` begins with something else.
Result<std::string> After(std::string_view scheme, const char* flag, const std::string& value) {
  if (value.starts_with(scheme) && value.size() > scheme.size()) return value.substr(scheme.size());
  return InvalidField(flag, std::string(scheme) + "...", value);
}

/// libpq takes a URI, which begins with postgres:// itself, or "host=... dbname=...".
Result<std::string> DatabaseOf(const std::string& to) {
  if (to.starts_with("postgres://") || to.starts_with("postgresql://")) return to;
  return After(kToScheme, "--to", to);
}

Result<MovedRows> Move(const std::string& from, const std::string& to) {
  ATELIER_ASSIGN_OR_RETURN(const std::string data, After(kFromScheme, "--from", from));
  ATELIER_ASSIGN_OR_RETURN(const std::string database, DatabaseOf(to));
  return MoveStore(data, database);
}

int Main(int argc, char** argv) {
  std::string from, to;
  CLI::App app(
      "Moves a stopped studio's queue to PostgreSQL, all of it or nothing. Exits with 0 when it is "
      "moved, 1 when it cannot be, 2 when the database is not reached.",
      "atelier-migrate");
  app.set_version_flag("--version", std::string("atelier-migrate ") + kVersion,
                       "Print the version and end");
  app.add_option("--from", from, "sqlite:DATA, the data folder of the stopped server")->required();
  app.add_option("--to", to,
                 "postgres:..., a connection string or URI of libpq; the database is empty")
      ->required();
  // Seam: CLI11 throws; one sentence is enough for what was mistyped.
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {
    return app.exit(asked_for);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kRefused;
  }
  const Result<MovedRows> moved = Move(from, to);
  if (!moved) return Fail(moved.error());
  std::printf(
      "moved %lld jobs, %lld pictures' owners, %lld models, %lld tokens and what %lld tenants "
      "used\n",
      static_cast<long long>(moved->jobs), static_cast<long long>(moved->owners),
      static_cast<long long>(moved->models), static_cast<long long>(moved->tokens),
      static_cast<long long>(moved->tenants));
  return kMoved;
}

}  // namespace
}  // namespace atelier::server

int main(int argc, char** argv) { return atelier::server::Main(argc, argv); }
