// SilentProxy: a TCP connection in the middle that may fall silent without being closed, as when a
// node is lost or a firewall forgets a connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace atelier::testing {

class SilentProxy {
 public:
  /// Listens on a free port of 127.0.0.1 and passes its connections on to `port` there.
  explicit SilentProxy(int port);
  ~SilentProxy();
  SilentProxy(const SilentProxy&) = delete;
  SilentProxy& operator=(const SilentProxy&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// From now on nothing is passed on in either direction; connections stay open, and what is sent
  /// is taken by nobody. New connections find nobody either.
  void FallSilent() { silent_ = true; }

 private:
  void Serve(int target);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace atelier::testing
