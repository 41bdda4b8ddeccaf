// The first frame of an animated WebP file: what is taken of it. Of an APNG, decoders take the
// picture that stands in front of its further frames by themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier {

/// Whether the file's own header says that it is an animation. Takes any bytes.
bool IsAnimatedWebp(std::string_view bytes);

struct WebpFrame {
  /// A still WebP file of the frame alone.
  std::string still;
  /// Pixels of the frame, and of its corner from the canvas'.
  int height = 0;
  int width = 0;
  int left = 0;
  int top = 0;
  /// Pixels of the canvas.
  int canvas_height = 0;
  int canvas_width = 0;
};

/// Nothing when there is none, it is damaged, or it does not lie on its canvas. Takes any bytes.
std::optional<WebpFrame> FirstWebpFrame(std::string_view bytes);

}  // namespace atelier
