// An upgrade beside running servers: a newer release's server, of which only the schema that it
// makes is played here, starts beside the real processes of this one.
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conformance/further_migration.h"
#include "replicas/clients.h"
#include "replicas/several_servers.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

constexpr int kLeaseSeconds = 5;

// Submits without a pause, from its first moment to its last.
class Client {
 public:
  Client(const SeveralServers& servers, int first)
      : jobs_(servers.Jobs(first)), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            acknowledged_ += Submit(*jobs_).empty() ? 0 : 1;
            std::this_thread::sleep_for(20ms);
          }
        }) {}
  int acknowledged() const { return acknowledged_; }
  void End() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  const std::unique_ptr<v1::JobService::Stub> jobs_;
  std::atomic<int> acknowledged_ = 0;
  std::jthread thread_;
};

struct Service {
  Service() {
    REQUIRE(database->Execute(kAudit));
    for (int i = 0; i < 2; ++i) {
      workers.push_back(std::make_unique<WaitingWorker>(servers, i));
      clients.push_back(std::make_unique<Client>(servers, i));
    }
  }
  int acknowledged() const { return clients[0]->acknowledged() + clients[1]->acknowledged(); }
  int64_t Ended() { return Ask(*database, "SELECT COUNT(*) FROM ends"); }
  /// Whether both clients and the workers get on from now.
  bool GetsOn() {
    const int64_t ended = Ended();
    const int first = clients[0]->acknowledged(), second = clients[1]->acknowledged();
    return Eventually([&] {
      return Ended() >= ended + 5 && clients[0]->acknowledged() > first &&
             clients[1]->acknowledged() > second;
    });
  }
  /// Whether every job that was acknowledged ended once and well.
  bool EndsWell() {
    for (const auto& client : clients) client->End();
    return Eventually([&] { return Ended() == acknowledged(); }) &&
           Ask(*database, "SELECT COUNT(*) FROM ends WHERE times <> 1") == 0 &&
           Ask(*database, "SELECT COUNT(*) FROM jobs WHERE state <> 3 OR attempt <> 1") == 0;
  }

  SeveralServers servers{2, kLeaseSeconds};
  const std::unique_ptr<server::postgres::Connection> database = OpenDatabase(servers);
  std::vector<std::unique_ptr<WaitingWorker>> workers;
  std::vector<std::unique_ptr<Client>> clients;
};

int64_t Known() { return static_cast<int64_t>(server::postgres::Migrations().size()); }

TEST_CASE(
    "Servers go on under a newer release's schema that they can work with, and start under it",
    "[replicas]") {
  Service service;
  REQUIRE(service.GetsOn());
  const Status migrated = MigrateFurther(service.servers.database(), {Compatible(Known())});
  INFO((migrated ? "" : migrated.error().message));
  REQUIRE(migrated.has_value());
  CHECK(Ask(*service.database, "SELECT version FROM schema_version") == Known() + 1);
  CHECK(service.GetsOn());
  // One of them is started again, as when its machine is, and finds the newer schema.
  service.servers.server(1).Signal(SIGTERM);
  CHECK(service.servers.server(1).Wait() == 0);
  service.servers.Start(1);
  CHECK(service.GetsOn());
  CHECK(service.EndsWell());
}

TEST_CASE("A schema that running servers cannot work with is refused, and they go on",
          "[replicas]") {
  Service service;
  REQUIRE(service.GetsOn());
  const std::vector<server::postgres::Migration> further = {Compatible(Known()), kIncompatible};
  const Status refused = MigrateFurther(service.servers.database(), further);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "STORE_IN_USE");
  CHECK(Ask(*service.database, "SELECT version FROM schema_version") == Known());
  CHECK(service.GetsOn());
  CHECK(service.EndsWell());

  service.workers.clear();
  for (int i = 0; i < 2; ++i) {
    service.servers.server(i).Signal(SIGTERM);
    CHECK(service.servers.server(i).Wait() == 0);
  }
  REQUIRE(MigrateFurther(service.servers.database(), further).has_value());
  // This release's server has no business there any more, and says so.
  Process& older = service.servers.Launch(0);
  CHECK(older.Wait().value_or(0) == 1);
  CHECK(older.Stderr().find("the database has schema version " + std::to_string(Known() + 2)) !=
        std::string::npos);
  CHECK(Ask(*service.database, "SELECT COUNT(*) FROM jobs WHERE state <> 3") == 0);
}

}  // namespace
}  // namespace atelier::testing
