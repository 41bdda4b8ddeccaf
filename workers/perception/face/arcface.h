// An ArcFace network that the owner of the service brings, through OpenCV.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/perception.h"

namespace atelier::perception {

/// Reads an .onnx file that takes [1, 3, 112, 112] of RGB as (v - 127.5) / 127.5 and returns one
/// tensor of [1, N] numbers, N of 64 to 4096, as insightface's recognition networks do. NOT_FOUND
/// or INVALID_ARGUMENT when it is not there, not readable, or another network
/// (UNKNOWN_FACE_EMBEDDER). Crops are to be aligned faces of 112 x 112: INVALID_ARGUMENT otherwise.
Result<std::unique_ptr<engine::FaceEmbedder>> LoadArcFace(const std::filesystem::path& file);

}  // namespace atelier::perception
