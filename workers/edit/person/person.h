// A person in a picture, with the body that was fitted to them: what every edit reads.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/image.h"
#include "people/body/body.h"
#include "people/body/raster.h"
#include "people/pose/posed_body.h"

namespace atelier::edit {

/// Immutable once made. Matrices are of the picture's size.
struct Person {
  /// RGB.
  Image picture;
  /// Float, 0..1: how surely a pixel is the person.
  cv::Mat mask;
  /// Without clothes, in pixels of the picture.
  people::PosedBody body;
  /// Unit normals of the body, every vertex; camera's frame.
  std::vector<people::Vec3> normals;
  /// Metres that clothes and hair stand off the body, every vertex (people/carry/dressed_body.h).
  std::vector<float> clothes;
  /// Every vertex with its clothes.
  std::vector<people::ScreenPoint> screen;
  /// The nearest triangle of DrawSurface() (people/body/body_view.h) of every pixel, with clothes.
  people::DepthBuffer visible{0, 0};
  /// Float: cosine between the surface and the direction to the camera; 0 off the body.
  cv::Mat squareness;
  /// Bytes: 255 where something nearer is beside the surface, whose true edge may be here.
  cv::Mat beside_nearer;

  int height() const { return picture.height; }
  int width() const { return picture.width; }
  /// At the person's distance.
  double pixels_per_metre() const { return body.camera.pixels_per_metre; }
};

/// `picture`: RGB. `mask`: one channel of its size, 255 = surely the person. `posed`: in its
/// pixels.
Person MakePerson(const people::Body& body, Image picture, const Image& mask,
                  people::PosedBody posed);

/// The person with other clothes, metres of every vertex, before the same picture.
Person WithClothes(const people::Body& body, Person person, std::vector<float> clothes);

}  // namespace atelier::edit
