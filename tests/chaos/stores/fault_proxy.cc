#include "chaos/stores/fault_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace atelier::chaos {
namespace {

constexpr size_t kChunkBytes = 64 << 10;
constexpr int kPollMilliseconds = 20;
constexpr char kSlowDown[] =
    "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 77\r\n"
    "Connection: close\r\n\r\n"
    "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>x</Message></Error>";

// Learns the names of COMMITs that are prepared in `bytes`, and says whether one is run there. Of
// PostgreSQL's protocol: Parse is 'P', a length of four bytes, the name and the text, Bind has the
// name after that of its portal, which is empty; each of them ends with a zero.
bool RunsCommit(const std::string& bytes, std::set<std::string>& commits) {
  constexpr std::string_view kText("\0COMMIT\0", 8);
  constexpr size_t kHeader = 5;
  for (size_t at = bytes.find(kText); at != std::string::npos; at = bytes.find(kText, at + 1)) {
    size_t begin = at;
    while (begin > 0 && std::isalnum(static_cast<unsigned char>(bytes[begin - 1])) != 0) --begin;
    if (begin >= kHeader && bytes[begin - kHeader] == 'P')
      commits.insert(bytes.substr(begin, at - begin));
  }
  return std::any_of(commits.begin(), commits.end(), [&](const std::string& name) {
    return bytes.find('\0' + name + '\0') != std::string::npos;
  });
}

union AnyAddress {
  sockaddr any;
  sockaddr_un unix;
  sockaddr_in tcp;
};

// Returns its size.
socklen_t Fill(const SocketAddress& from, AnyAddress& address) {
  std::memset(&address, 0, sizeof address);
  if (!from.path.empty()) {
    address.unix.sun_family = AF_UNIX;
    std::strncpy(address.unix.sun_path, from.path.c_str(), sizeof(address.unix.sun_path) - 1);
    return sizeof address.unix;
  }
  address.tcp.sin_family = AF_INET;
  address.tcp.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.tcp.sin_port = ::htons(static_cast<uint16_t>(from.port));
  return sizeof address.tcp;
}

int MakeSocket(const SocketAddress& address) {
  const int family = address.path.empty() ? AF_INET : AF_UNIX;
  const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (family == AF_INET) ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return made;
}

bool SendAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Empty: the other end left.
std::string Receive(int from) {
  std::string bytes(kChunkBytes, '\0');
  const ssize_t count = ::recv(from, bytes.data(), bytes.size(), 0);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

}  // namespace

FaultProxy::FaultProxy(const SocketAddress& listen, const SocketAddress& target) : target_(target) {
  if (!listen.path.empty()) ::unlink(listen.path.c_str());
  listener_ = MakeSocket(listen);
  AnyAddress address;
  socklen_t size = Fill(listen, address);
  if (::bind(listener_, &address.any, size) != 0 || ::listen(listener_, 256) != 0) {
    std::perror("chaos: the proxy cannot listen");
    std::abort();
  }
  size = sizeof address;
  ::getsockname(listener_, &address.any, &size);
  if (listen.path.empty()) port_ = ::ntohs(address.tcp.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

FaultProxy::~FaultProxy() {
  over_ = true;
  accepting_.join();
  while (pumps_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::close(listener_);
}

void FaultProxy::Heal() {
  commits_to_cut_ = 0;
  delay_ = std::chrono::milliseconds(0);
  fault_ = ProxyFault::kNone;
}

void FaultProxy::Accept() {
  while (!over_) {
    pollfd wait = {.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, kPollMilliseconds) <= 0) continue;
    Link link;
    link.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (link.client < 0) continue;
    link.target = MakeSocket(target_);
    AnyAddress address;
    const socklen_t size = Fill(target_, address);
    const bool there =
        fault_ != ProxyFault::kClosed && ::connect(link.target, &address.any, size) == 0;
    if (!there) {
      if (fault_ == ProxyFault::kClosed) ++met_;
      ::close(link.client);
      ::close(link.target);
      continue;
    }
    ++pumps_;
    std::thread([this, link] { Pump(link); }).detach();
  }
}

void FaultProxy::Pump(Link link) {
  bool goes_on = true;
  while (goes_on && !over_) {
    if (fault_ == ProxyFault::kClosed) {
      ++met_;
      break;
    }
    if (fault_ == ProxyFault::kSilent) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMilliseconds));
      continue;
    }
    pollfd ends[] = {{.fd = link.client, .events = POLLIN, .revents = 0},
                     {.fd = link.target, .events = POLLIN, .revents = 0}};
    if (::poll(ends, 2, kPollMilliseconds) <= 0) continue;
    // It may have begun during the wait.
    if (fault_ == ProxyFault::kSilent) continue;
    if (ends[0].revents != 0) goes_on = PassRequest(link);
    if (goes_on && ends[1].revents != 0) goes_on = PassAnswer(link);
  }
  ::close(link.client);
  ::close(link.target);
  --pumps_;
}

bool FaultProxy::PassRequest(Link& link) {
  const std::string bytes = Receive(link.client);
  if (bytes.empty()) return false;
  if (fault_ == ProxyFault::kBusy) {
    ++met_;
    SendAll(link.client, kSlowDown);
    ::shutdown(link.client, SHUT_WR);
    // What is still being sent must be taken, or the answer is lost with the connection.
    while (!over_ && !Receive(link.client).empty()) {
    }
    return false;
  }
  if (RunsCommit(bytes, link.commits)) {
    int left = commits_to_cut_;
    while (left > 0 && !commits_to_cut_.compare_exchange_weak(left, left - 1)) {
    }
    link.cut_answer = left > 0;
  }
  return SendAll(link.target, bytes);
}

bool FaultProxy::PassAnswer(Link& link) {
  const std::string bytes = Receive(link.target);
  if (bytes.empty()) return false;
  if (link.cut_answer) {
    ++met_;
    return false;
  }
  const std::chrono::milliseconds delay = delay_;
  if (delay.count() > 0) std::this_thread::sleep_for(delay);
  if (fault_ == ProxyFault::kHalfBody) return SendHalf(link.client, bytes);
  return SendAll(link.client, bytes);
}

bool FaultProxy::SendHalf(int client, const std::string& answer) {
  const size_t head = answer.find("\r\n\r\n");
  // With the end of a header, the body begins in these bytes; without, they are of a body.
  const size_t body = head == std::string::npos ? 0 : head + 4;
  if (answer.size() <= body + 1) return SendAll(client, answer);
  ++met_;
  SendAll(client, std::string_view(answer).substr(0, body + (answer.size() - body) / 2));
  return false;
}

}  // namespace atelier::chaos
