// Several servers over one database: any of them answers any call.
#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "replicas/server_fixture.h"

namespace atelier::server {
namespace {

std::vector<int64_t> EventIds(const std::vector<JobNews>& news) {
  std::vector<int64_t> ids;
  for (const JobNews& each : news) ids.push_back(each.event_id);
  return ids;
}

bool Ended(RecordedNews& news, JobState state) {
  const auto end = news.End(20s);
  return end && end->has_value() && (*end)->state == state;
}

TEST_CASE("A job goes through three servers, and who watches it at the first sees it all",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url), c(url);
  b.Register("w");
  const auto watch = a.Follow(a.Submit("job"));
  const JobRecord leased = b.LeaseOne("w");
  for (const int step : {1, 5}) {
    REQUIRE(c.Report(leased, step).has_value());
    CHECK(testing::Eventually([&] {
      const auto seen = watch->seen();
      return !seen.empty() && seen.back().live.progress.step() == step;
    }));
  }
  REQUIRE(c.Complete(leased));
  CHECK(Ended(*watch, JobState::kSucceeded));
  const auto ids = EventIds(watch->seen());
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  // A late report to another server is refused there too, once it heard of the end.
  CHECK(testing::Eventually([&] {
    const auto late = b.Report(leased, 9);
    return !late && late.error().reason == kLeaseLostReason;
  }));
}

TEST_CASE("A watch that moves to another server goes on after the last event it saw",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url), c(url);
  b.Register("w");
  const auto first = a.Follow(a.Submit("job"));
  const JobRecord leased = b.LeaseOne("w");
  REQUIRE(b.Report(leased, 3).has_value());
  REQUIRE(testing::Eventually([&] {
    const auto seen = first->seen();
    return !seen.empty() && seen.back().live.progress.step() == 3;
  }));
  a.followers->Leave(a.last_key);
  const int64_t last = first->seen().back().event_id;
  const auto second = c.Follow("job", last);
  REQUIRE(b.Report(leased, 4).has_value());
  REQUIRE(testing::Eventually([&] { return !second->seen().empty(); }));
  CHECK(second->seen().front().live.progress.step() == 4);
  REQUIRE(b.Complete(leased));
  CHECK(Ended(*second, JobState::kSucceeded));
  for (const JobNews& news : second->seen()) CHECK(news.event_id > last);
}

