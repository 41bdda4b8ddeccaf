// How often rendered people show skin, hair and each garment at each place of the body: what is
// likeliest there before the picture is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "people/body/body.h"
#include "people/render/render.h"

namespace atelier::people {

/// Skin, hair, upper garments, lower garment, shoes.
inline constexpr size_t kPriorLabelCount = 5;

/// The label of what a rendering shows; nothing for the background.
constexpr std::optional<size_t> PriorLabel(Region region) {
  constexpr std::array<int, kRegionCount> kLabels = {-1, 0, 0, 1, 2, 3, 4, 2};
  const int label = kLabels[static_cast<size_t>(region)];
  return label < 0 ? std::nullopt : std::optional(static_cast<size_t>(label));
}

struct RegionPrior {
  /// Of every label; above 0, and they sum to 1.
  using Shares = std::array<float, kPriorLabelCount>;
  /// What pixels on the clothed body show, by the place of their vertex in Body::skin_vertices().
  std::vector<Shares> on_body;
  /// What pixels of the person outside of the clothed body's outline show, by the vertex that is
  /// nearest to them in the picture.
  std::vector<Shares> beside_body;
};

/// The bytes of a prior's file, which begin with a magic number and the body's vertex count.
std::vector<uint8_t> EncodeRegionPrior(const Body& body, const RegionPrior& prior);

/// DATA_LOSS (PRIOR_FILE_INVALID) when the bytes are no whole prior or one of another body.
Result<RegionPrior> ParseRegionPrior(const Body& body, std::span<const uint8_t> bytes);

}  // namespace atelier::people
