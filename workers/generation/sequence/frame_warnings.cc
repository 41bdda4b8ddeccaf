#include "generation/sequence/frame_warnings.h"

#include <algorithm>

namespace atelier::generation {

std::string FrameNumbers(const std::vector<int>& frames) {
  // More runs than these say no more.
  constexpr size_t kMostRuns = 12;
  std::vector<std::string> runs;
  for (size_t i = 0; i < frames.size();) {
    size_t end = i + 1;
    while (end < frames.size() && frames[end] == frames[end - 1] + 1) ++end;
    std::string run = std::to_string(frames[i] + 1);
    if (end - i > 1) run += "-" + std::to_string(frames[end - 1] + 1);
    runs.push_back(std::move(run));
    i = end;
  }
  const bool more = runs.size() > kMostRuns;
  if (more) runs.resize(kMostRuns);
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i > 0) text += !more && i + 1 == runs.size() ? " and " : ", ";
    text += runs[i];
  }
  return more ? text + " and more" : text;
}

void FrameWarnings::Add(int frame, std::vector<Warning> warnings) {
  for (Warning& warning : warnings) {
    const auto known = std::find_if(by_reason_.begin(), by_reason_.end(), [&](const auto& entry) {
      return entry.first.reason == warning.reason;
    });
    if (known == by_reason_.end()) {
      by_reason_.emplace_back(std::move(warning), std::vector<int>{frame});
    } else if (known->second.back() != frame) {
      known->second.push_back(frame);
    }
  }
}

std::vector<Warning> FrameWarnings::Merged(const std::string& field) const {
  std::vector<Warning> merged;
  for (const auto& [first, frames] : by_reason_) {
    Warning warning = first;
    warning.field = field;
    warning.message +=
        std::string(frames.size() == 1 ? " (frame " : " (frames ") + FrameNumbers(frames) + ")";
    merged.push_back(std::move(warning));
  }
  return merged;
}

}  // namespace atelier::generation
