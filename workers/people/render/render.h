// Rendered people: a seed gives a person, another a pose, a third a view, and everything about the
// picture is known exactly: which body part every pixel shows, every joint, every garment.
//
//   auto body = Body::Load(file);
//   Rendering r = Render(**body, SamplePerson(**body, 1), SamplePose(2), SampleView(3));
//
// No LibTorch, no OpenCV; the same seeds give the same bytes on any machine.
//
// Thread rule: a Body is immutable after Load() and shared by any number of threads; Render() keeps
// no state.
#pragma once

#include <cstdint>

#include "base/body.h"
#include "base/image.h"
#include "people/body/body.h"
#include "people/look/person.h"
#include "people/pose/pose.h"
#include "people/pose/posed_body.h"
#include "people/pose/view.h"

namespace atelier::people {

/// Milliseconds of processor time of the rendering thread, by stage.
struct RenderTimes {
  double dress = 0;   // shape, garment shells
  double pose = 0;    // skinning, camera, normals
  double raster = 0;  // visibility
  double shade = 0;   // paint, light, resolve
  double labels = 0;  // IUV, keypoints
  double total() const { return dress + pose + raster + shade + labels; }
};

/// Where a motion takes place: one camera for all of its frames, and a floor.
struct Stage {
  /// The camera frames the person as they are framed in this pose and view, whose lowest point is
  /// the floor that every frame's lowest point is on.
  Pose framed_pose;
  View framed_view;
  /// Metres to the picture's right that the person has walked.
  float across = 0;
};

struct RenderOptions {
  int height = 256;
  int width = 176;
  /// Samples per pixel along each axis, 1..4; time grows with its square.
  int supersample = 2;
  /// Null, or where this rendering's times are added.
  RenderTimes* times = nullptr;
  /// Null, or the person the picture is framed for in this one's stead. A head swapped for a taller
  /// one would otherwise move the whole picture. REQUIRES: sampled from the same body.
  const Person* framed_for = nullptr;
  /// Null: every picture is framed for itself.
  const Stage* stage = nullptr;
};

/// What a pixel shows; the values of Rendering::regions.
enum class Region : uint8_t {
  kBackground = 0,
  kSkin = 1,
  kFace = 2,
  kHair = 3,
  kTop = 4,
  kBottom = 5,
  kShoes = 6,
  kJacket = 7,
};
inline constexpr int kRegionCount = 8;

struct Rendering {
  Image rgb;
  Image iuv;      // (I, U, V) of the body under the clothes, which is what DensePose regresses
  Image mask;     // one channel; 255 = the clothed person, hair and skirt included
  Image regions;  // one channel of Region values
  /// Confidence 1 visible, 0.5 hidden by the body, 0 outside the picture.
  Keypoints keypoints;
  /// The face's bounds, clipped to the picture, even when it is turned away.
  Box face;
  bool face_visible = false;
};

/// The naked body of a rendering, in its pixels. REQUIRES: as Render().
PosedBody BodyOf(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options = {});

/// REQUIRES: height and width in 16..4096; supersample in 1..4; `person` was sampled from `body`.
Rendering Render(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options = {});

}  // namespace atelier::people
