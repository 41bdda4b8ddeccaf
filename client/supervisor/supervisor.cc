#include "client/supervisor/supervisor.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>

#include "base/backoff.h"

namespace atelier::supervisor {

namespace {

using std::chrono::milliseconds;

class AsioTimers : public Timers {
 public:
  explicit AsioTimers(boost::asio::io_context& io) : io_(io) {}

  void After(milliseconds delay, std::function<void()> done) override {
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, delay);
    timer->async_wait([timer, done = std::move(done)](const boost::system::error_code& error) {
      if (!error) done();
    });
  }

 private:
  boost::asio::io_context& io_;
};

}  // namespace

std::optional<Listening> ParseListening(std::string_view line) {
  Listening listening;
  const std::string text(line);
  if (std::sscanf(text.c_str(), "listening grpc=%d metrics=%d", &listening.grpc_port,
                  &listening.metrics_port) != 2) {
    return std::nullopt;
  }
  return listening;
}

struct Supervisor::Child {
  Child(const ChildSpec& spec, const BackoffOptions& backoff) : spec(spec), backoff(backoff) {}

  ChildSpec spec;
  /// Null while it waits for its turn or backs off.
  std::unique_ptr<ChildProcess> process;
  /// What it announced, first or last.
  std::optional<Listening> listening;
  Clock::Monotonic started;
  /// Before its next restart; from the start again once it lived healthy_after.
  Backoff backoff;
  /// Starts in a row that ended before the child announced itself.
  int failed_starts = 0;
  /// Of its present or last process.
  std::string last_line;
  /// Starts so far; tells a timer whether the process it was set for still runs.
  int starts = 0;
  bool asked_to_end = false;
};

Supervisor::Supervisor(boost::asio::io_context& io, SupervisorOptions options)
    : io_(io),
      options_(std::move(options)),
      own_timers_(options_.timers ? nullptr : std::make_unique<AsioTimers>(io)),
      timers_(options_.timers ? options_.timers : own_timers_.get()),
      clock_(options_.clock ? options_.clock : &SystemClock()) {
  const BackoffOptions backoff{
      .min = options_.first_backoff, .max = options_.longest_backoff, .lowest_share = 1};
  for (const ChildSpec& spec : options_.children) {
    children_.emplace_back(spec, backoff);
  }
}

Supervisor::~Supervisor() = default;

Status Supervisor::Run() {
  if (children_.empty()) return {};
  Start(0);
  const auto work = boost::asio::make_work_guard(io_);
  io_.run();
  if (error_) return tl::unexpected(*error_);
  return {};
}

void Supervisor::Stop() {
  if (draining_) {
    for (Child& child : children_) {
      if (child.process) child.process->Signal(SIGKILL);
    }
    return;
  }
  draining_ = true;
  DrainNext();
}

std::optional<int> Supervisor::PidOf(size_t index) const {
  const Child& child = children_[index];
  if (!child.process) return std::nullopt;
  return child.process->pid();
}

void Supervisor::Start(size_t index) {
  if (draining_) return;
  Child& child = children_[index];
  ++child.starts;
  ++child.failed_starts;
  child.last_line.clear();
  child.started = clock_->NowMonotonic();
  auto process = ChildProcess::Start(
      io_, child.spec.command,
      {.on_line = [this, index](std::string_view line) { OnLine(index, line); },
       .on_exit = [this, index](const ExitStatus& status) { OnExit(index, status); }});
  if (!process) {
    const Error error = process.error().WithContext("cannot start " + child.spec.name);
    // A program that ran before may be in the middle of being replaced.
    const bool often =
        options_.max_failed_starts > 0 && child.failed_starts >= options_.max_failed_starts;
    if (!child.listening || often) return GiveUp(error);
    Say(child, error.message);
    return StartLater(index);
  }
  child.process = std::move(*process);
  Say(child, "started, pid " + std::to_string(child.process->pid()));
}

void Supervisor::OnLine(size_t index, std::string_view line) {
  if (!line.empty()) children_[index].last_line = line;
  if (options_.on_line) options_.on_line(children_[index].spec.name, line);
  if (const auto listening = ParseListening(line)) OnAnnounced(index, *listening);
}

void Supervisor::OnAnnounced(size_t index, const Listening& listening) {
  Child& child = children_[index];
  child.listening = listening;
  child.failed_starts = 0;
  const size_t next = index + 1;
  if (next < children_.size()) {
    // A restarted child announces itself again; the next one started long ago.
    if (children_[next].starts == 0) Start(next);
    return;
  }
  if (announced_all_) return;
  announced_all_ = true;
  if (!options_.on_ready) return;
  std::vector<Listening> all;
  for (const Child& each : children_) all.push_back(*each.listening);
  options_.on_ready(all);
}

void Supervisor::OnExit(size_t index, const ExitStatus& status) {
  Child& child = children_[index];
  child.process.reset();
  Say(child, Describe(status));
  if (draining_) return DrainNext();

  if (auto error = WhyNotAgain(child, status)) return GiveUp(std::move(*error));
  StartLater(index);
}

std::optional<Error> Supervisor::WhyNotAgain(const Child& child, const ExitStatus& status) const {
  if (child.failed_starts == 0) return std::nullopt;
  const bool was_killed = status.signal > 0;
  const bool often =
      options_.max_failed_starts > 0 && child.failed_starts >= options_.max_failed_starts;
  if (was_killed || child.listening) {
    if (!often) return std::nullopt;
  }
  if (was_killed) {
    return Error{Code::kFailedPrecondition, "CRASH_LOOP",
                 child.spec.name + " was killed " + std::to_string(child.failed_starts) +
                     " times before it was ready",
                 ""};
  }
  std::string message = child.spec.name + " " + Describe(status) + " before it was ready";
  if (!child.last_line.empty()) message += ": " + child.last_line;
  // Our own programs say it themselves, with their name.
  if (child.last_line.find(": cannot start: ") != std::string::npos) message = child.last_line;
  return Error{Code::kFailedPrecondition, "CANNOT_START", message, ""};
}

void Supervisor::StartLater(size_t index) {
  const milliseconds backoff = NextBackoff(children_[index]);
  Say(children_[index], "starts again in " + std::to_string(backoff.count()) + " ms");
  timers_->After(backoff, [this, index] { Start(index); });
}

milliseconds Supervisor::NextBackoff(Child& child) const {
  if (clock_->NowMonotonic() - child.started >= options_.healthy_after) child.backoff.Reset();
  return child.backoff.Next();
}

void Supervisor::GiveUp(Error error) {
  if (!error_) error_ = std::move(error);
  if (!draining_) Stop();
}

void Supervisor::DrainNext() {
  const auto last = std::find_if(children_.rbegin(), children_.rend(),
                                 [](const Child& child) { return child.process != nullptr; });
  if (last == children_.rend()) return io_.stop();

  Child& child = *last;
  if (child.asked_to_end) return;
  child.asked_to_end = true;
  Say(child, "is asked to end");
  child.process->Signal(SIGTERM);
  timers_->After(options_.drain_grace, [this, &child, starts = child.starts] {
    if (!child.process || child.starts != starts) return;
    Say(child, "did not end in time and is killed");
    child.process->Signal(SIGKILL);
  });
}

void Supervisor::Say(const Child& child, std::string_view line) const {
  if (options_.on_line) options_.on_line(child.spec.name, line);
}

}  // namespace atelier::supervisor
