// Faces, heads and hair carried from one person's photograph to another's.
//
// A face is carried through both bodies: every place of the base's face takes the pixel that the
// donor's picture shows of the same place. The base keeps its hair, the outline of its head and the
// tone of its skin. A head is moved as a whole, turned and scaled in the picture; it looks where
// the donor looked, so both should face about the same way.
#pragma once

#include "edit/person/subject.h"

namespace atelier::edit {

/// How far a swap can be trusted.
struct FaceMeasures {
  /// Share of the new face that the donor's picture does not show, 0..1.
  double unseen = 0;
  /// Degrees between the directions that the heads face.
  double head_angle_degrees = 0;
  /// How far the points of one face, or of one head where no face was found, are from the other's
  /// when turned, scaled and moved onto it: metres on the base.
  double residual_metres = 0;
};

/// `base` with the features of the donor's face: brows, eyes, nose, mouth and beard. `measures`:
/// null, or where they are written. Unchanged where the base's face is not seen.
Edited SwapFace(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures = nullptr);

/// `base` with the donor's head and hair, its skin in the base's tone; cut out of the donor's
/// picture and turned, scaled and moved onto the base's. Where the base's head was and the new one
/// is not, the base's neck, clothes or wall go on. `unseen` is 0.
Edited SwapHead(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures = nullptr);

/// The same with the hair alone.
Edited SwapHair(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures = nullptr);

}  // namespace atelier::edit
