#pragma once

#include <catch2/catch.hpp>

#include "people/render/render.h"

namespace atelier::people {

/// The project's body, loaded once.
inline const Body& TheBody() {
  static const auto body = Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return **body;
}

inline View FrontView() {
  View view = SampleView(1, {.yaw = 0, .crop = Crop::kFull});
  view.pitch = 0;
  return view;
}

/// A small picture: the tests ask what is in it, not how fine it is.
inline RenderOptions SmallPicture() { return {.height = 128, .width = 88, .supersample = 2}; }

/// FNV-1a, 64 bits.
inline uint64_t Checksum(const Image& image) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const uint8_t byte : image.data) hash = (hash ^ byte) * 0x100000001b3ULL;
  return hash;
}

}  // namespace atelier::people
