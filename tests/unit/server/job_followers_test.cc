// Those who wait for jobs, without a thread each.
#include <catch2/catch.hpp>

#include "support/eventually.h"
#include "unit/server/backend.h"
#include "unit/server/recorded_news.h"

namespace atelier::server {
namespace {

struct Followed : Backend {
  std::string Add() {
    const auto job = Submit(MakeSpec());
    REQUIRE(job.has_value());
    return job->id;
  }
  std::shared_ptr<RecordedNews> Follow(const std::string& id,
                                       std::chrono::milliseconds keep_alive = {}) {
    auto news = std::make_shared<RecordedNews>();
    last_key = followers.Follow({id, 0, keep_alive}, news);
    return news;
  }

  JobFollowers::Key last_key = 0;
  JobFollowers followers{queue, clock, [](JobState) { return Status(); }};
};

v1::JobProgress Step(int step) {
  v1::JobProgress progress;
  progress.set_step(step);
  progress.set_steps(20);
  return progress;
}

}  // namespace

TEST_CASE("A watcher that reads slowly is told the latest and not all that was between",
          "[followers]") {
  Followed backend;
  backend.RegisterWorker();
  const std::string id = backend.Add();
  const auto slow = backend.Follow(id);
  slow->SetReady(false);
  const auto slow_key = backend.last_key;
  const auto quick = backend.Follow(id);
  REQUIRE(slow->Wait(1).size() == 1);
  const JobRecord leased = backend.Lease().at(0);
  for (int step = 1; step <= 5; ++step) {
    const size_t before = quick->seen().size();
    backend.queue.feed().Progress(leased.id, Step(step));
    REQUIRE(quick->Wait(before + 1).size() > before);
  }
  // The first answer was taken when it was still ready, or not: one more may have come.
  const size_t told = slow->seen().size();
  CHECK(told <= 2);
  slow->SetReady(true);
  backend.followers.Resume(slow_key);
  const auto seen = slow->Wait(told + 1);
  REQUIRE(seen.size() == told + 1);
  CHECK(seen.back().live.progress.step() == 5);
}

TEST_CASE("A watcher of a silent job is told of it again, under the same event", "[followers]") {
  Followed backend;
  const auto news = backend.Follow(backend.Add(), std::chrono::seconds(10));
  REQUIRE(news->Wait(1).size() == 1);
  backend.clock.Advance(std::chrono::seconds(9));
  backend.clock.Advance(std::chrono::seconds(2));
  const auto seen = news->Wait(2);
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].event_id == seen[0].event_id);
  CHECK(seen[1].job.state == JobState::kQueued);
}

TEST_CASE("Who may follow no longer is told why, and whoever else follows the job goes on",
          "[followers]") {
  Followed backend;
  const std::string id = backend.Add();
  std::atomic<bool> may = true;
  const auto refused = std::make_shared<RecordedNews>();
  const auto may_follow = [&]() -> Status {
    if (may) return {};
    return MakeError(Code::kUnauthenticated, "TOKEN_REVOKED", "revoked");
  };
  const auto key = backend.followers.Follow({id, 0, {}, may_follow}, refused);
  const auto other = backend.Follow(id);
  REQUIRE(refused->Wait(1).size() == 1);
  REQUIRE(other->Wait(1).size() == 1);
  may = false;
  const auto end = refused->End();
  REQUIRE(end.has_value());
  CHECK(end->error().reason == "TOKEN_REVOKED");
  CHECK_FALSE(backend.followers.Leave(key));
  CHECK(backend.followers.IsFollowed(id));
  REQUIRE(backend.queue.Cancel(id).has_value());
  CHECK(other->Wait(2).back().job.state == JobState::kCancelled);
  CHECK(refused->seen().size() == 1);
  // A group of one goes with its last follower.
  may = true;
  const std::string second = backend.Add();
  const auto alone = std::make_shared<RecordedNews>();
  backend.followers.Follow({second, 0, {}, may_follow}, alone);
  REQUIRE(alone->Wait(1).size() == 1);
  may = false;
  REQUIRE(alone->End().has_value());
  CHECK_FALSE(backend.followers.IsFollowed(second));
}

