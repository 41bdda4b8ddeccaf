#include "paint/progress_bar.h"

#include <unistd.h>

#include <string>

namespace atelier::paint {
namespace {
constexpr int kWidth = 30;
}  // namespace

ProgressBar::ProgressBar(std::FILE* stream)
    : stream_(stream), is_terminal_(::isatty(::fileno(stream)) == 1) {}

void ProgressBar::Show(int step, int steps, double seconds) {
  const std::string bar(static_cast<size_t>(kWidth * step / steps), '#');
  std::fprintf(stream_, "%s[%-*s] step %d of %d, %.2f s%s", is_terminal_ ? "\r" : "", kWidth,
               bar.c_str(), step, steps, seconds, is_terminal_ && step < steps ? "" : "\n");
  std::fflush(stream_);
}

}  // namespace atelier::paint
