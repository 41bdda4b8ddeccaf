#include "client/cli/commands/job_monitor.h"

#include <chrono>

namespace atelier::cli {
namespace {

using Style = ProgressReporter::Style;
using std::chrono::milliseconds;

// How soon Ctrl-C is noticed.
constexpr milliseconds kLook(100);
// A job that is leased within this long is nothing to ask about.
constexpr milliseconds kFirstQuestion(1000);
constexpr milliseconds kBetweenQuestions(3000);

}  // namespace

JobMonitor::JobMonitor(const CommonFlags& flags, std::function<bool()> interrupted)
    : flags_(flags),
      interrupted_(std::move(interrupted)),
      reporter_(stderr, flags.json ? Style::kQuiet : ProgressReporter::StyleFor(stderr)),
      thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

JobMonitor::~JobMonitor() { Finish(); }

client::ClientOptions JobMonitor::client_options() {
  client::ClientOptions options = flags_.client();
  options.on_away = [this, tell = options.on_away](const Error& error) {
    const std::lock_guard lock(mutex_);
    reporter_.Finish();
    tell(error);
  };
  options.on_back = [this, tell = options.on_back] {
    const std::lock_guard lock(mutex_);
    reporter_.Finish();
    tell();
  };
  options.keep_waiting = [this] { return !interrupted_ || !interrupted_(); };
  return options;
}

void JobMonitor::Show(const v1::Job& job) {
  const std::lock_guard lock(mutex_);
  job_ = job;
  job_->mutable_progress()->clear_preview();
  if (!finished_) reporter_.Show(job);
}

void JobMonitor::Finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  reporter_.Finish();
}

void JobMonitor::Run(std::stop_token stop) {
  client::ClientOptions options = flags_.client();
  // What is away is told by the client that waits.
  options.wait_for_server = milliseconds(0);
  options.call_timeout = kBetweenQuestions;
  client::Client client(options);
  auto next_question = std::chrono::steady_clock::now() + kFirstQuestion;
  bool cancelled = false;
  for (;;) {
    std::optional<v1::Job> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, kLook, [] { return false; });
      if (stop.stop_requested()) return;
      job = job_;
    }
    if (!job || client::IsFinal(job->state())) continue;
    if (!cancelled && interrupted_ && interrupted_()) {
      cancelled = client.Cancel(job->name()).has_value();
    }
    if (std::chrono::steady_clock::now() < next_question) continue;
    AskForWorkers(client, *job);
    next_question = std::chrono::steady_clock::now() + kBetweenQuestions;
  }
}

void JobMonitor::AskForWorkers(client::Client& client, const v1::Job& job) {
  if (job.state() != v1::JOB_STATE_QUEUED) return;
  const auto models = client.ListModels();
  if (!models) return;
  const auto text = notice_.After(job, *models);
  const std::lock_guard lock(mutex_);
  if (!text || finished_) return;
  reporter_.Finish();
  Note("NO_WORKER", *text, flags_.json);
}

}  // namespace atelier::cli
