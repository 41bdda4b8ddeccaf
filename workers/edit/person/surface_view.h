// What a picture shows of a body's surface, and where the same places are in another picture.
//
// A place of the body is a triangle and weights of its corners, so it needs no texture map: there
// are no seams and nothing is rounded.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "edit/person/person.h"

namespace atelier::edit {

/// A rectangle of a picture, at `scale` samples per pixel along each side.
struct Window {
  cv::Rect box;
  int scale = 1;
  cv::Size size() const { return {box.width * scale, box.height * scale}; }
};

/// The nearest place of the body of every sample of a window.
class SurfaceView {
 public:
  /// `screen`: every vertex, in pixels of the picture. `body` outlives this.
  SurfaceView(const people::Body& body, const std::vector<people::ScreenPoint>& screen,
              const Window& window);

  cv::Size size() const { return triangles_.size(); }
  /// Float: 1 where the body is.
  cv::Mat Covered() const;
  /// Float: what the vertices have, linear between them; 0 off the body.
  cv::Mat Interpolate(const std::vector<float>& values) const;
  /// Float, three channels.
  cv::Mat Interpolate(const std::vector<people::Vec3>& values) const;

  /// Where `where` (bytes) is not 0, shows what `other`, of the same window, shows there.
  void Replace(const cv::Mat& where, const SurfaceView& other) {
    other.triangles_.copyTo(triangles_, where);
    other.weights_.copyTo(weights_, where);
  }

  /// Where `where` (bytes) is not 0, shows nothing.
  void Remove(const cv::Mat& where) { triangles_.setTo(-1, where); }

  /// The corners at a sample; null off the body.
  const people::Triangle* TriangleAt(int y, int x) const;
  /// Weights of the second and third corner.
  people::Barycentric WeightsAt(int y, int x) const {
    const cv::Vec2f& w = weights_.at<cv::Vec2f>(y, x);
    return {w[0], w[1]};
  }

 private:
  const people::Body& body_;
  cv::Mat triangles_;  // int, of DrawSurface(); -1 = none
  cv::Mat weights_;    // float, two channels
};

/// Where the places that a SurfaceView shows are in a person's picture. Float, the view's size.
struct Places {
  /// For cv::remap: pixel centres lie at whole numbers. Far outside where the view shows no body.
  cv::Mat x, y;
  /// 1 where the picture shows this very place and not what is before it.
  cv::Mat seen;
  /// Cosine between the surface and the direction to the camera; 0 where it faces away.
  cv::Mat squareness;

  /// The picture's (or mask's) values at these places, linear between pixels.
  cv::Mat Sample(const cv::Mat& values) const;
};

enum class BodySide { kSame, kMirrored };

/// With kMirrored: where the places on the other side of the body are.
Places PlacesIn(const people::Body& body, const SurfaceView& view, const Person& person,
                BodySide side = BodySide::kSame);
/// The unit normals of the person's body there: float, three channels, as Person::normals.
cv::Mat NormalsAt(const people::Body& body, const SurfaceView& view, const Person& person,
                  BodySide side = BodySide::kSame);

}  // namespace atelier::edit
