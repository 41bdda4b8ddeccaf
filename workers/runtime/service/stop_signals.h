// The signals that end a worker.
#pragma once

namespace atelier::runtime {

/// Something that happens once and can be waited for beside signals. Thread-safe.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void Set();

 private:
  friend class StopSignals;
  const int descriptor_;
};

/// Holds SIGTERM and SIGINT back from every thread of the process until somebody waits for them.
/// Make it first in main(): threads that start before it would still die of the signal.
class StopSignals {
 public:
  StopSignals();
  /// Returns when the process was asked to stop.
  void Wait();
  /// The same, or when `event` happened: true then.
  bool WaitOr(const Event& event);
};

}  // namespace atelier::runtime
