// The base's body as garments are put on it.
#pragma once

#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// The body with the clothes of after the swap. Where its hands are but the base's picture shows no
/// skin, it has what is behind them: the picture's hand is in a pocket, or beside the fitted one.
SurfaceView BaseSurface(const SwapInput& input, const Window& window);

}  // namespace atelier::edit