TEST_CASE("A preview that a worker sends to one server is seen at another", "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  b.Register("w");
  const auto watch = a.Follow(a.Submit("job"));
  const JobRecord leased = b.LeaseOne("w");
  const std::string preview(50'000, 'p');  // More than a notification holds.
  REQUIRE(b.Report(leased, 2, 10, preview).has_value());
  CHECK(testing::Eventually([&] {
    const auto seen = watch->seen();
    return !seen.empty() && seen.back().live.progress.preview() == preview;
  }));
  REQUIRE(b.Complete(leased));
  CHECK(Ended(*watch, JobState::kSucceeded));
}

TEST_CASE("A cancel at one server reaches the worker that reports to another", "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  b.Register("w");
  a.Submit("job");
  const JobRecord leased = b.LeaseOne("w");
  REQUIRE_FALSE(b.Report(leased, 1).value());
  REQUIRE(a.queue.Cancel("job").has_value());
  CHECK(testing::Eventually([&] { return b.Report(leased, 2).value(); }));
}

TEST_CASE("Heartbeats at one server keep a lease at all, and silence ends it at one of them",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  // An hour ahead, right, and an hour behind.
  Server a(url, 60min), b(url), c(url, -60min);
  b.Register("w");
  a.Submit("job");
  const JobRecord leased = b.LeaseOne("w");
  const auto start = std::chrono::steady_clock::now();
  auto last = start;
  int step = 0;
  // Longer than all of them wait at their start, three heartbeats a lease, at the two in turns.
  while (last - start < 3 * kShortLease) {
    ++step;
    const auto reported = (step % 2 == 0 ? a : c).Report(leased, step, 1000);
    INFO((reported ? "" : reported.error().message));
    REQUIRE(reported.has_value());
    last = std::chrono::steady_clock::now();
    (void)testing::Eventually([] { return false; }, kShortLease / 3);
  }
  CHECK(a.expired + b.expired + c.expired == 0);
  // Then the worker is dead.
  REQUIRE(testing::Eventually([&] { return b.queue.Get("job")->state == JobState::kQueued; }, 10s));
  const auto silent = std::chrono::steady_clock::now() - last;
  CHECK(silent < kShortLease + 500ms);
  CHECK(silent > kShortLease / 2);
  // Counted when the call that did it returns, a moment after the row says so.
  CHECK(testing::Eventually([&] { return a.expired + b.expired + c.expired >= 1; }));
  CHECK(a.expired + b.expired + c.expired == 1);
  CHECK(c.queue.Get("job")->lost_workers == 1);
}

TEST_CASE("Servers whose clocks are hours apart have one queue and one time", "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url, 60min), b(url, -60min);
  b.Register("w");
  CHECK(std::abs(a.queue.time().NowMs() - b.queue.time().NowMs()) < 100);
  a.Submit("first");
  b.Submit("second");
  a.Submit("third", {.ttl = 200ms});
  CHECK(b.LeaseOne("w").id == "first");
  CHECK(b.LeaseOne("w").id == "second");
  REQUIRE(testing::Eventually([&] { return b.queue.ExpireQueued().value() == 1; }));
  CHECK(a.queue.Get("third")->state == JobState::kExpired);
}

TEST_CASE("Who waits at a server that hears no news sees the end, and later news again",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  b.Register("w");
  const auto watch = a.Follow(a.Submit("job"));
  const JobRecord leased = b.LeaseOne("w");
  REQUIRE(watch->Wait(2).size() >= 1);
  const auto listening = [&] {
    return Ask(url,
               "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'atelier-news'"
               " AND query NOT LIKE '%stat_activity%'");
  };
  REQUIRE(testing::Eventually([&] { return listening() >= 2; }));
  Ask(url,
      "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE application_name = 'atelier-news'");
  // Nobody can tell a while of it: whatever was sent now is lost.
  REQUIRE(b.Complete(leased));
  CHECK(Ended(*watch, JobState::kSucceeded));
  REQUIRE(testing::Eventually([&] { return listening() >= 2; }));
  const auto again = b.Follow(b.Submit("again"));
  CHECK(a.LeaseOne("w").id == "again");
  CHECK(testing::Eventually([&] {
    const auto seen = again->seen();
    return !seen.empty() && seen.back().job.state == JobState::kRunning;
  }));
}

TEST_CASE("A worker that waits at one server gets what is submitted at another at once",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  b.Register("w");
  std::vector<double> milliseconds;
  for (int i = 0; i < 40; ++i) {
    struct Got {
      JobRecord job;
      std::chrono::steady_clock::time_point at;
    };
    auto got = std::make_shared<std::promise<Got>>();
    LeaseWait wait{"w", 1, std::chrono::steady_clock::now() + 20s, [] { return Status(); }};
    REQUIRE(b.dispatcher.BeginWait(wait));
    b.waiters->Add(std::move(wait), [got](const Result<std::vector<JobRecord>>& jobs) {
      if (jobs && jobs->size() == 1)
        got->set_value({jobs->front(), std::chrono::steady_clock::now()});
    });
    // So that it waits already.
    (void)testing::Eventually([] { return false; }, 30ms);
    a.Submit("job" + std::to_string(i));
    const auto submitted = std::chrono::steady_clock::now();
    auto future = got->get_future();
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    const Got leased = future.get();
    milliseconds.push_back(
        std::chrono::duration<double, std::milli>(leased.at - submitted).count());
    REQUIRE(b.Complete(leased.job));
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const double median = milliseconds[milliseconds.size() / 2];
  const double p95 = milliseconds[milliseconds.size() * 95 / 100];
  WARN("pickup at another server, ms: median " << median << ", p95 " << p95);
  // A few on a quiet machine; without news it would be looked for once a second.
  CHECK(median < 250);
}

TEST_CASE("A worker belongs to all servers: any lists its models, leases to it and lets it go",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url), c(url);
  a.Register("w");
  CHECK(testing::Eventually([&] { return c.workers.CountWorkers()[kModel] == 1; }));
  CHECK(testing::Eventually([&] { return b.workers.LiveModels().size() == 1; }));
  c.Submit("job");
  const JobRecord leased = b.LeaseOne("w");
  // It leaves at a third server and holds nothing: what it was given goes back uncounted.
  c.dispatcher.Leave("w", {});
  CHECK(a.queue.Get("job")->state == JobState::kQueued);
  CHECK(a.queue.Get("job")->attempt == 0);
  CHECK(testing::Eventually([&] { return !a.workers.Knows("w"); }));
  const auto refused = a.dispatcher.LeaseJobs("w", 1, 0ms, [] { return Status(); });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "UNKNOWN_WORKER");
}

TEST_CASE("A token made at one server is good at another, and one revoked there no more here",
          "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  const auto made = a.tokens.Create("t", {}, 0s, "");
  REQUIRE(made.has_value());
  CHECK(testing::Eventually([&] { return b.tokens.Find(made->secret).has_value(); }));
  REQUIRE(b.tokens.Revoke(made->token.id).has_value());
  CHECK(testing::Eventually([&] { return !a.tokens.Find(made->secret).has_value(); }));
}

TEST_CASE("Jobs that another server took and ended leave the estimates here", "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  Server a(url), b(url);
  b.Register("w");
  for (int i = 0; i < 3; ++i) a.Submit("job" + std::to_string(i));
  CHECK(testing::Eventually([&] { return b.queue.LoadOf(kModel).queued == 3; }));
  const JobRecord leased = b.LeaseOne("w");
  CHECK(testing::Eventually([&] {
    const ModelLoad load = a.queue.LoadOf(kModel);
    return load.queued == 2 && load.running == 1;
  }));
  REQUIRE(b.Complete(leased));
  CHECK(testing::Eventually([&] { return a.queue.LoadOf(kModel).running == 0; }));
}

TEST_CASE("Servers that prune at once forget no more than is beyond the limit", "[replicas]") {
  const std::string url = testing::FreshPostgresUrl();
  JobQueue::Options options;
  options.max_finished = 30;
  Server a(url, 0min, options), b(url, 0min, options);
  for (int i = 0; i < 60; ++i) REQUIRE(a.queue.Cancel(a.Submit("job" + std::to_string(i))));
  auto other = std::async(std::launch::async, [&] { return b.queue.Prune().value(); });
  const int64_t pruned = a.queue.Prune().value() + other.get();
  CHECK(pruned + a.queue.Prune().value() == 30);
  CHECK(a.store->Count()->finished == 30);
}

}  // namespace
}  // namespace atelier::server
