// The real server processes over one database: what the loss of one of them costs.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "replicas/clients.h"
#include "replicas/several_servers.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kLeaseSeconds = 2;

// Watches a job to its end at whatever server answers. Whether its event ids only grew and it
// ended.
struct Watched {
  bool ended = false;
  bool grew = true;
  int streams = 0;
};
Watched Watch(v1::JobService::Stub& jobs, const std::string& name) {
  Watched watched;
  int64_t last = 0;
  for (; watched.streams < 200 && !watched.ended; ++watched.streams) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 60s);
    v1::WatchJobRequest request;
    request.set_name(name);
    request.set_after_event_id(last);
    const auto stream = jobs.WatchJob(&context, request);
    v1::WatchJobResponse response;
    while (stream->Read(&response)) {
      watched.grew = watched.grew && response.event_id() >= last;
      last = response.event_id();
      watched.ended = response.job().state() == v1::JOB_STATE_SUCCEEDED;
    }
    (void)stream->Finish();
    if (!watched.ended) std::this_thread::sleep_for(50ms);
  }
  return watched;
}

TEST_CASE("kill -9 of one of three servers under load loses nothing and holds nobody up",
          "[replicas]") {
  SeveralServers servers(3, kLeaseSeconds);
  const auto database = OpenDatabase(servers);
  REQUIRE(database->Execute(kAudit));
  std::vector<std::unique_ptr<WaitingWorker>> workers;
  for (int worker = 0; worker < 3; ++worker)
    workers.push_back(std::make_unique<WaitingWorker>(servers, worker));

  constexpr int kClients = 6, kJobsEach = 25;
  std::atomic<int> acknowledged = 0, ended = 0, went_back = 0, moved = 0;
  std::vector<std::jthread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      const auto jobs = servers.Jobs(client);
      for (int i = 0; i < kJobsEach; ++i) {
        const std::string name = Submit(*jobs);
        acknowledged += name.empty() ? 0 : 1;
        const Watched watched = Watch(*jobs, name);
        ended += watched.ended ? 1 : 0;
        went_back += watched.grew ? 0 : 1;
        moved += watched.streams > 1 ? 1 : 0;
      }
    });
  }
  REQUIRE(Eventually([&] { return ended > 20; }, 120s));
  servers.server(0).Signal(SIGKILL);
  const int64_t killed_ms = Ask(*database, "SELECT now_ms()");
  clients.clear();

  CHECK(acknowledged == kClients * kJobsEach);
  CHECK(ended == kClients * kJobsEach);
  CHECK(went_back == 0);
  CHECK(Ask(*database, "SELECT COUNT(*) FROM ends") == kClients * kJobsEach);
  CHECK(Ask(*database, "SELECT COUNT(*) FROM ends WHERE times <> 1") == 0);
  CHECK(Ask(*database, "SELECT COUNT(*) FROM jobs WHERE state <> 3") == 0);
  const int64_t stall_ms = Ask(*database,
                               "SELECT MAX(gap)::BIGINT FROM (SELECT at_ms - LAG(at_ms) OVER"
                               " (ORDER BY at_ms) AS gap, at_ms FROM ends) AS gaps WHERE at_ms > " +
                                   std::to_string(killed_ms));
  const int64_t longest_ms =
      Ask(*database, "SELECT MAX(at_ms - queued_ms) FROM ends JOIN jobs ON id = job");
  WARN("longest pause of all ends after the kill " << stall_ms << " ms, longest job " << longest_ms
                                                   << " ms, watches that moved " << moved);
  CHECK(stall_ms <= 1000 * kLeaseSeconds);
}

}  // namespace
}  // namespace atelier::testing
