// Pixels of a photograph carried to another picture of the same person, through the bodies that
// were fitted to both.
//
// Every pixel of the other picture lies on a triangle of the body; the same place of the same
// triangle lies somewhere in the photograph. Where that place was seen, and well, its pixel can be
// carried over. The two are as exact as the fits: a few pixels at the working size.
#pragma once

#include <cstdint>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "people/body/raster.h"
#include "people/carry/dressed_body.h"
#include "people/carry/texture_surface.h"

namespace atelier::people {

/// Whether a part of an IUV picture is of the head.
constexpr bool IsHead(int part) {
  return part == static_cast<int>(BodyPart::kRightHead) ||
         part == static_cast<int>(BodyPart::kLeftHead);
}

/// The photographed person that pixels are carried from. Immutable.
class CarrySource {
 public:
  /// `dressed` was fitted to the photograph, `mask` is its person: one channel, 255 = the person.
  /// Pixels that `rules` leave out are not carried.
  CarrySource(const BodyFitter& fitter, DressedBody dressed, const Image& mask,
              const TextureRules& rules);

  const DressedBody& dressed() const { return dressed_; }
  int height() const { return visible_.height; }
  int width() const { return visible_.width; }
  /// What it takes of memory, about.
  size_t bytes() const;

  /// How squarely the surface was seen at a place of the photograph, `depth` metres from its
  /// camera: the cosine between its normal and the direction to the camera, linear between pixels;
  /// 0 where something else was seen, or nothing that may be carried.
  float SquarenessAt(float x, float y, float depth) const;

  const std::vector<ScreenPoint>& screen() const { return screen_; }

 private:
  DressedBody dressed_;
  std::vector<ScreenPoint> screen_;
  DepthBuffer visible_;
  Image squareness_;
};

/// Of every pixel of the other picture, rows from the top.
struct CarryMap {
  int height = 0;
  int width = 0;
  /// Whether the body is there.
  std::vector<uint8_t> person;
  /// Where its place of the body is in the photograph, pixels; pixel centres lie at .5.
  std::vector<float> x, y;
  /// CarrySource::SquarenessAt(); 0 = not to be carried.
  std::vector<float> squareness;
};

/// Where the pixels of a picture of `target` are in the photograph. `target` is the same person,
/// with the clothes of `source.dressed()` or none, before the picture's camera.
CarryMap MapToSource(const BodyFitter& fitter, const CarrySource& source, const DressedBody& target,
                     int height, int width);

}  // namespace atelier::people
