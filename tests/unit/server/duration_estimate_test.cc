#include "server/jobs/duration_estimate.h"

#include <cmath>
#include <functional>
#include <map>

#include "unit/server/backend.h"

namespace atelier::server {
namespace {

using std::chrono::milliseconds;

constexpr char kModel[] = "models/atelier-mini";

/// What a simulated worker's jobs take, and the studio around it.
///
/// A job takes `prepare` seconds, then, with those it was leased with, `encode` each, `step` for
/// each step of each, and `decode` each. The next batch is leased and prepared while one is
/// painted, as LeaseLoop does.
struct Pace {
  double prepare = 0.2;
  double encode = 0.3;
  double step = 0.1;
  double decode = 0.1;
  /// Times all this for the first batch of a worker.
  double cold = 1;
};

struct Studio : Backend {
  explicit Studio(Pace pace = {}) : pace(pace) { RegisterWorker(); }

  std::string Add(int steps, int images = 1, int side = 1000) {
    JobRecord job;
    v1::JobSpec spec;
    spec.mutable_synthesis()->set_steps(steps);
    spec.mutable_synthesis()->set_image_count(images);
    spec.mutable_synthesis()->set_height(side);
    spec.mutable_synthesis()->set_width(side);
    job.id = "job-" + std::to_string(next_id++);
    job.model = kModel;
    job.batch_key = std::to_string(side) + "|" + std::to_string(steps);
    job.spec = spec.SerializeAsString();
    job.pixels = int64_t{side} * side * images;
    job.step_pixels = job.pixels * steps;
    REQUIRE(queue.Submit(job).has_value());
    return job.id;
  }
  std::vector<std::string> AddSome(int count, int steps) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(Add(steps));
    return ids;
  }
  std::optional<double> Promised(const std::string& id) {
    const JobRecord job = *queue.Get(id);
    return queue.RemainingSeconds(job, *queue.Position(job));
  }
  double Now() const {
    return std::chrono::duration<double>(clock.NowMonotonic().time_since_epoch()).count();
  }
  void Pass(double seconds) { clock.Advance(milliseconds(std::llround(seconds * 1000))); }

  /// Leases the next batch, if there is none yet.
  void LeaseNext() {
    if (!next.empty()) return;
    next = Lease(max_jobs);
    prepared_at = Now() + pace.prepare * Factor() * static_cast<double>(next.size());
  }
  double Factor() const { return warm ? 1 : pace.cold; }

  /// Paints until nothing is left; notes when each job ended.
  void Work() {
    for (LeaseNext(); !next.empty(); LeaseNext()) {
      if (prepared_at > Now()) Pass(prepared_at - Now());
      const std::vector<JobRecord> batch = std::move(next);
      next.clear();
      LeaseNext();
      PaintBatch(batch);
    }
  }

  void PaintBatch(const std::vector<JobRecord>& batch) {
    double pixels = 0;
    int steps = 0;
    for (const JobRecord& job : batch) {
      pixels += WorkOf(job).pixels;
      v1::JobSpec spec;
      REQUIRE(spec.ParseFromString(job.spec));
      steps = spec.synthesis().steps();
    }
    Pass(pace.encode * Factor() * pixels);
    for (int step = 1; step <= steps; ++step) {
      Pass(pace.step * Factor() * pixels);
      v1::JobProgress progress;
      progress.set_step(step);
      progress.set_steps(steps);
      progress.set_step_seconds(pace.step * Factor() * pixels);
      for (const JobRecord& job : batch) {
        REQUIRE(dispatcher.ReportProgress(job.id, job.lease->token, &progress).has_value());
      }
      if (on_step) on_step(step);
    }
    Pass(pace.decode * Factor() * pixels);
    for (const JobRecord& job : batch) {
      ended_at[job.id] = Now();
      REQUIRE(dispatcher.Complete(job.id, job.lease->token, {}).has_value());
    }
    warm = true;
  }