TEST_CASE("A job that moves up in the queue is told so under its last event", "[followers]") {
  Followed backend;
  const std::string first = backend.Add();
  const auto news = backend.Follow(backend.Add());
  REQUIRE(news->Wait(1).at(0).position == 1);
  REQUIRE(backend.queue.Cancel(first).has_value());
  const auto seen = news->Wait(2);
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].position == 0);
  CHECK(seen[1].event_id == seen[0].event_id);
}

TEST_CASE("Whoever leaves learns whether others wait, and is told nothing more", "[followers]") {
  Followed backend;
  const std::string id = backend.Add();
  const auto first = backend.Follow(id);
  const auto first_key = backend.last_key;
  const auto second = backend.Follow(id);
  const auto second_key = backend.last_key;
  REQUIRE(first->Wait(1).size() == 1);
  CHECK_FALSE(backend.followers.Leave(first_key));
  REQUIRE(backend.queue.Cancel(id).has_value());
  const auto end = second->End();
  REQUIRE(end.has_value());
  CHECK((*end)->state == JobState::kCancelled);
  CHECK_FALSE(first->End(std::chrono::milliseconds(0)).has_value());
  CHECK(first->seen().size() == 1);
  // The job has ended, and with it the waiting: nobody is asked to cancel it.
  CHECK_FALSE(backend.followers.Leave(second_key));

  const auto alone = backend.Follow(backend.Add());
  CHECK(backend.followers.Leave(backend.last_key));
}

TEST_CASE("Whoever has left is not told of a change that comes at once", "[followers]") {
  Followed backend;
  for (int i = 0; i < 100; ++i) {
    const std::string id = backend.Add();
    const auto gone = backend.Follow(id);
    const auto gone_key = backend.last_key;
    const auto waiting = backend.Follow(id);
    REQUIRE(gone->Wait(1).size() == 1);
    REQUIRE(waiting->Wait(1).size() == 1);
    backend.followers.Leave(gone_key);
    REQUIRE(backend.queue.Cancel(id).has_value());
    REQUIRE(waiting->End().has_value());
    CHECK(gone->seen().size() == 1);
  }
}

TEST_CASE("A job that there is not ends the waiting", "[followers]") {
  Followed backend;
  const auto end = backend.Follow("none")->End();
  REQUIRE(end.has_value());
  CHECK(end->error().code == Code::kNotFound);
}

TEST_CASE("What ends the waiting is asked while steps come without a pause", "[followers]") {
  Followed backend;
  backend.RegisterWorker();
  const std::string id = backend.Add();
  std::atomic<bool> stopping = false;
  JobFollowers followers(backend.queue, backend.clock, [&](JobState) -> Status {
    if (!stopping) return {};
    return MakeError(Code::kUnavailable, "DRAINING", "bye");
  });
  const auto news = std::make_shared<RecordedNews>();
  followers.Follow({id}, news);
  REQUIRE(news->Wait(1).size() == 1);
  const JobRecord leased = backend.Lease().at(0);
  std::atomic<bool> over = false;
  std::thread worker([&] {
    for (int step = 1; !over; ++step) {
      backend.queue.feed().Progress(leased.id, Step(step));
      // As fast as they are told, or a thousand a second.
      news->Wait(news->seen().size() + 1, std::chrono::milliseconds(1));
    }
  });
  const size_t told = news->Wait(20).size();
  stopping = true;
  const auto end = news->End(std::chrono::seconds(1));
  over = true;
  worker.join();
  CHECK(told >= 20);
  REQUIRE(end.has_value());
  CHECK(end->error().reason == "DRAINING");
}

}  // namespace atelier::server
