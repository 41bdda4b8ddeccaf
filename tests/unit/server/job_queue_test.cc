// Priority, turns, expiry, retention and estimates, on a clock that the test moves.
#include "server/jobs/job_queue.h"

#include <catch2/catch.hpp>

#include "unit/server/backend.h"
#include "unit/server/recorded_news.h"

namespace atelier::server {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kAgeing(30);
// Of JobSpec.priority.
constexpr int kMinPriority = -10;
constexpr int kMaxPriority = 10;

std::string Add(Backend& backend, int priority = 0, const std::string& tenant = kDefaultTenant,
                milliseconds ttl = milliseconds(0), const std::string& batch_key = "") {
  JobRecord job;
  job.id = tenant + "-" + std::to_string(backend.queue.store().List(1000, 1 << 30)->size());
  job.tenant = tenant;
  job.model = "models/atelier-mini";
  // Of its own: never taken along with another.
  job.batch_key = batch_key.empty() ? job.id : batch_key;
  return backend.queue.Submit(job, {priority, ttl})->id;
}

std::string Next(Backend& backend) {
  const auto jobs = backend.queue.Take("w", {"models/atelier-mini"}, 1);
  return jobs->empty() ? "" : jobs->at(0).id;
}

}  // namespace

TEST_CASE("A job goes before a higher class that came later than their distance in ageing",
          "[queue]") {
  Backend backend;
  const std::string low = Add(backend, kMinPriority);
  const std::string normal = Add(backend);
  const std::string high = Add(backend, kMaxPriority);
  CHECK(Next(backend) == high);

  backend.clock.Advance(kAgeing * 10 - milliseconds(1));
  const std::string just_in_time = Add(backend, kMaxPriority);
  backend.clock.Advance(milliseconds(2));
  const std::string too_late = Add(backend, kMaxPriority);
  CHECK(Next(backend) == just_in_time);
  CHECK(Next(backend) == normal);
  CHECK(Next(backend) == too_late);
  // The bound of all: 20 classes of 30 s. Whoever keeps coming with the highest priority after that
  // no longer holds the lowest up.
  backend.clock.Advance(kAgeing * 10);
  const std::string flood = Add(backend, kMaxPriority);
  CHECK(Next(backend) == low);
  CHECK(Next(backend) == flood);
}

TEST_CASE("A flood of high priorities holds a job up for the stated time and no longer",
          "[queue]") {
  Backend backend;
  const std::string low = Add(backend, -3);
  // One urgent job a second comes and one is taken: without ageing, `low` would wait for ever.
  int second = 0;
  while (second < 1000) {
    Add(backend, 4);
    if (Next(backend) == low) break;
    backend.clock.Advance(seconds(1));
    ++second;
  }
  // (4 - -3) * 30 s.
  CHECK(second == 210);
}

TEST_CASE("A wall clock set an hour forward or back changes neither order nor expiry nor leases",
          "[queue]") {
  const auto jump = GENERATE(hours(1), hours(-1));
  Backend backend;
  backend.RegisterWorker();
  const std::string running = backend.Submit(MakeSpec())->id;
  const JobRecord leased = backend.Lease().at(0);
  REQUIRE(leased.id == running);
  const std::string first = Add(backend, 0, kDefaultTenant, seconds(60));
  backend.clock.JumpWall(jump);
  backend.clock.Advance(kLease - milliseconds(1));
  const std::string second = Add(backend, 0, kDefaultTenant, seconds(60));
  CHECK(backend.dispatcher.ExpireLeases() == 0);
  CHECK(backend.queue.ExpireQueued() == 0);
  CHECK(backend.queue.Prune() == 0);
  CHECK(backend.dispatcher.ReportProgress(running, leased.lease->token, nullptr) == false);
  CHECK(Next(backend) == first);
  CHECK(Next(backend) == second);
  REQUIRE(backend.dispatcher.Complete(running, leased.lease->token, {}).has_value());
  // Shown as the wall clock said; measured as time passed.
  const JobRecord done = *backend.queue.Get(running);
  CHECK(done.ended_ms - done.started_ms == (kLease - milliseconds(1)).count());
  CHECK(done.end_time_ms - done.start_time_ms ==
        (kLease - milliseconds(1)).count() + milliseconds(jump).count());
}

