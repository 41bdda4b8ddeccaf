// Where on the cloth every pixel of a person is: the coordinates that a print is laid out in.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Metres on the cloth of every pixel of `box`: float, two channels. The first grows to the right
/// as the shown side of the wearer is seen, the second upwards. Torso and legs are one sheet
/// wrapped around the body with its middle in front, or behind of people seen from behind; each arm
/// is a sheet of its own that begins at the shoulder, and a skirt is one around both legs. Off the
/// body they go on as on the nearest place of it.
cv::Mat ClothPlaces(const people::Body& body, const Subject& subject, Label label,
                    const cv::Rect& box);

}  // namespace atelier::edit
