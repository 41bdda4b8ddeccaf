#include "server/peers/peer_link.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace atelier::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause(50), kLongestPause(2000);
// How often the store is asked for its time, which also tells whether the link still stands.
constexpr milliseconds kTimePause(2000);
// Texts of one transaction.
constexpr size_t kTextsAtOnce = 64;
// Texts that are kept while the link is lost; those who come back look at everything anyway.
constexpr size_t kMaxUnsent = 4096;

}  // namespace

PeerLink::PeerLink(Sharing& sharing, PeerListener& listener)
    : sharing_(sharing),
      listener_(listener),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

PeerLink::~PeerLink() {
  thread_.request_stop();
  sharing_.outbox.Wake();
  thread_.join();
}

void PeerLink::Run(const std::stop_token& stop) {
  milliseconds pause(0);
  while (!stop.stop_requested()) {
    const Result<std::unique_ptr<NewsLink>> link = sharing_.store.OpenNewsLink();
    Status ended = link ? Status() : Status(Unexpected(link.error()));
    if (link) {
      pause = milliseconds(0);
      listener_.OnConnected();
      ended = Exchange(**link, stop);
    }
    if (stop.stop_requested()) return;
    if (pause.count() == 0) {
      spdlog::warn("no news of other servers for now: {}", ended.error().message);
    }
    pause = std::clamp(2 * pause, kFirstPause, kLongestPause);
    pollfd none{-1, 0, 0};
    (void)::poll(&none, 1, static_cast<int>(pause.count()));
  }
}

Status PeerLink::Exchange(NewsLink& link, const std::stop_token& stop) {
  steady_clock::time_point next_time;
  while (true) {
    const bool stopping = stop.stop_requested();
    ATELIER_RETURN_IF_ERROR(Send(link));
    if (stopping) return {};
    ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> texts, link.Receive());
    for (const std::string& text : texts) {
      // A text that is none is another program's, or another version's.
      if (const auto news = DecodeNews(text)) listener_.OnNews(*news);
    }
    if (steady_clock::now() >= next_time) {
      ATELIER_RETURN_IF_ERROR(AskTime(link));
      next_time = steady_clock::now() + kTimePause;
      // What the answer brought along is with libpq already.
      continue;
    }
    const auto until_time = std::chrono::ceil<milliseconds>(next_time - steady_clock::now());
    link.Wait(sharing_.outbox.wake(),
              std::max(milliseconds(0),
                       std::min(until_time, sharing_.outbox.NextIn().value_or(until_time))));
  }
}

Status PeerLink::Send(NewsLink& link) {
  for (std::string& text : sharing_.outbox.Take()) unsent_.push_back(std::move(text));
  if (unsent_.size() > kMaxUnsent) {
    peers::v1::PeerNews anew;
    anew.set_look_anew(true);
    unsent_ = {EncodeNews(anew)};
  }
  while (!unsent_.empty()) {
    const auto count = std::min(unsent_.size(), kTextsAtOnce);
    const auto end = unsent_.begin() + static_cast<std::ptrdiff_t>(count);
    ATELIER_RETURN_IF_ERROR(link.Send({unsent_.begin(), end}));
    unsent_.erase(unsent_.begin(), end);
  }
  return {};
}

Status PeerLink::AskTime(NewsLink& link) {
  const auto asked = steady_clock::now();
  ATELIER_ASSIGN_OR_RETURN(const int64_t store_ms, link.NowMs());
  listener_.OnTime(asked, store_ms);
  return {};
}

}  // namespace atelier::server
