// What a file really is when it is not the weights or the picture its name promises: as those who
// read weights say it.
#pragma once

#include "engine/weights/file_kind.h"

namespace atelier::models {

using engine::FileTrouble;
using engine::InspectFile;

}  // namespace atelier::models
