// Conditions of one picture, read by several.
#pragma once

#include <cstdint>

#include "engine/models/unet/unet_conditions.h"

namespace atelier::engine {

/// What was prepared of one picture, for `rows` pictures that share it; any other number of rows
/// stays. No copy: every row is the same memory. `class_embedding` stays.
PreparedConditions ShareAmong(PreparedConditions prepared, int64_t rows);

}  // namespace atelier::engine
