// Sheets of pictures, and pictures of labels, for a person to look at.
#pragma once

#include "base/image.h"
#include "people/render/render.h"

namespace atelier::people {

/// Copies `tile` into `sheet` with its corner at (top, left). REQUIRES: it fits; same channels.
void Paste(const Image& tile, int top, int left, Image& sheet);

/// The IUV's parts in distinct colours, shaded by U and V.
Image ColourParts(const Image& iuv);

/// The picture, darkened, with keypoints (white visible, grey hidden) and the face box.
Image DrawLabels(const Rendering& rendering);

/// The picture, a third as bright outside of `mask`.
Image Spotlight(const Image& rgb, const Image& mask);

}  // namespace atelier::people
