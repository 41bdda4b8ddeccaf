#include "generation/batch_run.h"

#include <catch2/catch.hpp>
#include <functional>
#include <optional>

#include "fake_painter.h"
#include "imaging/picture_codec.h"
#include "recorded_events.h"
#include "runtime/metrics_executor.h"

namespace atelier::generation {
namespace {

PaintJob JobOf(FakePainter& painter, std::vector<uint64_t> seeds) {
  PaintJob job;
  job.painter = &painter;
  job.seeds = std::move(seeds);
  return job;
}

void Paint(std::vector<const PaintJob*> jobs, RecordedEvents& events, int max_pictures = 64) {
  BatchRun(jobs, events, max_pictures).Paint();
}

TEST_CASE("Jobs of one batch are painted together and each gets its own pictures", "[batch]") {
  FakePainter painter;
  const PaintJob one = JobOf(painter, {7});
  const PaintJob three = JobOf(painter, {20, 21, 22});
  RecordedEvents events;
  Paint({&one, &three}, events);
  CHECK(painter.calls == std::vector<size_t>{4});
  REQUIRE(events.results.at(0));
  REQUIRE(events.results.at(1));
  const std::vector<runtime::PaintedPicture>& pictures = *events.results.at(1);
  REQUIRE(pictures.size() == 3);
  CHECK(pictures[2].seed == 22);
  CHECK(imaging::DecodePicture(pictures[2].png, "png").value().at(0, 0)[0] == 22);
}

TEST_CASE("A batch that does not fit in memory is halved until it does", "[batch]") {
  FakePainter painter;
  painter.memory = 2;
  const PaintJob one = JobOf(painter, {1, 2, 3});
  const PaintJob other = JobOf(painter, {4, 5});
  RecordedEvents events;
  Paint({&one, &other}, events);
  CHECK(painter.calls == std::vector<size_t>{5, 2, 3, 1, 2});
  CHECK(events.results.at(0)->size() == 3);
  CHECK(events.results.at(1)->size() == 2);
}

TEST_CASE("A picture that does not fit alone fails its job as exhausted", "[batch]") {
  FakePainter painter;
  painter.memory = 0;
  const PaintJob job = JobOf(painter, {1});
  RecordedEvents events;
  Paint({&job}, events);
  REQUIRE_FALSE(events.results.at(0));
  CHECK(events.results.at(0).error().code == Code::kResourceExhausted);
}

TEST_CASE("A job the engine refuses does not take its batch with it", "[batch]") {
  FakePainter painter;
  painter.bad_seeds = {2};
  const PaintJob good = JobOf(painter, {1});
  const PaintJob bad = JobOf(painter, {2, 5});
  const PaintJob also_good = JobOf(painter, {3});
  RecordedEvents events;
  Paint({&good, &bad, &also_good}, events);
  CHECK(events.results.at(0));
  CHECK(events.results.at(2));
  REQUIRE_FALSE(events.results.at(1));
  CHECK(events.results.at(1).error().reason == "INVALID_FIELD");
}

TEST_CASE("No more pictures than the worker takes are painted at once", "[batch]") {
  FakePainter painter;
  const PaintJob job = JobOf(painter, {1, 2, 3, 4, 5});
  RecordedEvents events;
  Paint({&job}, events, 2);
  CHECK(painter.calls == std::vector<size_t>{2, 2, 1});
  CHECK(events.results.at(0)->size() == 5);
  // The job advances by the mean of its pictures and ends at its last step.
  const std::vector<v1::JobProgress>& progress = events.progress.at(0);
  for (size_t i = 1; i < progress.size(); ++i) CHECK(progress[i].step() >= progress[i - 1].step());
  CHECK(progress.back().step() == 4);
  CHECK(progress.back().steps() == 4);
}

TEST_CASE("Jobs of other guidance are not painted with the first one's", "[batch]") {
  FakePainter painter;
  PaintJob gentle = JobOf(painter, {1});
  gentle.options.guidance = 2.0;
  PaintJob strong = JobOf(painter, {2});
  strong.options.guidance = 7.5;
  RecordedEvents events;
  Paint({&gentle, &strong}, events);
  CHECK(painter.calls == std::vector<size_t>{1, 1});
}

TEST_CASE("Each job gets the previews it asked for", "[batch]") {
  FakePainter painter;
  PaintJob none = JobOf(painter, {1});
  PaintJob every_second = JobOf(painter, {2});
  every_second.options.preview_every = 2;
  PaintJob every_third = JobOf(painter, {3});
  every_third.options.preview_every = 3;
  RecordedEvents events;
  Paint({&none, &every_second, &every_third}, events);
  const auto previews = [&](size_t job) {
    std::vector<int> steps;
    for (const v1::JobProgress& progress : events.progress.at(job)) {
      if (!progress.preview().empty()) steps.push_back(progress.step());
    }
    return steps;
  };
  CHECK(previews(0).empty());
  CHECK(previews(1) == std::vector<int>{2, 4});
  CHECK(previews(2) == std::vector<int>{3});
  // And nobody pays for those of others.
  CHECK(painter.calls == std::vector<size_t>{3});
  CHECK(painter.previews == 3);
}

TEST_CASE("A job of several pictures makes previews of one of them", "[batch]") {
  FakePainter painter;
  PaintJob job = JobOf(painter, {1, 2, 3});
  job.options.preview_every = 2;
  RecordedEvents events;
  Paint({&job}, events);
  CHECK(painter.previews == 2);
}

TEST_CASE("Others get a turn between the sets of a job of many pictures", "[batch]") {
  FakePainter painter;
  const PaintJob many = JobOf(painter, {1, 2, 3, 4, 5});
  const std::vector<const PaintJob*> jobs{&many};
  RecordedEvents events;
  std::vector<size_t> painted;  // Calls before each turn of the others.
  BatchRun(jobs, events, 2, [&] {
    painted.push_back(painter.calls.size());
    return true;
  }).Paint();
  CHECK(painter.calls == std::vector<size_t>{2, 2, 1});
  CHECK(painted == std::vector<size_t>{1, 2});
  CHECK(events.results.at(0)->size() == 5);
}

TEST_CASE("A batch that nobody wants after a turn of others is painted no further", "[batch]") {
  FakePainter painter;
  const PaintJob many = JobOf(painter, {1, 2, 3});
  const std::vector<const PaintJob*> jobs{&many};
  RecordedEvents events;
  BatchRun(jobs, events, 1, [] { return false; }).Paint();
  CHECK(painter.calls == std::vector<size_t>{1});
  CHECK(events.results.at(0).error().code == Code::kCancelled);
}

TEST_CASE("Painting stops in the step in which nobody wants any job any more", "[batch]") {
  FakePainter painter;
  const PaintJob one = JobOf(painter, {1});
  const PaintJob other = JobOf(painter, {2});
  RecordedEvents events;
  events.wanted = [&](size_t job) { return events.progress[job].size() < 2; };
  Paint({&one, &other}, events);
  CHECK(events.progress[0].size() == 2);
  REQUIRE_FALSE(events.results.at(0));
  CHECK(events.results.at(0).error().code == Code::kCancelled);
  CHECK(events.results.at(1).error().code == Code::kCancelled);
}

TEST_CASE("A job that was cancelled before its turn costs no call of the engine", "[batch]") {
  FakePainter painter;
  const PaintJob job = JobOf(painter, {1});
  RecordedEvents events;
  events.wanted = [](size_t) { return false; };
  Paint({&job}, events);
  CHECK(painter.calls.empty());
}

TEST_CASE("A job that goes on paints the set that was cut off whole, and gives the rest alone",
          "[batch]") {
  FakePainter painter;
  PaintJob job = JobOf(painter, {1, 2, 3, 4, 5, 6, 7});
  job.records_pictures = true;
  job.finished = 4;
  RecordedEvents events;
  Paint({&job}, events, 3);
  // Pictures 3 to 5 and 6: which are painted together does not depend on the attempt.
  CHECK(painter.calls == std::vector<size_t>{3, 1});
  CHECK(events.pictures.at(0).size() == 3);
  CHECK(events.pictures.at(0).begin()->first == 4);
  CHECK(events.results.at(0).has_value());
  CHECK(events.progress.at(0).front().finished_pictures() == 4);
  CHECK(events.progress.at(0).back().finished_pictures() == 7);
  CHECK(events.progress.at(0).back().pictures() == 7);
}

TEST_CASE("A job whose pictures are all recorded ends without painting", "[batch]") {
  FakePainter painter;
  PaintJob job = JobOf(painter, {1, 2});
  job.records_pictures = true;
  job.finished = 2;
  RecordedEvents events;
  Paint({&job}, events);
  CHECK(painter.calls.empty());
  CHECK(events.results.at(0).has_value());
}

TEST_CASE("A job that records its pictures is painted with no other", "[batch]") {
  FakePainter painter;
  PaintJob one = JobOf(painter, {1, 2});
  one.records_pictures = true;
  const PaintJob other = JobOf(painter, {3});
  RecordedEvents events;
  Paint({&one, &other}, events);
  CHECK(painter.calls == std::vector<size_t>{2, 1});
}

}  // namespace
}  // namespace atelier::generation
