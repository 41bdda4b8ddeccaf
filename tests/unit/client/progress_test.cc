#include "client/cli/progress.h"

#include <catch2/catch.hpp>

namespace atelier::cli {
namespace {

v1::Job Running(int step, int steps, double step_seconds = 0) {
  v1::Job job;
  job.set_name("jobs/a");
  job.set_state(v1::JOB_STATE_RUNNING);
  job.set_attempt(1);
  job.mutable_progress()->set_step(step);
  job.mutable_progress()->set_steps(steps);
  job.mutable_progress()->set_step_seconds(step_seconds);
  return job;
}

/// What a reporter in `style` prints for `jobs`.
std::string Shown(ProgressReporter::Style style, const std::vector<v1::Job>& jobs) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  ProgressReporter reporter(out, style);
  for (const v1::Job& job : jobs) reporter.Show(job);
  reporter.Finish();
  std::fclose(out);
  std::string shown(text, size);
  ::free(text);
  return shown;
}

}  // namespace

TEST_CASE("A queued job tells how many are in front of it", "[progress]") {
  v1::Job job;
  job.set_state(v1::JOB_STATE_QUEUED);
  job.set_queue_position(3);
  CHECK(DescribeProgress(job) == "queued, 3 in front");
}

TEST_CASE("The time left is told when a step's time is known, rounded up", "[progress]") {
  CHECK(DescribeProgress(Running(0, 20)) == "step 0 of 20");
  CHECK(DescribeProgress(Running(5, 20), 0.5) == "step 5 of 20, 8 s left");
  CHECK(DescribeProgress(Running(20, 20), 0.5) == "step 20 of 20, 0 s left");
  CHECK(DescribeProgress(Running(0, 0), 0.5) == "preparing");
}

TEST_CASE("The first step, which reads the conditions too, foretells nothing", "[progress]") {
  StepTimer timer;
  CHECK(timer.SecondsAfter(Running(0, 20)) == 0);
  CHECK(timer.SecondsAfter(Running(1, 20, 9.0)) == 0);
  CHECK(timer.SecondsAfter(Running(2, 20, 1.0)) == 1.0);
  const std::string shown =
      Shown(ProgressReporter::Style::kTerminal, {Running(0, 20), Running(1, 20, 9.0)});
  CHECK(shown.find("left") == std::string::npos);
}

TEST_CASE("One slow step does not throw the time left about", "[progress]") {
  StepTimer timer;
  timer.SecondsAfter(Running(1, 20, 9.0));
  CHECK(timer.SecondsAfter(Running(2, 20, 1.0)) == 1.0);
  CHECK(timer.SecondsAfter(Running(3, 20, 2.0)) == Approx(1.2));
  // The same step, heard of twice, counts once.
  CHECK(timer.SecondsAfter(Running(3, 20, 2.0)) == Approx(1.2));
  v1::Job again = Running(2, 20, 5.0);
  again.set_attempt(2);
  CHECK(timer.SecondsAfter(again) == 5.0);
}

TEST_CASE("A second attempt and the reason of a failure are told", "[progress]") {
  v1::Job job = Running(1, 20);
  job.set_attempt(2);
  CHECK(DescribeProgress(job) == "attempt 2: step 1 of 20");
  job.set_attempt(1);
  job.set_state(v1::JOB_STATE_FAILED);
  job.set_error_message("no memory");
  CHECK(DescribeProgress(job) == "failed: no memory");
}

TEST_CASE("The bar never leaves its brackets, even for a step beyond the last", "[progress]") {
  CHECK(ProgressBar(Running(0, 4), 8) == "[--------]");
  CHECK(ProgressBar(Running(2, 4), 8) == "[####----]");
  CHECK(ProgressBar(Running(9, 4), 8) == "[########]");
  CHECK(ProgressBar(Running(0, 0), 8).empty());
}

TEST_CASE("Outside a terminal two hundred steps are eleven lines, not two hundred", "[progress]") {
  std::vector<v1::Job> jobs;
  for (int step = 0; step <= 200; ++step) jobs.push_back(Running(step, 200));
  const std::string shown = Shown(ProgressReporter::Style::kLines, jobs);
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 11);
  CHECK(shown.find('\r') == std::string::npos);
  CHECK(shown.find("jobs/a: step 200 of 200") != std::string::npos);
}

TEST_CASE("On a terminal the line is drawn over and ended once", "[progress]") {
  const std::string shown =
      Shown(ProgressReporter::Style::kTerminal, {Running(1, 2), Running(2, 2)});
  CHECK(std::count(shown.begin(), shown.end(), '\r') == 2);
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 1);
}

TEST_CASE("A quiet reporter prints nothing", "[progress]") {
  CHECK(Shown(ProgressReporter::Style::kQuiet, {Running(1, 2)}).empty());
}

}  // namespace atelier::cli
