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
  std::map<size_t, std::map<size_t, runtime::PaintedPicture>> pictures;
  std::map<size_t, Result<std::vector<runtime::PaintedPicture>>> results;
  std::map<size_t, runtime::PaintedFilm> films;

  bool Wanted(size_t job) override { return wanted(job); }
  void OnProgress(size_t job, v1::JobProgress p) override { progress[job].push_back(p); }
  void OnPicture(size_t job, size_t index, runtime::PaintedPicture picture) override {
    REQUIRE_FALSE(results.contains(job));
    const bool added = pictures[job].emplace(index, std::move(picture)).second;
    REQUIRE(added);
  }
  void OnFilm(size_t job, runtime::PaintedFilm film) override { films[job] = std::move(film); }
  void OnEnd(size_t job, Status end) override {
    Result<std::vector<runtime::PaintedPicture>> result;
    for (const auto& [index, picture] : pictures[job]) result->push_back(picture);
    if (!end) result = Propagate(end.error());
    const bool added = results.emplace(job, std::move(result)).second;
    REQUIRE(added);
  }
};

}  // namespace atelier::generation
