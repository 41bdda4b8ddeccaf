// BatchEvents that keep everything they are given, by job.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <vector>

#include "runtime/batch_executor.h"

namespace atelier::generation {

class RecordedEvents : public runtime::BatchEvents {
 public:
  std::function<bool(size_t)> wanted = [](size_t) { return true; };
  std::map<size_t, std::vector<v1::JobProgress>> progress;
  std::map<size_t, Result<runtime::PaintedPictures>> results;

  bool Wanted(size_t job) override { return wanted(job); }
  void OnProgress(size_t job, v1::JobProgress p) override { progress[job].push_back(p); }
  void OnResult(size_t job, Result<runtime::PaintedPictures> result) override {
    REQUIRE(results.emplace(job, std::move(result)).second);
  }
};

}  // namespace atelier::generation