TEST_CASE("A restart after the wall clock was set back keeps new jobs behind old ones", "[queue]") {
  Backend backend;
  const std::string old = Add(backend);
  backend.clock.JumpWall(-hours(1));
  JobQueue restarted(backend.store, backend.metrics, backend.clock, {});
  REQUIRE(restarted.Recover().has_value());
  JobRecord job = *backend.queue.Get(old);
  job.id = job.batch_key = "new";
  REQUIRE(restarted.Submit(job).has_value());
  CHECK(restarted.Take("w", {"models/atelier-mini"}, 1)->at(0).id == old);
  CHECK(restarted.Take("w", {"models/atelier-mini"}, 1)->at(0).id == "new");
}

TEST_CASE("A tenant with ten thousand urgent jobs holds another's single one up for one turn",
          "[queue]") {
  Backend backend;
  for (int i = 0; i < 9999; ++i) {
    JobRecord job;
    job.id = job.batch_key = "m" + std::to_string(i);
    job.tenant = "many";
    job.model = "models/atelier-mini";
    REQUIRE(backend.queue.Submit(job, {kMaxPriority}).has_value());
  }
  const std::string single = Add(backend, kMinPriority, "one");
  CHECK(backend.queue.Position(*backend.queue.Get(single)) == 1);
  CHECK(Next(backend) == "m0");
  CHECK(Next(backend) == single);
  CHECK(Next(backend) == "m1");
}

TEST_CASE("A queued job whose time is over expires with a reason, a running one never", "[queue]") {
  Backend backend;
  const std::string running = Add(backend, 0, kDefaultTenant, seconds(5));
  REQUIRE(Next(backend) == running);
  const std::string queued = Add(backend, 0, kDefaultTenant, seconds(5));
  const std::string endless = Add(backend);
  backend.clock.Advance(seconds(5) - milliseconds(1));
  CHECK(backend.queue.ExpireQueued() == 0);
  backend.clock.Advance(milliseconds(1));
  CHECK(backend.queue.ExpireQueued() == 1);
  const JobRecord expired = *backend.queue.Get(queued);
  CHECK(expired.state == JobState::kExpired);
  CHECK(expired.error_reason == "QUEUE_TTL");
  CHECK_THAT(expired.error_message, Catch::Contains("queue_ttl of 5 s"));
  CHECK(backend.queue.Get(running)->state == JobState::kRunning);
  CHECK(backend.metrics.expired_jobs.Value() == 1);
  CHECK(backend.metrics.FinishedJobs("expired").Value() == 1);
  CHECK(backend.metrics.queue_depth.Value() == 1);
  // Back in the queue after its worker was lost, its time is over.
  const std::string token = backend.queue.Get(running)->lease->token;
  REQUIRE(backend.queue.Fail(running, token, {kWorkerLostReason, "silent", true}).has_value());
  CHECK(backend.queue.ExpireQueued() == 1);
  CHECK(Next(backend) == endless);
}

TEST_CASE("A job without a time to live takes the server's", "[queue]") {
  JobQueue::Options options;
  options.queue_ttl = seconds(3);
  Backend backend(options);
  backend.RegisterWorker();
  const JobRecord job = *backend.Submit(MakeSpec());
  v1::JobSpec spec;
  REQUIRE(spec.ParseFromString(job.spec));
  CHECK(spec.queue_ttl().seconds() == 3);
  backend.clock.Advance(seconds(3));
  CHECK(backend.queue.ExpireQueued() == 1);
  CHECK(backend.queue.Get(job.id)->state == JobState::kExpired);
}

TEST_CASE("A finished job, and its request id with it, goes when its retention is over",
          "[queue]") {
  JobQueue::Options options;
  options.retain_finished = hours(1);
  options.max_finished = 2;
  Backend backend(options);
  backend.RegisterWorker();
  const auto finish = [&](const std::string& request_id) {
    const std::string id = backend.Submit(MakeSpec(), request_id)->id;
    const JobRecord job = backend.Lease().at(0);
    v1::PaintedImage image;
    image.set_asset("assets/" + request_id);
    REQUIRE(backend.dispatcher.Complete(id, job.lease->token, {.images = {image}}).has_value());
    return id;
  };
  const std::string job = finish("order-1");
  backend.clock.Advance(hours(1) - milliseconds(1));
  CHECK(backend.queue.Prune() == 0);
  // Replayed with its result for as long.
  const auto replayed = backend.Submit(MakeSpec(), "order-1");
  CHECK(replayed->id == job);
  CHECK_THAT(replayed->outcome, Catch::Contains("assets/order-1"));
  CHECK(backend.metrics.joined_submits.Value() == 1);
  backend.clock.Advance(milliseconds(2));
  CHECK(backend.queue.Prune() == 1);
  CHECK(backend.queue.Get(job).error().code == Code::kNotFound);
  CHECK(finish("order-1") != job);
  finish("order-2");
  finish("order-3");
  CHECK(backend.queue.Prune() == 1);
  CHECK(backend.metrics.pruned_jobs.Value() == 2);
}

