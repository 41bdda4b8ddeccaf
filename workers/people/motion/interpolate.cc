#include "people/motion/interpolate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "people/fit/retarget.h"
#include "people/motion/pose_channels.h"

namespace atelier::people {
namespace {

constexpr size_t kScale = static_cast<size_t>(kCameraBlock.first);
constexpr size_t kX = kScale + 1, kY = kScale + 2;
/// Of the picture's side: room for hair and clothes around a body that must not be cut off.
constexpr double kRoom = .03;

/// Speed and its change are 0 at both ends: the movement of a hand from place to place that jerks
/// least.
double Ease(double t) { return t * t * t * (10 + t * (6 * t - 15)); }

/// In pixels.
struct Extent {
  double left = std::numeric_limits<double>::max(), top = left;
  double right = std::numeric_limits<double>::lowest(), bottom = right;
};

Extent ExtentOf(const BodyFitter& fitter, const FittedBody& body) {
  const std::vector<ScreenPoint> screen = fitter.Project(body);
  Extent extent;
  for (const int vertex : fitter.body().skin_vertices()) {
    const ScreenPoint& point = screen[static_cast<size_t>(vertex)];
    extent.left = std::min(extent.left, static_cast<double>(point.x));
    extent.right = std::max(extent.right, static_cast<double>(point.x));
    extent.top = std::min(extent.top, static_cast<double>(point.y));
    extent.bottom = std::max(extent.bottom, static_cast<double>(point.y));
  }
  return extent;
}

/// About the picture's middle.
FittedBody Shrunk(const FittedBody& body, double factor, MotionFrameSize size) {
  FittedBody out =
      InPicture(body, factor, size.width * (1 - factor) / 2, size.height * (1 - factor) / 2);
  out.distance = body.distance / factor;
  return out;
}

/// The factor about the picture's middle at which `frames` stay inside on those sides where all of
/// `poses` do; 1 at most.
double RoomFor(const BodyFitter& fitter, std::span<const FittedBody> poses,
               std::span<const FittedBody> frames, MotionFrameSize size) {
  const auto reaches = [&](const Extent& e) -> std::array<double, 4> {
    const double x = size.width / 2.0, y = size.height / 2.0;
    return {(x - e.left) / x, (e.right - x) / x, (y - e.top) / y, (e.bottom - y) / y};
  };
  std::array<double, 4> given{}, needed{};
  for (const FittedBody& pose : poses) {
    const auto reach = reaches(ExtentOf(fitter, pose));
    for (size_t i = 0; i < 4; ++i) given[i] = std::max(given[i], reach[i]);
  }
  for (const FittedBody& frame : frames) {
    const auto reach = reaches(ExtentOf(fitter, frame));
    for (size_t i = 0; i < 4; ++i) needed[i] = std::max(needed[i], reach[i]);
  }
  double factor = 1;
  for (size_t i = 0; i < 4; ++i) {
    if (given[i] > 1 || needed[i] <= std::max(given[i], 1 - kRoom)) continue;
    factor = std::min(factor, std::max(given[i], 1 - kRoom) / needed[i]);
  }
  return factor;
}

}  // namespace

FittedBody Interpolate(const FittedBody& a, const FittedBody& b, double t) {
  return InPoseOfChannels(a, Mix(ChannelsOf(a), ChannelsOf(b), t));
}

Result<std::vector<FittedBody>> InterpolatePoses(const BodyFitter& fitter,
                                                 std::span<const FittedBody> poses, int count,
                                                 MotionFrameSize size) {
  if (poses.size() < 2) {
    return InvalidField("poses", "two or more", std::to_string(poses.size()));
  }
  if (count < static_cast<int>(poses.size())) {
    return InvalidField("count", "at least the number of poses, " + std::to_string(poses.size()),
                        std::to_string(count));
  }
  std::vector<FittedBody> keys;
  double scale = std::numeric_limits<double>::max();
  for (const FittedBody& pose : poses) {
    keys.push_back(InPoseOf(fitter, poses.front(), pose));
    scale = std::min(scale, keys.back().parameters[kScale]);
  }
  std::vector<double> floor;
  for (FittedBody& key : keys) {
    key = Shrunk(key, std::exp(scale - key.parameters[kScale]), size);
    floor.push_back(ExtentOf(fitter, key).bottom);
  }
  std::vector<FittedBody> frames;
  const auto last = keys.size() - 1;
  const auto frame_of = [&](size_t key) {
    return static_cast<int>(
        std::lround(static_cast<double>(key) * (count - 1) / static_cast<double>(last)));
  };
  for (size_t key = 0; key < last; ++key) {
    const int begin = frame_of(key), end = frame_of(key + 1);
    for (int frame = begin; frame < end; ++frame) {
      const double t = Ease(static_cast<double>(frame - begin) / (end - begin));
      FittedBody body = Interpolate(keys[key], keys[key + 1], t);
      const double wanted = floor[key] + t * (floor[key + 1] - floor[key]);
      body.parameters[kY] += wanted - ExtentOf(fitter, body).bottom;
      frames.push_back(body);
    }
  }
  frames.push_back(keys.back());
  const double factor = RoomFor(fitter, keys, frames, size);
  if (factor < 1) {
    for (FittedBody& frame : frames) frame = Shrunk(frame, factor, size);
  }
  return frames;
}

std::vector<FittedBody> InMotionOf(const BodyFitter& fitter, const FittedBody& person,
                                   std::span<const FittedBody> motion) {
  std::vector<FittedBody> out;
  std::vector<double> grown;  // by frame, logarithms
  for (const FittedBody& frame : motion) {
    out.push_back(InPoseOf(fitter, person, frame));
    grown.push_back(out.back().parameters[kScale] - frame.parameters[kScale]);
  }
  if (out.empty()) return out;
  std::vector<double> sorted = grown;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  for (size_t t = 0; t < out.size(); ++t) {
    // About the torso's middle, which InPoseOf() left in its place.
    const double factor = std::exp(*middle - grown[t]);
    const TorsoPlace torso = TorsoOf(fitter, out[t]);
    out[t] = InPicture(out[t], factor, torso.x * (1 - factor), torso.y * (1 - factor));
    out[t].distance /= factor;
  }
  return out;
}

}  // namespace atelier::people
