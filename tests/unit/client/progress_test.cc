#include "client/cli/display/progress.h"

#include <catch2/catch.hpp>

namespace atelier::cli {
namespace {

v1::Job Running(int step, int steps) {
  v1::Job job;
  job.set_name("jobs/a");
  job.set_state(v1::JOB_STATE_RUNNING);
  job.set_attempt(1);
  job.mutable_progress()->set_step(step);
  job.mutable_progress()->set_steps(steps);
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

TEST_CASE("The server's estimate is told rounded up, queued, preparing and running", "[progress]") {
  const auto with = [](v1::Job job, double seconds) {
    job.set_remaining_seconds(seconds);
    return job;
  };
  CHECK(DescribeProgress(Running(0, 20)) == "step 0 of 20");
  CHECK(DescribeProgress(with(Running(5, 20), 7.5)) == "step 5 of 20, 8 s left");
  CHECK(DescribeProgress(with(Running(20, 20), 0)) == "step 20 of 20, 0 s left");
  CHECK(DescribeProgress(with(Running(0, 0), 3.1)) == "preparing, 4 s left");
  v1::Job queued;
  queued.set_state(v1::JOB_STATE_QUEUED);
  queued.set_queue_position(2);
  CHECK(DescribeProgress(with(queued, 11.2)) == "queued, 2 in front, 12 s left");
}

TEST_CASE("A worker's slow first step does not tell how long the others take", "[progress]") {
  // What a step took is the server's to judge: it knows what it was the first of.
  v1::Job job = Running(1, 20);
  job.mutable_progress()->set_step_seconds(9.0);
  CHECK(DescribeProgress(job) == "step 1 of 20");
  job.set_remaining_seconds(19);
  CHECK(DescribeProgress(job) == "step 1 of 20, 19 s left");
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

TEST_CASE("Outside a terminal a job that waits is told again when it moves up, not every second",
          "[progress]") {
  std::vector<v1::Job> jobs;
  for (int left = 30; left > 0; --left) {
    v1::Job& job = jobs.emplace_back();
    job.set_state(v1::JOB_STATE_QUEUED);
    job.set_queue_position(left > 15 ? 1 : 0);
    job.set_remaining_seconds(left);
  }
  const std::string shown = Shown(ProgressReporter::Style::kLines, jobs);
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 2);
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
