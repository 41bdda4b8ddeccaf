// What the service's measurements share: figures, and the end of a measurement that cannot go on.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier::bench {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Flags {
  std::string folder;
  /// How long each measurement takes.
  double seconds = 5;
  /// Jobs of the deep queue.
  int queued = 100'000;
  /// Finished jobs beside which leases are measured; 0: none.
  int64_t finished = 0;
  /// The URL of a fresh, empty queue in PostgreSQL, or nothing where queues are in SQLite.
  std::function<std::string()> database = [] { return std::string(); };
  /// Measurements whose name has this in it alone.
  std::string only;

  bool Wants(const std::string& name) const { return name.find(only) != std::string::npos; }
};

/// Latencies of one measurement, and how long it took.
struct Figures {
  std::vector<double> milliseconds;
  double seconds = 0;

  double Percentile(double share) {
    if (milliseconds.empty()) return 0;
    const auto at = static_cast<size_t>(share * static_cast<double>(milliseconds.size() - 1));
    std::nth_element(milliseconds.begin(), milliseconds.begin() + at, milliseconds.end());
    return milliseconds[at];
  }
  void Print(const std::string& what) {
    std::printf("%-52s %9.0f /s   p50 %7.3f ms   p99 %7.3f ms\n", what.c_str(),
                static_cast<double>(milliseconds.size()) / seconds, Percentile(0.5),
                Percentile(0.99));
    std::fflush(stdout);
  }
};

[[noreturn]] inline void Die(const std::string& why) {
  std::fprintf(stderr, "atelier-queue-bench: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error().message);
  return *std::move(result);
}

inline void Must(const Status& status) {
  if (!status) Die(status.error().message);
}

inline void Must(const grpc::Status& status) {
  if (!status.ok()) Die(status.error_message());
}

/// Calls `once(thread)` from `threads` threads for `seconds`; it returns how many jobs it did, 0 to
/// end its thread.
inline Figures Measure(int threads, double seconds, const std::function<int(int)>& once) {
  std::vector<std::vector<double>> latencies(threads);
  std::vector<std::thread> workers;
  const auto start = Steady::now();
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      while (Seconds(Steady::now() - start).count() < seconds) {
        const auto before = Steady::now();
        const int jobs = once(i);
        const double taken = Seconds(Steady::now() - before).count() * 1000;
        for (int job = 0; job < jobs; ++job) latencies[i].push_back(taken);
        if (jobs == 0) return;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Figures figures;
  figures.seconds = Seconds(Steady::now() - start).count();
  for (const auto& some : latencies) {
    figures.milliseconds.insert(figures.milliseconds.end(), some.begin(), some.end());
  }
  return figures;
}

/// The same at a given rate for all threads together. A call that starts late because the one
/// before it took long counts from when it was due.
inline Figures MeasureAtRate(int threads, double seconds, double per_second,
                             const std::function<void(int)>& once) {
  std::vector<std::vector<double>> latencies(threads);
  std::vector<std::thread> workers;
  const auto start = Steady::now();
  const auto interval = std::chrono::duration_cast<Steady::duration>(Seconds(threads / per_second));
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      // Spread over the interval.
      auto due = start + interval * i / threads;
      for (; Seconds(due - start).count() < seconds; due += interval) {
        std::this_thread::sleep_until(due);
        once(i);
        latencies[i].push_back(Seconds(Steady::now() - due).count() * 1000);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Figures figures;
  figures.seconds = Seconds(Steady::now() - start).count();
  for (const auto& some : latencies) {
    figures.milliseconds.insert(figures.milliseconds.end(), some.begin(), some.end());
  }
  return figures;
}

}  // namespace atelier::bench
