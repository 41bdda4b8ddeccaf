#include "training/metrics/scores.h"

#include <algorithm>
#include <cmath>

#include "people/render/masks.h"

namespace atelier::training {
namespace {

Image TextureMask(const Pair& pair, bool seen) {
  Image mask(pair.target.iuv.height, pair.target.iuv.width, 1);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      if (*pair.target.iuv.at(y, x) != 0 &&
          (*pair.warped.validity.at(y, x) >= kSeenValidity) == seen)
        *mask.at(y, x) = 255;
  return mask;
}

bool HasPixels(const Image& mask) {
  return std::any_of(mask.data.begin(), mask.data.end(), [](uint8_t v) { return v != 0; });
}

}  // namespace

PairMasks MasksOf(const Pair& pair) {
  using people::Region;
  const auto of = [&](std::initializer_list<Region> regions) {
    return people::RegionMask(pair.target, regions);
  };
  return {.person = pair.target.mask,
          .seen = TextureMask(pair, true),
          .unseen = TextureMask(pair, false),
          .regions = {of({Region::kFace}), of({Region::kHair}), of({Region::kTop, Region::kJacket}),
                      of({Region::kBottom}), of({Region::kSkin}), of({Region::kShoes})}};
}

void ScoreTotals::Add(const Image& picture, const Image& truth, const PairMasks& masks,
                      PictureScores& scores) {
  psnr_.Add(scores.psnr = Psnr(picture, truth, nullptr));
  person_.Add(scores.person_psnr = Psnr(picture, truth, &masks.person));
  ssim_.Add(scores.ssim = Ssim(picture, truth));
  if (const auto edges = CompareEdges(picture, truth, masks.person)) {
    edges_.Add(edges->edge_fidelity);
    flat_.Add(edges->flat_gradient);
  }
  if (HasPixels(masks.seen)) seen_.Add(Psnr(picture, truth, &masks.seen));
  if (HasPixels(masks.unseen)) unseen_.Add(Psnr(picture, truth, &masks.unseen));
  if (scores.face_similarity) face_.Add(*scores.face_similarity);
  if (scores.lpips) lpips_.Add(*scores.lpips);
  if (scores.recognised) recognised_.Add(*scores.recognised);
  for (size_t i = 0; i < kJudgedRegionCount; ++i) {
    const auto error = CompareRegion(picture, truth, masks.regions[i]);
    if (!error) continue;
    RegionTotals& totals = regions_[i];
    totals.psnr.Add(error->psnr);
    totals.colour.Add(error->colour_delta_e);
    totals.texture.Add(error->texture_error);
    totals.power.Add(error->detail_power);
    totals.true_power.Add(error->true_detail_power);
  }
}

Scores ScoreTotals::Means() const {
  Scores scores;
  scores.psnr = psnr_.value();
  scores.person_psnr = person_.value();
  scores.seen_psnr = seen_.optional();
  scores.unseen_psnr = unseen_.optional();
  scores.ssim = ssim_.value();
  scores.edge_fidelity = edges_.optional();
  scores.flat_gradient = flat_.optional();
  scores.face_similarity = face_.optional();
  scores.lpips = lpips_.optional();
  scores.recognised = recognised_.optional();
  for (size_t i = 0; i < kJudgedRegionCount; ++i) {
    const RegionTotals& totals = regions_[i];
    const double true_power = totals.true_power.value();
    scores.regions[i] = {
        .pairs = totals.psnr.count(),
        .psnr = totals.psnr.value(),
        .colour_delta_e = totals.colour.value(),
        .texture_error = totals.texture.value(),
        .texture_kept = true_power > 0 ? std::sqrt(totals.power.value() / true_power) : 0};
  }
  return scores;
}

}  // namespace atelier::training
