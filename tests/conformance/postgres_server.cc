#include "conformance/postgres_server.h"

#include <catch2/catch.hpp>

#include "conformance/postgres_process.h"
#include "support/temp_dir.h"

namespace atelier::testing {
namespace {

void Must(const Status& status) {
  INFO((status ? "" : status.error().message));
  REQUIRE(status);
}

struct Server {
  Server() { Must(process.Make()); }

  TempDir folder;
  PostgresProcess process{folder.path(), /*syncs=*/false};
};

PostgresProcess& TheServer() {
  static Server server;
  return server.process;
}

}  // namespace

std::string FreshPostgresUrl() {
  const auto url = TheServer().FreshUrl();
  INFO((url ? "" : url.error().message));
  REQUIRE(url.has_value());
  return *url;
}

void StopPostgres() { TheServer().Stop(); }

void StartPostgres() { Must(TheServer().Start()); }

}  // namespace atelier::testing
