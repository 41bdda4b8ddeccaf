#include "runtime/service/stop_signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>

#include "telemetry/log.h"

namespace atelier::runtime {
namespace {

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Event::Event() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {}

Event::~Event() { ::close(descriptor_); }

void Event::Set() {
  const uint64_t one = 1;
  // Fails only when it was set 2^64 times.
  (void)!::write(descriptor_, &one, sizeof(one));
}

StopSignals::StopSignals() {
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void StopSignals::Wait() {
  const sigset_t set = StopSet();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  spdlog::info("signal={} draining", signal);
}

bool StopSignals::WaitOr(const Event& event) {
  const sigset_t set = StopSet();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  std::array<pollfd, 2> ready{{{signals, POLLIN, 0}, {event.descriptor_, POLLIN, 0}}};
  while (::poll(ready.data(), ready.size(), -1) < 0) {
  }
  ::close(signals);
  // A signal is left where it is, for Wait(); the event counts when both are there.
  return (ready[1].revents & POLLIN) != 0;
}

}  // namespace atelier::runtime