  const Pace pace;
  int max_jobs = 4;
  int next_id = 0;
  bool warm = false;
  std::vector<JobRecord> next;
  double prepared_at = 0;
  std::map<std::string, double> ended_at;
  std::function<void(int step)> on_step;
};

/// Promised against real, for each of `ids` that is promised anything now; works them off.
std::vector<double> Ratios(Studio& studio, const std::vector<std::string>& ids) {
  std::vector<double> promised;
  for (const std::string& id : ids) promised.push_back(studio.Promised(id).value());
  const double now = studio.Now();
  studio.Work();
  for (size_t i = 0; i < ids.size(); ++i) promised[i] /= studio.ended_at.at(ids[i]) - now;
  return promised;
}

void CheckWithin(const std::vector<double>& ratios, double least, double most) {
  for (const double ratio : ratios) {
    INFO(ratio);
    CHECK(ratio >= least);
    CHECK(ratio <= most);
  }
}

/// A worker that waits for jobs, as one does between two of its polls.
void Poll(Studio& studio) { REQUIRE(studio.Lease(studio.max_jobs).empty()); }

}  // namespace

TEST_CASE("Nothing is promised before anything was measured", "[estimate]") {
  Studio studio;
  Poll(studio);
  const std::string id = studio.Add(20);
  CHECK_FALSE(studio.Promised(id).has_value());
  studio.LeaseNext();
  CHECK_FALSE(studio.Promised(id).has_value());
  studio.Work();
  CHECK_FALSE(studio.Promised(id).has_value());
  CHECK(studio.Promised(studio.Add(20)).has_value());
}

TEST_CASE("The first job of all is promised its time from its first step on", "[estimate]") {
  Studio studio;
  std::vector<double> promised;
  const std::string id = studio.Add(20);
  studio.on_step = [&](int) { promised.push_back(studio.Now() + studio.Promised(id).value()); };
  studio.Work();
  REQUIRE(promised.size() == 20);
  // The decoding at its end is not known yet: a tenth of a second.
  for (const double end : promised) CHECK(end == Approx(studio.ended_at.at(id)).margin(0.11));
}

TEST_CASE("A job of thirty steps is not promised the time of one step that was seen before",
          "[estimate]") {
  Studio studio;
  studio.Add(1);
  studio.Work();
  Poll(studio);
  CheckWithin(Ratios(studio, {studio.Add(30)}), 0.95, 1.05);
  Poll(studio);
  // Nor one step the time of thirty.
  CheckWithin(Ratios(studio, {studio.Add(1)}), 0.95, 1.05);
}

TEST_CASE("Larger pictures and several pictures are promised longer", "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  Poll(studio);
  // Preparing takes the same for any size.
  CheckWithin(Ratios(studio, {studio.Add(10, 1, 2000)}), 0.9, 1.15);
  Poll(studio);
  CheckWithin(Ratios(studio, {studio.Add(10, 3)}), 0.9, 1.15);
}

TEST_CASE("A worker's first batch, which warms up, is forgotten after the second", "[estimate]") {
  Studio studio({.cold = 10});
  studio.Add(5);
  studio.Work();
  studio.Add(5);
  studio.Work();
  Poll(studio);
  CheckWithin(Ratios(studio, {studio.Add(5)}), 0.95, 1.05);
}

TEST_CASE("Twenty jobs that come at once are promised their times from what a single one took",
          "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  Poll(studio);
  // The single job's preparation was not hidden behind another's painting, as most of theirs is;
  // then, most of what was learned hides it, and the first batch of an idle worker does not.
  CheckWithin(Ratios(studio, studio.AddSome(20, 10)), 0.85, 1.3);
  Poll(studio);
  CheckWithin(Ratios(studio, studio.AddSome(20, 10)), 0.85, 1.1);
}

TEST_CASE("A job behind others of other kinds is promised their time", "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  Poll(studio);
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(studio.Add(i % 2 == 0 ? 30 : 2));
  const std::vector<double> ratios = Ratios(studio, ids);
  CHECK(ratios.back() >= 0.8);
  CHECK(ratios.back() <= 1.3);
}

TEST_CASE("Edits that paint nothing neither take nor teach what painting costs", "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  Poll(studio);
  const std::string painted = studio.Add(10);
  const double promised = studio.Promised(painted).value();
  studio.Work();
  const std::string unpainted = std::string(kModel) + std::string(kUnpaintedKey);
  const auto edit = [&] {
    JobRecord job;
    v1::JobSpec spec;
    spec.mutable_edit();
    job.id = "edit-" + std::to_string(studio.next_id++);
    job.model = kModel;
    job.batch_key = unpainted;
    job.spec = spec.SerializeAsString();
    job.pixels = job.step_pixels = 1'000'000;
    REQUIRE(studio.queue.Submit(job).has_value());
    return job.id;
  };
  Poll(studio);
  CHECK_FALSE(studio.Promised(edit()).has_value());
  for (int i = 0; i < 3; ++i) {
    studio.Work();
    edit();
  }
  studio.Work();
  Poll(studio);
  CHECK(studio.Promised(edit()).value() < .5 * promised);
  studio.Work();
  Poll(studio);
  CHECK(studio.Promised(studio.Add(10)).value() == Approx(promised).epsilon(.1));
}

