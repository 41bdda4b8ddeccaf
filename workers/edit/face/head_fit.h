// The heads of two people brought onto one another.
#pragma once

#include <array>

#include "edit/face/point_warp.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// Right eye, left eye, nose, right and left corner of the mouth.
using FivePoints = std::array<cv::Point2f, 5>;
FivePoints ListOf(const FacePoints& points);

/// Where the person's body has the points of its face, pixels.
FacePoints BodyFacePoints(const people::Body& body, const Person& person);

/// The person with the head of their body moved in the picture so that its face lies where the
/// network found it: a body that was fitted to the whole person is off by a few pixels. As they are
/// where no face was found, or where it lies too far from the body's to be theirs.
Person WithHeadAtFace(const people::Body& body, const Subject& subject);

/// Degrees between the directions that two heads face.
double AngleBetweenHeads(const people::Body& body, const Person& one, const Person& other);

/// From the donor's picture to the base's, by the faces' points where both were found, else by the
/// bodies' heads; and how far apart they are after it, metres on the base.
struct HeadSimilarity {
  PlaneSimilarity to_base;
  double residual_metres = 0;
};
HeadSimilarity SimilarityOfHeads(const people::Body& body, const Subject& base,
                                 const Subject& donor);

}  // namespace atelier::edit
