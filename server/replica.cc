#include "server/replica.h"

#include <spdlog/spdlog.h>

#include <string_view>

namespace atelier::server {
namespace {

using namespace std::chrono_literals;

void LogFailure(const Status& status, std::string_view what) {
  if (!status) spdlog::warn("{}: {}", what, status.error().message);
}

}  // namespace

Replica::Replica(const Parts& parts)
    : parts_(parts),
      jobs_(parts.queue, parts.metrics),
      look_up_(1s, [this] { LogFailure(jobs_.LookUp(), "cannot look up followed jobs"); }),
      refresh_(2s,
               [this] {
                 LogFailure(parts_.workers.Refresh(), "cannot read the workers");
                 LogFailure(parts_.tokens.Recover(), "cannot read the tokens");
               }),
      correct_(5min,
               [this] {
                 LogFailure(jobs_.CorrectEstimate(), "cannot read the queue");
                 LogFailure(parts_.sharing.store.RemoveOldPreviews(), "cannot forget previews");
               }),
      link_(parts.sharing, *this) {}

void Replica::OnNews(const peers::v1::PeerNews& news) {
  for (const peers::v1::JobChange& change : news.changes()) {
    parts_.dispatcher.ChangedElsewhere(change.job(), static_cast<JobState>(change.after()));
  }
  jobs_.OnNews(news);
  if (news.look_anew()) LookAnew();
  if (news.models() || news.workers_size() > 0) {
    LogFailure(parts_.workers.Refresh(), "cannot read the workers");
  }
  if (news.tokens()) LogFailure(parts_.tokens.Recover(), "cannot read the tokens");
}

void Replica::OnConnected() { LookAnew(); }

void Replica::OnTime(std::chrono::steady_clock::time_point asked, int64_t store_ms) {
  parts_.queue.time().Follow(store_ms, std::chrono::ceil<std::chrono::milliseconds>(
                                           std::chrono::steady_clock::now() - asked));
}

void Replica::LookAnew() {
  LogFailure(jobs_.LookUp(), "cannot look up followed jobs");
  LogFailure(parts_.workers.Refresh(), "cannot read the workers");
  LogFailure(parts_.tokens.Recover(), "cannot read the tokens");
  LogFailure(jobs_.CorrectEstimate(), "cannot read the queue");
}

}  // namespace atelier::server
