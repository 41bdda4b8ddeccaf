#include "server/peers/peer_outbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "server/store/shared_store.h"

namespace atelier::server {
namespace {

using peers::v1::PeerNews;

// Progress is told this often at most.
constexpr std::chrono::milliseconds kReportPause(50);
// A worker that waits asks anew every 30 s, and others believe it for 35 s (DurationEstimate).
constexpr std::chrono::seconds kAskedPause(5);
// More than that waits only while the database is away; then everybody looks at everything anew.
constexpr int kMaxWaiting = 10'000;

/// Splits news into texts that are short enough.
class TextPacker {
 public:
  template <typename Item>
  void Add(Item& item, Item* (PeerNews::*add)()) {
    const size_t bytes = item.ByteSizeLong() + kItemOverhead;
    if (bytes > kMaxBytes) {
      news_.set_look_anew(true);
      return;
    }
    if (bytes_ + bytes > kMaxBytes) Flush();
    bytes_ += bytes;
    (news_.*add)()->Swap(&item);
  }
  void AddWorker(const std::string& name) {
    if (bytes_ + name.size() + kItemOverhead > kMaxBytes) Flush();
    bytes_ += name.size() + kItemOverhead;
    news_.add_workers(name);
  }
  PeerNews& news() { return news_; }
  std::vector<std::string> Finish() && {
    Flush();
    return std::move(texts_);
  }

 private:
  void Flush() {
    if (news_.ByteSizeLong() > 0) texts_.push_back(EncodeNews(news_));
    news_.Clear();
    bytes_ = 0;
  }

  // A tag and a length of each item, and the three flags.
  static constexpr size_t kItemOverhead = 4, kFlags = 6;
  static constexpr size_t kMaxBytes = kMaxNewsBytes / 2 - kFlags;
  PeerNews news_;
  size_t bytes_ = 0;
  std::vector<std::string> texts_;
};

}  // namespace

PeerOutbox::PeerOutbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

PeerOutbox::~PeerOutbox() { ::close(wake_); }

void PeerOutbox::Wake() {
  const uint64_t one = 1;
  // It fails only when it can be read already.
  (void)!::write(wake_, &one, sizeof(one));
}

void PeerOutbox::MakeRoom() {
  const int waiting = news_.changes_size() + news_.worker_calls_size() + news_.workers_size();
  if (waiting < kMaxWaiting) return;
  news_.Clear();
  news_.set_look_anew(true);
  news_.set_models(true);
  news_.set_tokens(true);
}

void PeerOutbox::Changed(std::optional<JobState> before, const JobRecord& after) {
  const MutexLock lock(mutex_);
  MakeRoom();
  peers::v1::JobChange& change = *news_.add_changes();
  change.set_job(after.id);
  if (before) change.set_before(static_cast<v1::JobState>(*before));
  change.set_after(static_cast<v1::JobState>(after.state));
  change.set_revision(after.revision);
  change.set_cancel_requested(after.cancel_requested);
  change.set_model(after.model);
  change.set_batch_key(after.batch_key);
  change.set_pixels(after.pixels);
  change.set_step_pixels(after.step_pixels);
  if (after.lease) change.set_worker(after.lease->worker);
  change.set_started_ms(after.started_ms);
  if (after.state != JobState::kRunning) reports_.erase(after.id);
  Wake();
}

void PeerOutbox::Reported(const std::string& job, const v1::JobProgress& progress) {
  const MutexLock lock(mutex_);
  peers::v1::JobReport& report = reports_[job];
  report.set_job(job);
  *report.mutable_progress() = progress;
  report.mutable_progress()->clear_preview();
  if (!progress.preview().empty()) report.set_has_preview(true);
  if (reports_.size() == 1) Wake();
}

void PeerOutbox::Asked(const std::string& worker, const std::vector<std::string>& models,
                       int max_jobs) {
  const auto now = SteadyClock::now();
  const MutexLock lock(mutex_);
  const auto [asked, is_new] = asked_.try_emplace(worker, now);
  if (!is_new && now - asked->second < kAskedPause) return;
  asked->second = now;
  std::erase_if(asked_, [&](const auto& row) { return now - row.second > 10 * kAskedPause; });
  MakeRoom();
  peers::v1::WorkerCall& call = *news_.add_worker_calls();
  call.set_worker(worker);
  for (const std::string& model : models) call.add_models(model);
  call.set_max_jobs(max_jobs);
  Wake();
}

void PeerOutbox::WorkerChanged(const std::string& worker) {
  const MutexLock lock(mutex_);
  MakeRoom();
  news_.add_workers(worker);
  Wake();
}

void PeerOutbox::ModelsChanged() {
  const MutexLock lock(mutex_);
  news_.set_models(true);
  Wake();
}

void PeerOutbox::TokensChanged() {
  const MutexLock lock(mutex_);
  news_.set_tokens(true);
  Wake();
}

std::vector<std::string> PeerOutbox::Take() {
  uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof(count));
  PeerNews news;
  std::unordered_map<std::string, peers::v1::JobReport> reports;
  {
    const MutexLock lock(mutex_);
    news.Swap(&news_);
    const auto now = SteadyClock::now();
    if (now >= reports_due_ && !reports_.empty()) {
      reports.swap(reports_);
      reports_due_ = now + kReportPause;
    }
  }
  TextPacker packer;
  for (auto& change : *news.mutable_changes()) packer.Add(change, &PeerNews::add_changes);
  for (auto& [job, report] : reports) packer.Add(report, &PeerNews::add_reports);
  for (auto& call : *news.mutable_worker_calls()) packer.Add(call, &PeerNews::add_worker_calls);
  for (const std::string& worker : news.workers()) packer.AddWorker(worker);
  if (news.models()) packer.news().set_models(true);
  if (news.tokens()) packer.news().set_tokens(true);
  if (news.look_anew()) packer.news().set_look_anew(true);
  return std::move(packer).Finish();
}

std::optional<std::chrono::milliseconds> PeerOutbox::NextIn() {
  const MutexLock lock(mutex_);
  if (reports_.empty()) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(reports_due_ - SteadyClock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

std::string EncodeNews(const PeerNews& news) {
  const std::string bytes = news.SerializeAsString();
  return ToHex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

std::optional<PeerNews> DecodeNews(const std::string& text) {
  if (text.size() % 2 != 0 || !IsHex(text)) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  FromHex(text, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  PeerNews news;
  if (!news.ParseFromString(bytes)) return std::nullopt;
  return news;
}

}  // namespace atelier::server
