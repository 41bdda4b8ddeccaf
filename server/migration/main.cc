// atelier-migrate: moves a stopped studio's queue to PostgreSQL, or its pictures into another
// store. `atelier migrate` runs it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "atelier/config/v1/server.pb.h"
#include "base/version.h"
#include "config/load.h"
#include "server/migration/move_pictures.h"
#include "server/migration/move_store.h"
#include "server/open_blobs.h"
#include "server/open_store.h"
#include "server/storage/data_lock.h"

namespace atelier::server {
namespace {

// What it exits with. client/cli/administration/migrate.cc relies on the numbers.
constexpr int kMoved = 0;
constexpr int kRefused = 1;
constexpr int kUnreachable = 2;

constexpr std::string_view kFromScheme = "sqlite:", kToScheme = "postgres:";

/// As many requests at once as hide the way to an S3 store.
constexpr int kPictureThreads = 8;

struct Flags {
  bool pictures = false;
  std::string from, to;
};

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

Result<MovedRows> MoveQueue(const Flags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const std::string data, After(kFromScheme, "--from", flags.from));
  ATELIER_ASSIGN_OR_RETURN(const std::string database, DatabaseOf(flags.to));
  return MoveStore(data, database);
}

/// The settings of a server, without the environment's, which would count for both.
Result<config::v1::ServerConfig> ReadSettings(const char* flag, const std::string& file) {
  const config::Program program{.name = "atelier-server",
                                .description = "",
                                .environment = [](const char*) -> const char* { return nullptr; }};
  const char* const arguments[] = {"atelier-server", "--config", file.c_str()};
  config::v1::ServerConfig config;
  // It has said what is wrong.
  if (config::Load(program, 3, arguments, config))
    return InvalidField(flag, "the settings file of a server", file);
  return config;
}

/// Where a server keeps its pictures.
std::string PlaceOf(const config::v1::ServerConfig& config) {
  if (config.s3_bucket().empty()) return "folder " + config.data();
  return "bucket " + config.s3_endpoint() + " " + config.s3_bucket() + "/" + config.s3_prefix();
}

Result<MovedPictures> MoveBlobs(const Flags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const auto from, ReadSettings("--from", flags.from));
  ATELIER_ASSIGN_OR_RETURN(const auto to, ReadSettings("--to", flags.to));
  if (PlaceOf(from) == PlaceOf(to))
    return InvalidField("--to", "settings with another place for pictures than --from",
                        PlaceOf(to));
  ATELIER_ASSIGN_OR_RETURN(const auto from_lock, DataLock::Take(from.data()));
  std::unique_ptr<DataLock> to_lock;
  if (to.data() != from.data()) {
    ATELIER_ASSIGN_OR_RETURN(to_lock, DataLock::Take(to.data()));
  }
  const auto open = [](const config::v1::ServerConfig& config) {
    return OpenServerStore({.data = config.data(),
                            .database = config.database(),
                            .connections = config.database_connections()});
  };
  ATELIER_ASSIGN_OR_RETURN(const auto from_store, open(from));
  std::unique_ptr<ServerStore> other_store;
  if (to.data() != from.data() || to.database() != from.database()) {
    ATELIER_ASSIGN_OR_RETURN(other_store, open(to));
  }
  ServerStore& to_store = other_store ? *other_store : *from_store;
  ATELIER_ASSIGN_OR_RETURN(const auto from_blobs, OpenBlobs(from, from_store->blob_index(), {}));
  ATELIER_ASSIGN_OR_RETURN(const auto to_blobs, OpenBlobs(to, to_store.blob_index(), {}));
  return MovePictures(*from_blobs, *to_blobs, kPictureThreads);
}

int RunQueue(const Flags& flags) {
  const Result<MovedRows> moved = MoveQueue(flags);
  if (!moved) return Fail(moved.error());
  std::printf(
      "moved %lld jobs, %lld pictures' owners, %lld models, %lld tokens and what %lld tenants "
      "used\n",
      static_cast<long long>(moved->jobs), static_cast<long long>(moved->owners),
      static_cast<long long>(moved->models), static_cast<long long>(moved->tokens),
      static_cast<long long>(moved->tenants));
  return kMoved;
}

int RunPictures(const Flags& flags) {
  const Result<MovedPictures> moved = MoveBlobs(flags);
  if (!moved) return Fail(moved.error());
  std::printf("moved %lld pictures, %lld bytes; %lld were there already\n",
              static_cast<long long>(moved->pictures), static_cast<long long>(moved->bytes),
              static_cast<long long>(moved->present));
  if (moved->damaged == 0) return kMoved;
  std::fprintf(stderr,
               "%lld pictures are damaged, their bytes not what their names say, and were left "
               "out, assets/%s among them\n",
               static_cast<long long>(moved->damaged), moved->damaged_digest.c_str());
  return kRefused;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Moves a stopped studio's queue to PostgreSQL, all of it or nothing, or its pictures into "
      "another store. Exits with 0 when they are moved, 1 when they cannot be, 2 when the database "
      "or the store is not reached.",
      "atelier-migrate");
  app.set_version_flag("--version", std::string("atelier-migrate ") + kVersion,
                       "Print the version and end");
  app.add_flag("--pictures", flags.pictures,
               "pictures, not the queue; what is there already is left out, so that it may be run "
               "again");
  app.add_option("--from", flags.from,
                 "sqlite:DATA, the data folder of the stopped server; with --pictures its settings "
                 "file")
      ->required();
  app.add_option("--to", flags.to,
                 "postgres:..., a connection string or URI of libpq; the database is empty. With "
                 "--pictures the settings file of the server that goes on")
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
  return flags.pictures ? RunPictures(flags) : RunQueue(flags);
}

}  // namespace
}  // namespace atelier::server

int main(int argc, char** argv) { return atelier::server::Main(argc, argv); }
