// What the project carries and training tests start from.
#pragma once

#include <filesystem>
#include <memory>

#include "people/body/body.h"

namespace atelier::training {

inline const std::filesystem::path kModel = ATELIER_SOURCE_DIR "/models/atelier-mini";

/// The body that people are made of; read once.
inline std::shared_ptr<const people::Body> TheBody() {
  static const auto body =
      people::Body::Load(ATELIER_SOURCE_DIR "/workers/people/data/human.bin").value();
  return body;
}

}  // namespace atelier::training
