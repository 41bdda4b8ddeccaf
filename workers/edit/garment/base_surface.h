// The base's body as garments are put on it.
#pragma once

#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// The body with the clothes of after the swap. Where its hands are but the base's picture shows no
/// skin, it has what is behind them: the picture's hand is in a pocket, or beside the fitted one.
SurfaceView DressedSurface(const SwapInput& input, const Window& window);

/// The same without the limbs that are bared (SwapInput::limbs): what is behind them.
SurfaceView BaseSurface(const SwapInput& input, const Window& window);

}  // namespace atelier::edit
