// ProgressBar: one line that fills up on a terminal; one line a step elsewhere.
#pragma once

#include <cstdio>

namespace atelier::paint {

class ProgressBar {
 public:
  /// Writes to `stream`, which must outlive it.
  explicit ProgressBar(std::FILE* stream);
  /// `step` of `steps` is done and took `seconds`.
  void Show(int step, int steps, double seconds);

 private:
  std::FILE* stream_;
  const bool is_terminal_;
};

}  // namespace atelier::paint