TEST_CASE("A submit that meets its tenant's limit is refused and counted", "[queue]") {
  JobQueue::Options options;
  options.tenants = {{.queued = 1}};
  Backend backend(options);
  Add(backend, 0, "a");
  JobRecord job;
  job.id = "second";
  job.tenant = "a";
  CHECK(backend.queue.Submit(job).error().reason == "TENANT_QUEUE_FULL");
  job.tenant = "b";
  CHECK(backend.queue.Submit(job).has_value());
  CHECK(backend.metrics.RefusedSubmits("TENANT_QUEUE_FULL").Value() == 1);
}

TEST_CASE("A job whose pictures overtook its last report has done all of its steps", "[queue]") {
  Backend backend;
  const std::string id = Add(backend);
  const JobRecord taken = backend.queue.Take("w", {"models/atelier-mini"}, 1)->at(0);
  v1::JobProgress progress;
  progress.set_step(5);
  progress.set_steps(6);
  backend.queue.Progress(id, progress);
  v1::PaintedImage image;
  image.set_asset("assets/" + std::string(64, 'a'));
  REQUIRE(backend.queue.Complete(id, taken.lease->token, {.images = {image}}).has_value());
  v1::Job outcome;
  REQUIRE(outcome.ParseFromString(backend.queue.Get(id)->outcome));
  CHECK(outcome.progress().step() == 6);
}

TEST_CASE("Event ids grow over progress, retries and a restart, and a cursor skips what was seen",
          "[queue]") {
  Backend backend;
  const std::string id = Add(backend);
  std::vector<JobNews> seen;
  const auto follow = [&](JobQueue& queue, int64_t cursor) {
    // It is told what there is and then not to wait.
    JobFollowers followers(queue, backend.clock,
                           [](JobState) -> Status { return MakeError(Code::kCancelled, "", ""); });
    const auto news = std::make_shared<RecordedNews>();
    followers.Follow({id, cursor}, news);
    REQUIRE(news->End().has_value());
    seen = news->seen();
    return seen.empty() ? cursor : seen.back().event_id;
  };
  const auto report = [&](JobQueue& queue, int step, const std::string& preview = "") {
    v1::JobProgress progress;
    progress.set_step(step);
    progress.set_steps(20);
    progress.set_preview(preview);
    queue.feed().Progress(id, progress);
  };
  const int64_t queued = follow(backend.queue, 0);
  CHECK(queued > 0);
  CHECK(follow(backend.queue, queued) == queued);
  CHECK(seen.empty());

  REQUIRE(Next(backend) == id);
  const int64_t running = follow(backend.queue, queued);
  CHECK(running > queued);
  report(backend.queue, 3, "preview");
  const int64_t third_step = follow(backend.queue, running);
  CHECK(third_step > running);
  CHECK(seen.at(0).live.progress.preview() == "preview");
  CHECK(follow(backend.queue, third_step) == third_step);
  CHECK(seen.empty());

  // A new server knows of no step, then of one that was seen, then of a new one.
  telemetry::Metrics metrics;
  JobQueue restarted(backend.store, metrics, backend.clock, {});
  REQUIRE(restarted.Recover().has_value());
  CHECK(follow(restarted, third_step) == third_step);
  CHECK(seen.empty());
  report(restarted, 3);
  CHECK(follow(restarted, third_step) == third_step);
  CHECK(seen.empty());
  report(restarted, 4);
  const int64_t fourth_step = follow(restarted, third_step);
  CHECK(fourth_step > third_step);

  REQUIRE(
      restarted.Fail(id, restarted.Get(id)->lease->token, {"DRAINING", "bye", true}).has_value());
  const int64_t again = follow(restarted, fourth_step);
  CHECK(again > fourth_step);
  // A cursor from another life of the data is none.
  CHECK(follow(restarted, again << 20) == again);
  CHECK(seen.size() == 1);
  REQUIRE(restarted.Cancel(id).has_value());
  const int64_t end = follow(restarted, again);
  CHECK(end > again);
  // The end is told whatever the cursor.
  CHECK(follow(restarted, end) == end);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].job.state == JobState::kCancelled);
}

}  // namespace atelier::server
