// Sides of the cuts that losses over pixels are taken on. The VAE's norms are over what a picture
// shows, so all that decode for a loss take cuts of the size that it is trained on.
#pragma once

namespace atelier::training {

/// Multiples of 8, in pixels; whole pictures are mostly wall.
inline constexpr int kCutHeight = 128;
inline constexpr int kCutWidth = 96;

}  // namespace atelier::training
