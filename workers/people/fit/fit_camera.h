// The camera of a fitted person: perspective, its axis at right angles to the picture.
//
//   k = D / (D - Z)      x = tx + s k X      y = ty - s k Y      s = e^(log s)
//
// X to the right, Y up, Z towards the camera, in metres from the body's origin; D is the distance
// of that origin, which is not fitted.
#pragma once

#include <Eigen/Core>
#include <cmath>

#include "people/fit/parameters.h"
#include "people/pose/posed_body.h"

namespace atelier::people {

class FitCamera {
 public:
  FitCamera(const BodyParameters& parameters, double distance)
      : scale_(std::exp(parameters[kCameraBlock.first])),
        x_(parameters[kCameraBlock.first + 1]),
        y_(parameters[kCameraBlock.first + 2]),
        distance_(distance) {}

  double pixels_per_metre() const { return scale_; }
  PictureCamera InPicture() const { return {x_, y_, scale_, distance_}; }

  Eigen::Vector2d Project(const Eigen::Vector3d& p) const {
    const double k = scale_ * distance_ / (distance_ - p.z());
    return {x_ + k * p.x(), y_ - k * p.y()};
  }
  ScreenPoint Screen(const Vec3& p) const { return InPicture().Project(p); }

  /// Derivatives of Project() by all parameters, from those of the point.
  Eigen::Matrix<double, 2, kParameterCount> Differentiate(
      const Eigen::Vector3d& p, const Eigen::Matrix<double, 3, kParameterCount>& by) const {
    const double nearness = 1 / (distance_ - p.z());
    const double k = scale_ * distance_ * nearness;
    Eigen::Matrix<double, 2, kParameterCount> out;
    out.row(0) = k * (by.row(0) + p.x() * nearness * by.row(2));
    out.row(1) = -k * (by.row(1) + p.y() * nearness * by.row(2));
    out(0, kCameraBlock.first) += k * p.x();
    out(1, kCameraBlock.first) -= k * p.y();
    out(0, kCameraBlock.first + 1) += 1;
    out(1, kCameraBlock.first + 2) += 1;
    return out;
  }

 private:
  double scale_;
  double x_;
  double y_;
  double distance_;
};

}  // namespace atelier::people
