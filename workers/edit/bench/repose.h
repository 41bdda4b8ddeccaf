// A person in another pose: by their own pixels alone, or with a model that paints what they do not
// show.
#pragma once

#include "base/image.h"
#include "base/result.h"
#include "edit/person/subject.h"
#include "engine/painter.h"
#include "engine/perception.h"

namespace atelier::edit {

/// RGB, of the subject's size: what the subject's picture shows of each place of the body, under
/// the light on it there; else the other side of the body; else what is around. Behind them is
/// their wall. `target`: the same person's body in the other pose, in pixels of the picture.
/// `mask`: about where they are there, one channel.
Image Repose(const people::Body& body, const Subject& subject, people::PosedBody target,
             const Image& mask);

/// RGB, of the subject's size: `painter`'s picture of the subject in the other pose with their own
/// pixels laid over it. `face`: null, or the network for the model's face embedding. Errors as
/// Painter::Paint() and FaceEmbedder::Embed(). REQUIRES: the subject's picture is a whole number of
/// times as large as the model's pictures.
Result<Image> PaintInPose(engine::Painter& painter, engine::FaceEmbedder* face,
                          const people::Body& body, const Subject& subject,
                          people::PosedBody target, const Image& mask);

}  // namespace atelier::edit