TEST_CASE("A prepared job that waits for the batch before it is promised both", "[estimate]") {
  Studio studio;
  studio.max_jobs = 1;
  studio.Add(10);
  studio.Work();
  const std::string first = studio.Add(10);
  const std::string second = studio.Add(10);
  std::vector<double> ends;
  studio.on_step = [&](int step) {
    if (step != 5 || !ends.empty()) return;
    REQUIRE(studio.queue.Get(second)->state == JobState::kRunning);
    ends = {studio.Now() + studio.Promised(first).value(),
            studio.Now() + studio.Promised(second).value()};
  };
  const double now = studio.Now();
  studio.Work();
  CHECK(ends.at(0) - now == Approx(studio.ended_at.at(first) - now).epsilon(0.05));
  CHECK(ends.at(1) - now == Approx(studio.ended_at.at(second) - now).epsilon(0.1));
}

TEST_CASE("Two workers halve the wait, and an idle one takes the job at once", "[estimate]") {
  Studio studio;
  studio.max_jobs = 1;
  studio.Add(10);
  studio.Work();
  Poll(studio);
  const std::vector<std::string> ids = studio.AddSome(10, 10);
  const double alone = studio.Promised(ids.back()).value();
  studio.RegisterWorker("another");
  // It takes the first one; the other worker is idle.
  REQUIRE(studio.Lease(1, "another").size() == 1);
  const double with_two = studio.Promised(ids.back()).value();
  CHECK(with_two < 0.65 * alone);
  CHECK(studio.Promised(ids.at(1)).value() == Approx(alone / 10).epsilon(0.05));
}

TEST_CASE("Without a worker that takes the model nothing is promised to who waits", "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  const std::string id = studio.Add(10);
  CHECK(studio.Promised(id).has_value());
  studio.Pass(60);
  CHECK_FALSE(studio.Promised(id).has_value());
}

TEST_CASE("A cancelled batch teaches nothing", "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  const std::string cancelled = studio.Add(10);
  const JobRecord leased = studio.Lease().at(0);
  studio.Pass(0.01);
  REQUIRE(studio.queue.Cancel(cancelled).has_value());
  REQUIRE(studio.dispatcher.Fail(leased.id, leased.lease->token, {kCancelledReason, "", false}));
  CheckWithin(Ratios(studio, {studio.Add(10)}), 0.95, 1.05);
}

TEST_CASE("A job whose step takes longer than all was thought to take is not promised its end",
          "[estimate]") {
  Studio studio;
  studio.Add(10);
  studio.Work();
  const std::string id = studio.Add(10);
  const JobRecord leased = studio.Lease().at(0);
  studio.Pass(100);
  // All ten steps are still to come.
  CHECK(studio.Promised(id).value() >= 10 * studio.pace.step);
}

TEST_CASE("A restarted server promises what the finished jobs took", "[estimate]") {
  Studio studio;
  studio.AddSome(20, 10);
  studio.Work();
  Poll(studio);
  const std::string id = studio.Add(30);
  const double before = studio.Promised(id).value();

  telemetry::Metrics metrics;
  JobQueue restarted(studio.store, metrics, studio.clock, {});
  REQUIRE(restarted.Recover().has_value());
  const JobRecord job = *restarted.Get(id);
  CHECK_FALSE(restarted.RemainingSeconds(job, 0).has_value());
  REQUIRE(restarted.Take("w", {"models/none"}, 4)->empty());
  CHECK_FALSE(restarted.RemainingSeconds(job, 0).has_value());
  REQUIRE(restarted.Take("w", {kModel, "models/none"}, 4)->size() == 1);
  CHECK(restarted.RemainingSeconds(*restarted.Get(id), 0).value() == Approx(before).epsilon(0.1));
}

}  // namespace atelier::server
