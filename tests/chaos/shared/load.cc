#include "chaos/shared/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace atelier::chaos {
namespace {

constexpr std::chrono::milliseconds kBetweenTries(30);
// A client that is still not acknowledged so long after the end gives up.
constexpr Seconds kPatience{60};

}  // namespace

Load::Load(Lab& lab, const LoadOptions& options) : lab_(lab), options_(options) {
  for (int i = 0; i < options_.clients; ++i) {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    client.peer = lab_.MakePeer(i % options_.servers);
    client.spec = lab_.Spec(options_.steps);
    client.name = lab_.NextRequest();
  }
  for (auto& client : clients_)
    client->thread = std::thread([this, &client = *client] { Submit(client); });
}

void Load::Submit(Client& client) {
  std::optional<Steady::time_point> over_since;
  for (int i = 0; !over_; ++i) {
    const std::string request = fmt::format("{}-{}", client.name, i);
    const auto begin = Steady::now();
    while (true) {
      const Result<v1::Job> job = client.peer->Submit(client.spec, request);
      if (job) {
        client.answered[request] = job->name();
        break;
      }
      const Error& error = job.error();
      ++client.refusals[error.reason.empty() ? std::string(CodeName(error.code)) : error.reason];
      if (over_ && !over_since) over_since = Steady::now();
      if (over_since && Steady::now() - *over_since > kPatience) return;
      std::this_thread::sleep_for(kBetweenTries);
    }
    ++acknowledged_;
    client.ended = Steady::now();
    const Seconds took = client.ended.load() - begin;
    for (Seconds longest = longest_; took > longest;) {
      if (longest_.compare_exchange_weak(longest, took)) break;
    }
    std::this_thread::sleep_for(options_.pause);
  }
}

Seconds Load::AwaitAll(Steady::time_point moment) {
  Seconds longest{0};
  for (auto& client : clients_) {
    const bool there = lab_.Until(kPatience, [&] { return client->ended.load() > moment; });
    lab_.figures().Expect(there, "a client's submits are not acknowledged any more");
    longest = std::max(longest, Seconds(client->ended.load() - moment));
  }
  return longest;
}

void Load::End() {
  over_ = true;
  for (auto& client : clients_)
    if (client->thread.joinable()) client->thread.join();
}

void Load::Finish() {
  End();
  for (auto& client : clients_)
    for (const auto& [request, job] : client->answered) lab_.Book(request, job);
  for (const auto& [reason, count] : refusals())
    lab_.figures().counts["tries refused with " + reason] += count;
}

std::map<std::string, int64_t> Load::refusals() {
  std::map<std::string, int64_t> all;
  for (auto& client : clients_)
    for (const auto& [reason, count] : client->refusals) all[reason] += count;
  return all;
}

}  // namespace atelier::chaos
