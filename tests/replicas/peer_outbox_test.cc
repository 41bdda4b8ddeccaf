#include "server/peers/peer_outbox.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "server/jobs/queue_time.h"
#include "server/store/shared_store.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

using namespace std::chrono_literals;

JobRecord MakeJob(const std::string& id) {
  JobRecord job;
  job.id = id;
  job.model = "models/m";
  job.batch_key = std::string(200, 'k');
  job.revision = 1;
  return job;
}

// All that the outbox has, read back.
std::vector<peers::v1::PeerNews> TakeAll(PeerOutbox& outbox) {
  std::vector<peers::v1::PeerNews> all;
  for (const std::string& text : outbox.Take()) {
    CHECK(text.size() <= kMaxNewsBytes);
    const auto news = DecodeNews(text);
    REQUIRE(news.has_value());
    all.push_back(*news);
  }
  return all;
}

TEST_CASE("However much is told at once, each text is short enough and nothing is left out",
          "[peers]") {
  PeerOutbox outbox;
  for (int i = 0; i < 500; ++i) outbox.Changed(JobState::kQueued, MakeJob(std::to_string(i)));
  outbox.TokensChanged();
  int changes = 0;
  bool tokens = false;
  for (const auto& news : TakeAll(outbox)) {
    for (const auto& change : news.changes()) CHECK(change.job() == std::to_string(changes++));
    tokens = tokens || news.tokens();
    CHECK_FALSE(news.look_anew());
  }
  CHECK(changes == 500);
  CHECK(tokens);
  CHECK(outbox.Take().empty());
}

TEST_CASE("Of progress the latest of each job is told, without its preview", "[peers]") {
  PeerOutbox outbox;
  v1::JobProgress progress;
  for (int step = 1; step <= 9; ++step) {
    progress.set_step(step);
    progress.set_preview(step == 2 ? std::string(50'000, 'p') : std::string());
    outbox.Reported("job", progress);
  }
  const auto all = TakeAll(outbox);
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].reports_size() == 1);
  CHECK(all[0].reports(0).progress().step() == 9);
  CHECK(all[0].reports(0).progress().preview().empty());
  CHECK(all[0].reports(0).has_preview());
  // The next one has to wait a little, and says so.
  outbox.Reported("job", progress);
  CHECK(outbox.Take().empty());
  CHECK(outbox.NextIn().has_value());
}

TEST_CASE("More than may wait is not kept: everybody is told to look at everything", "[peers]") {
  PeerOutbox outbox;
  for (int i = 0; i < 10'001; ++i) outbox.Changed(JobState::kQueued, MakeJob(std::to_string(i)));
  const auto all = TakeAll(outbox);
  REQUIRE(all.size() == 1);
  CHECK(all[0].look_anew());
  CHECK(all[0].tokens());
  CHECK(all[0].changes_size() == 1);
}

TEST_CASE("A text that is no news is passed over", "[peers]") {
  CHECK_FALSE(DecodeNews("hello").has_value());
  CHECK_FALSE(DecodeNews("abc").has_value());
  CHECK_FALSE(DecodeNews("ffff").has_value());
}

TEST_CASE("The queue's time follows the store's clock, and tells jitter from jumps", "[peers]") {
  FakeClock clock;
  QueueTime time(clock);
  const int64_t start_ms = time.NowMs();
  // The machine's own clock is an hour behind.
  time.Follow(start_ms + 3'600'000, 2ms);
  CHECK(time.NowMs() == start_ms + 3'600'001);
  CHECK(time.jumps() == 1);
  clock.Advance(1000ms);
  // What a slow answer explains changes nothing.
  time.Follow(time.NowMs() - 40, 50ms);
  CHECK(time.NowMs() == start_ms + 3'601'001);
  // A drift of some milliseconds is followed and is no jump.
  time.Follow(time.NowMs() + 30, 0ms);
  CHECK(time.NowMs() == start_ms + 3'601'031);
  CHECK(time.jumps() == 1);
  // The machine's wall clock does not matter.
  clock.JumpWall(std::chrono::hours(5));
  CHECK(time.NowMs() == start_ms + 3'601'031);
}

}  // namespace
}  // namespace atelier::server
