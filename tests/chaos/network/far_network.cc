#include "chaos/network/far_network.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

namespace atelier::chaos {
namespace {

constexpr char kIp[] = "/usr/sbin/ip";
// Nobody has it: the second bit marks addresses that no maker gave.
constexpr char kNobody[] = "02:00:00:00:00:01";

// Several at once, of several processes, may be there.
int NextNumber() {
  static std::atomic<int> last = 0;
  return ::getpid() % 10'000 * 8 + last++ % 8;
}

}  // namespace

FarNetwork::FarNetwork()
    : name_(fmt::format("atelier-{}", NextNumber())),
      near_link_("near" + name_.substr(7)),
      far_link_("far" + name_.substr(7)) {
  // One net of four addresses for each, in a range that is for private use.
  const int net = NextNumber() % 16'384;
  const auto address = [&](int host) {
    return fmt::format("10.213.{}.{}", net / 64, net % 64 * 4 + host);
  };
  near_address_ = address(1);
  far_address_ = address(2);
}

Result<std::unique_ptr<FarNetwork>> FarNetwork::Create() {
  std::unique_ptr<FarNetwork> network(new FarNetwork());
  FarNetwork& made = *network;
  const bool there =
      made.Ip("netns add " + made.name_) &&
      made.Ip(fmt::format("link add {} type veth peer name {} netns {}", made.near_link_,
                          made.far_link_, made.name_)) &&
      made.Ip(fmt::format("address add {}/30 dev {}", made.near_address_, made.near_link_)) &&
      made.Ip(fmt::format("link set {} up", made.near_link_)) &&
      made.Ip(fmt::format("address add {}/30 dev {}", made.far_address_, made.far_link_), true) &&
      made.Ip(fmt::format("link set {} up", made.far_link_), true) &&
      made.Ip("link set lo up", true);
  if (there) return network;
  return MakeError(Code::kFailedPrecondition, "NO_NAMESPACE",
                   "no network namespace can be made here: " + made.error_);
}

FarNetwork::~FarNetwork() {
  // Takes the links along.
  Ip("netns del " + name_);
}

std::vector<std::string> FarNetwork::Inside() const { return {kIp, "netns", "exec", name_}; }

bool FarNetwork::Cut() {
  const auto misled = [&](const std::string& address, const std::string& link, bool far) {
    return Ip(
        fmt::format("neighbour replace {} lladdr {} dev {} nud permanent", address, kNobody, link),
        far);
  };
  return misled(far_address_, near_link_, false) && misled(near_address_, far_link_, true);
}

bool FarNetwork::Heal() {
  return Ip(fmt::format("neighbour del {} dev {}", far_address_, near_link_)) &&
         Ip(fmt::format("neighbour del {} dev {}", near_address_, far_link_), true);
}

bool FarNetwork::Ip(const std::string& arguments, bool far) {
  const std::string command =
      fmt::format("{}{} {} 2>&1", kIp, far ? " -netns " + name_ : "", arguments);
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return false;
  std::string said;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) said += buffer;
  const bool done = ::pclose(pipe) == 0;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (!done) error_ = said.empty() ? command + " failed" : said;
  return done;
}

}  // namespace atelier::chaos
