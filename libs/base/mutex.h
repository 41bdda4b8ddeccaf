// Mutexes whose use Clang checks while it compiles: std::mutex and its kin, with annotations.
//
// Members that a mutex protects are declared GUARDED_BY(mutex_), functions that expect it to be
// held REQUIRES(mutex_). Clang then refuses code that touches them without the lock
// (-Wthread-safety: the tidy check of every change, and the nightly build with Clang). Under other
// compilers the annotations are empty. At run time nothing differs from the standard classes.
//
// A lambda is a function of its own to Clang: one that touches guarded members says what it
// expects, too:
//
//   changed_.Wait(lock, [this]() REQUIRES(mutex_) { return !waiting_.empty(); });
//
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#if defined(__clang__)
#define ATELIER_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define ATELIER_THREAD_ATTRIBUTE(x)
#endif

// Abseil, which gRPC's headers include, has macros of the same names and meanings.
#undef GUARDED_BY
#undef PT_GUARDED_BY
#undef REQUIRES

/// Of a member: it may be touched only while the mutex is held; of a pointer: what it points to.
#define GUARDED_BY(mutex) ATELIER_THREAD_ATTRIBUTE(guarded_by(mutex))
#define PT_GUARDED_BY(mutex) ATELIER_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
/// Of a function: its caller holds the mutex.
#define REQUIRES(mutex) ATELIER_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace atelier {

class ATELIER_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a mutex until the end of its scope; may let go of it meanwhile.
class ATELIER_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ATELIER_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : lock_(mutex.mutex_) {}
  ~MutexLock() ATELIER_THREAD_ATTRIBUTE(release_capability()) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  /// REQUIRES: it is held.
  void Unlock() ATELIER_THREAD_ATTRIBUTE(release_capability())
      ATELIER_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    lock_.unlock();
  }
  /// REQUIRES: Unlock() was called.
  void Lock() ATELIER_THREAD_ATTRIBUTE(acquire_capability())
      ATELIER_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    lock_.lock();
  }

 private:
  friend class ConditionVariable;
  friend class StoppableCondition;
  std::unique_lock<std::mutex> lock_;
};

/// std::condition_variable. The lock is held whenever `done` is asked, and at the end.
class ConditionVariable {
 public:
  template <typename Predicate>
  void Wait(MutexLock& lock, Predicate done) {
    condition_.wait(lock.lock_, std::move(done));
  }
  /// What `done` says at the end, after `timeout` at the latest.
  template <typename Predicate>
  bool WaitFor(MutexLock& lock, std::chrono::milliseconds timeout, Predicate done) {
    return condition_.wait_for(lock.lock_, timeout, std::move(done));
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

/// std::condition_variable_any, whose waits also end when a stop is requested.
class StoppableCondition {
 public:
  template <typename Predicate>
  void Wait(MutexLock& lock, Predicate done) {
    condition_.wait(lock.lock_, std::move(done));
  }
  /// What `done` says at the end, which is false only after a stop.
  template <typename Predicate>
  bool Wait(MutexLock& lock, std::stop_token stop, Predicate done) {
    return condition_.wait(lock.lock_, std::move(stop), std::move(done));
  }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace atelier
