// A person's own pixels in another pose, without a model that paints what they do not show.
#pragma once

#include "base/image.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// RGB, of the subject's size: what the subject's picture shows of each place of the body, under
/// the light on it there; else the other side of the body; else what is around. Behind them is
/// their wall. `target`: the same person's body in the other pose, in pixels of the picture.
/// `mask`: about where they are there, one channel.
Image Repose(const people::Body& body, const Subject& subject, people::PosedBody target,
             const Image& mask);

}  // namespace atelier::edit
