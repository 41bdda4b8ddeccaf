#include "perception/person_frame.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace atelier::perception {
namespace {

/// Of the box' longer side, on every side: what renderings leave around the people they frame.
constexpr double kMargin = 0.05;
/// Of the picture's area: from here on a cut would not make the person much larger.
constexpr double kFillingShare = 0.5;

/// Of a part, to have a middle.
constexpr int kFewestPixels = 16;
constexpr double kDegreesPerRadian = 180 / 3.14159265358979323846;

struct PixelMean {
  double sum_x = 0, sum_y = 0;
  int count = 0;
  void Add(int x, int y) {
    sum_x += x;
    sum_y += y;
    ++count;
  }
  double x() const { return sum_x / count; }
  double y() const { return sum_y / count; }
};

/// One counter-clockwise quarter turn: the pixel at (x, y) goes to (y, width - 1 - x).
Image TurnOnce(const Image& image) {
  Image turned(image.width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::copy_n(image.at(y, x), image.channels, turned.at(image.width - 1 - x, y));
    }
  }
  return turned;
}

Image Turn(Image image, int quarter_turns) {
  for (int i = 0; i < quarter_turns; ++i) image = TurnOnce(image);
  return image;
}

/// What rounds to a quarter turn of a tilt.
int QuarterTurns(std::optional<double> tilt_degrees) {
  if (!tilt_degrees) return 0;
  return (static_cast<int>(std::lround(*tilt_degrees / 90)) + 4) % 4;
}

}  // namespace

PersonFrame WholePicture(const Image& picture, int quarter_turns) {
  return {0, 0, picture.width, picture.height, quarter_turns};
}

bool IsWhole(const PersonFrame& frame, const Image& picture) {
  return frame.quarter_turns == 0 && frame.width == picture.width && frame.height == picture.height;
}

PersonFrame FrameAround(const Box& box, std::optional<double> tilt_degrees, const Image& picture) {
  PersonFrame frame = WholePicture(picture, QuarterTurns(tilt_degrees));
  if (box.empty()) return frame;
  const double margin = kMargin * std::max(box.right - box.left, box.bottom - box.top);
  const auto within = [](double place, int side) {
    return std::clamp(static_cast<int>(std::lround(place)), 0, side);
  };
  frame.left = within(box.left - margin, picture.width);
  frame.top = within(box.top - margin, picture.height);
  frame.width = within(box.right + margin, picture.width) - frame.left;
  frame.height = within(box.bottom + margin, picture.height) - frame.top;
  if (frame.width > 0 && frame.height > 0) return frame;
  return WholePicture(picture, frame.quarter_turns);  // a box outside of the picture
}

bool FillsPicture(const PersonFrame& frame, const Image& picture) {
  const double share = static_cast<double>(frame.width) * frame.height /
                       (static_cast<double>(picture.width) * picture.height);
  return frame.quarter_turns == 0 && share >= kFillingShare;
}

Image CutFrame(const Image& picture, const PersonFrame& frame) {
  Image cut(frame.height, frame.width, picture.channels);
  for (int y = 0; y < frame.height; ++y) {
    std::copy_n(picture.at(frame.top + y, frame.left),
                static_cast<ptrdiff_t>(frame.width) * picture.channels, cut.at(y, 0));
  }
  return Turn(std::move(cut), frame.quarter_turns);
}

Image PutBack(const Image& cut, const PersonFrame& frame, int height, int width) {
  const Image upright = Turn(cut, (4 - frame.quarter_turns) % 4);
  Image whole(height, width, cut.channels);
  for (int y = 0; y < frame.height; ++y) {
    std::copy_n(upright.at(y, 0), static_cast<ptrdiff_t>(frame.width) * cut.channels,
                whole.at(frame.top + y, frame.left));
  }
  return whole;
}

Keypoints PutBack(const Keypoints& cut, const PersonFrame& frame) {
  const auto width = static_cast<float>(frame.width), height = static_cast<float>(frame.height);
  Keypoints keypoints = cut;
  for (Keypoint& point : keypoints) {
    if (point.confidence <= 0) continue;
    const float x = point.x, y = point.y;
    if (frame.quarter_turns == 1) std::tie(point.x, point.y) = std::tuple(width - y, x);
    if (frame.quarter_turns == 2) std::tie(point.x, point.y) = std::tuple(width - x, height - y);
    if (frame.quarter_turns == 3) std::tie(point.x, point.y) = std::tuple(y, height - x);
    point.x += static_cast<float>(frame.left);
    point.y += static_cast<float>(frame.top);
  }
  return keypoints;
}

std::optional<double> TiltOfParts(const Image& iuv) {
  PixelMean head, torso;
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const auto part = static_cast<BodyPart>(iuv.at(y, x)[0]);
      if (part == BodyPart::kRightHead || part == BodyPart::kLeftHead) head.Add(x, y);
      if (part == BodyPart::kTorsoFront || part == BodyPart::kTorsoBack) torso.Add(x, y);
    }
  }
  if (head.count < kFewestPixels || torso.count < kFewestPixels) return std::nullopt;
  const double right = head.x() - torso.x(), up = torso.y() - head.y();
  return std::atan2(right, up) * kDegreesPerRadian;
}

}  // namespace atelier::perception
