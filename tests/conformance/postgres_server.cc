#include "conformance/postgres_server.h"

#include <catch2/catch.hpp>

#include "stores/postgres_process.h"

namespace atelier::testing {
namespace {

void Start(PostgresProcess& server) {
  const Status started = server.Start();
  INFO((started ? "" : started.error().message));
  REQUIRE(started.has_value());
}

PostgresProcess& TheServer() {
  static PostgresProcess server({});
  static const bool started = [] { return Start(server), true; }();
  (void)started;
  return server;
}

}  // namespace

std::string FreshPostgresUrl() {
  const auto schema = TheServer().MakeSchema();
  REQUIRE(schema.has_value());
  return PostgresProcess::Url(TheServer().folder()) + *schema;
}

void StopPostgres() { TheServer().StopAtOnce(); }

void StartPostgres() { Start(TheServer()); }

}  // namespace atelier::testing
