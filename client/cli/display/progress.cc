#include "client/cli/display/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "client/client.h"

namespace atelier::cli {
namespace {

constexpr int kBarCells = 24;

std::string DescribeRunning(const v1::JobProgress& progress) {
  if (progress.steps() == 0) return "preparing";
  const std::string step =
      "step " + std::to_string(progress.step()) + " of " + std::to_string(progress.steps());
  if (progress.pictures() <= 1) return step;
  return std::to_string(progress.finished_pictures()) + " of " +
         std::to_string(progress.pictures()) + " pictures, " + step;
}

/// What must change before a plain line is worth printing again.
std::string PlainKey(const v1::Job& job) {
  if (job.state() == v1::JOB_STATE_QUEUED) {
    return "queued/" + std::to_string(job.attempt()) + "/" + std::to_string(job.queue_position());
  }
  if (job.state() != v1::JOB_STATE_RUNNING) return DescribeProgress(job);
  const int steps = job.progress().steps();
  const int tenth = steps == 0 ? -1 : job.progress().step() * 10 / steps;
  return std::to_string(job.attempt()) + "/" + std::to_string(tenth);
}

}  // namespace

std::string DescribeProgress(const v1::Job& job) {
  std::string text(client::StateName(job.state()));
  if (job.state() == v1::JOB_STATE_QUEUED) {
    text += ", " + std::to_string(job.queue_position()) + " in front";
  }
  if (job.state() == v1::JOB_STATE_RUNNING) text = DescribeRunning(job.progress());
  if (job.state() == v1::JOB_STATE_FAILED) text += ": " + job.error_message();
  if (job.has_remaining_seconds()) {
    text += ", " + std::to_string(std::lround(std::ceil(job.remaining_seconds()))) + " s left";
  }
  if (job.attempt() > 1) text = "attempt " + std::to_string(job.attempt()) + ": " + text;
  return text;
}

std::string ProgressBar(const v1::Job& job, int width) {
  if (job.state() != v1::JOB_STATE_RUNNING || job.progress().steps() <= 0) return {};
  const int done = std::clamp(job.progress().step() * width / job.progress().steps(), 0, width);
  std::string bar = "[";
  bar.append(done, '#').append(width - done, '-').push_back(']');
  return bar;
}

ProgressReporter::Style ProgressReporter::StyleFor(std::FILE* out) {
  return ::isatty(::fileno(out)) == 1 ? Style::kTerminal : Style::kLines;
}

void ProgressReporter::Show(const v1::Job& job) {
  if (style_ == Style::kQuiet) return;
  const std::string text = DescribeProgress(job);
  if (style_ == Style::kLines) {
    const std::string key = PlainKey(job);
    if (key == last_) return;
    last_ = key;
    std::fprintf(out_, "%s: %s\n", job.name().c_str(), text.c_str());
    std::fflush(out_);
    return;
  }
  const std::string bar = ProgressBar(job, kBarCells);
  // \r and "erase to the end of the line" draw over what stands there.
  std::fprintf(out_, "\r\x1b[K%s%s%s", bar.c_str(), bar.empty() ? "" : " ", text.c_str());
  std::fflush(out_);
  line_open_ = true;
}

void ProgressReporter::Finish() {
  if (line_open_) std::fputc('\n', out_);
  line_open_ = false;
}

}  // namespace atelier::cli
