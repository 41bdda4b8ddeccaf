// FrameWarnings: the warnings of many frames told once each, with the frames' numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/warning.h"

namespace atelier::generation {

/// "3", "3, 5 and 9", "1-4 and 7": the numbers of frames, counted from 1, in order.
std::string FrameNumbers(const std::vector<int>& frames);

class FrameWarnings {
 public:
  /// What was found in frame `frame`, counted from 0. Frames come in order.
  void Add(int frame, std::vector<Warning> warnings);

  /// One warning for each reason, the first of its kind, of the field `field` and with the frames'
  /// numbers.
  std::vector<Warning> Merged(const std::string& field) const;

 private:
  std::vector<std::pair<Warning, std::vector<int>>> by_reason_;
};

}  // namespace atelier::generation
