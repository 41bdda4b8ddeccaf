// One of several servers stands still: its connections stay open, and nothing comes over them.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "event_log.h"
#include "fake_dispatch.h"
#include "rpc/server.h"
#include "runtime/dispatch_client.h"
#include "support/eventually.h"
#include "unit/server/api/silent_proxy.h"

namespace atelier {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPatience = 200ms;

/// Two servers, of which the first may fall silent, and a worker's client of both.
struct TwoServers {
  TwoServers() {
    client.set_patience(kPatience);
    job.set_job("a");
    job.set_lease("token");
  }
  std::shared_ptr<grpc::Channel> Connect() const {
    return rpc::Connect("ipv4:" + proxy.address() + ",127.0.0.1:" + std::to_string(second.port()));
  }
  /// Calls take turns once both are connected.
  bool MeetsBoth() {
    return testing::Eventually([&] {
      return client.Report(job, std::nullopt) && first_log.Contains("heartbeat a") &&
             second_log.Contains("heartbeat a");
    });
  }

  EventLog first_log, second_log;
  FakeDispatch first{first_log}, second{second_log};
  testing::SilentProxy proxy{first.port()};
  runtime::DispatchClient client{Connect(), "worker", [this] { return Connect(); }};
  v1::LeasedJob job;
};

}  // namespace

TEST_CASE("A heartbeat that one server does not answer is answered by another in time",
          "[lease_loop]") {
  TwoServers servers;
  REQUIRE(servers.MeetsBoth());
  servers.proxy.FallSilent();
  const auto begin = steady_clock::now();
  for (int i = 0; i < 10; ++i) CHECK(servers.client.Report(servers.job, std::nullopt));
  // Not ten times the patience: after the first it is known who is silent. A call's deadline is 5
  // s.
  CHECK(steady_clock::now() - begin < 4s);
}

TEST_CASE("Calls at a server that fell silent end once another one answers", "[lease_loop]") {
  TwoServers servers;
  REQUIRE(servers.MeetsBoth());
  servers.proxy.FallSilent();
  std::atomic<int> completed = 0, ended = 0;
  std::vector<std::jthread> calls;
  for (int i = 0; i < 4; ++i) {
    calls.emplace_back([&] {
      const Status status = servers.client.Complete(servers.job, {}, {});
      completed += status ? 1 : 0;
      ended += !status && status.error().code == Code::kUnavailable ? 1 : 0;
    });
  }
  REQUIRE(servers.second_log.WaitFor("complete a"));
  const auto begin = steady_clock::now();
  for (int i = 0; i < 2; ++i) CHECK(servers.client.Report(servers.job, std::nullopt));
  calls.clear();
  // Their deadline is half a minute.
  CHECK(steady_clock::now() - begin < 10s);
  CHECK(completed + ended == 4);
  CHECK(ended >= 1);
}

TEST_CASE("Without another server a silent one costs a heartbeat its deadline and no more",
          "[lease_loop]") {
  EventLog log;
  FakeDispatch server(log);
  testing::SilentProxy proxy(server.port());
  const auto connect = [&] { return rpc::Connect(proxy.address()); };
  runtime::DispatchClient client(connect(), "worker", connect);
  client.set_patience(kPatience);
  v1::LeasedJob job;
  job.set_job("a");
  REQUIRE(client.Report(job, std::nullopt));
  proxy.FallSilent();
  const auto begin = steady_clock::now();
  const Result<bool> answer = client.Report(job, std::nullopt);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Code::kDeadlineExceeded);
  CHECK(steady_clock::now() - begin < 10s);
}

}  // namespace atelier
