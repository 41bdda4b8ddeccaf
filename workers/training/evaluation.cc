#include "training/evaluation.h"

#include <chrono>

#include "training/image_metrics.h"
#include "training/picture_grid.h"

namespace atelier::training {
namespace {

/// One channel, 255 where the target's IUV shows a part whose texture was seen, or was not.
Image PartMask(const Pair& pair, bool seen) {
  Image mask(pair.target.iuv.height, pair.target.iuv.width, 1);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      if (*pair.target.iuv.at(y, x) != 0 && (*pair.warped.validity.at(y, x) >= 250) == seen)
        *mask.at(y, x) = 255;
  return mask;
}

bool HasPixels(const Image& mask) {
  for (const uint8_t value : mask.data)
    if (value != 0) return true;
  return false;
}

/// Running means; "seen" and "unseen" count the pairs that have such pixels.
class Totals {
 public:
  void Add(const Image& picture, const Pair& pair, const Image& seen, const Image& unseen) {
    const Image& truth = pair.target.rgb;
    ++pairs_;
    sums_.psnr += Psnr(picture, truth, nullptr);
    sums_.person_psnr += Psnr(picture, truth, &pair.target.mask);
    sums_.ssim += Ssim(picture, truth);
    if (HasPixels(seen)) sums_.seen_psnr += Psnr(picture, truth, &seen), ++with_seen_;
    if (HasPixels(unseen)) sums_.unseen_psnr += Psnr(picture, truth, &unseen), ++with_unseen_;
  }
  Scores Means() const {
    return {sums_.psnr / pairs_, sums_.person_psnr / pairs_,
            sums_.seen_psnr / std::max(1, with_seen_),
            sums_.unseen_psnr / std::max(1, with_unseen_), sums_.ssim / pairs_};
  }

 private:
  Scores sums_;
  int pairs_ = 0, with_seen_ = 0, with_unseen_ = 0;
};

Result<engine::PaintRequest> RequestOf(const Pair& pair, engine::FaceEmbedder& face,
                                       uint64_t seed) {
  engine::PaintRequest request;
  request.source = pair.source.rgb;
  request.texture_map = pair.texture.colours;
  request.texture_validity = pair.texture.validity;
  request.iuv = pair.target.iuv;
  request.seed = seed;
  if (!pair.face.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.face_embedding, face.Embed(pair.face));
  }
  return request;
}

}  // namespace

Result<Evaluation> Evaluate(engine::Painter& painter, engine::FaceEmbedder& face,
                            const people::Body& body, const EvaluationOptions& options,
                            const std::function<void(int done)>& on_pair) {
  const engine::ModelInfo& info = painter.info();
  const PairOptions pair_options{info.height, info.width, info.texture_height / engine::kAtlasRows};
  Totals painted, copied, warped;
  std::vector<std::vector<Image>> rows;
  double seconds = 0;
  for (int first = 0; first < options.pairs; first += options.batch) {
    const int count = std::min(options.batch, options.pairs - first);
    std::vector<Pair> pairs;
    std::vector<engine::PaintRequest> requests;
    for (int i = 0; i < count; ++i) {
      const int index = options.first + first + i;
      pairs.push_back(MakePair(body, index, /*held_out=*/true, pair_options));
      ATELIER_ASSIGN_OR_RETURN(engine::PaintRequest request,
                               RequestOf(pairs.back(), face, static_cast<uint64_t>(index)));
      requests.push_back(std::move(request));
    }
    const auto start = std::chrono::steady_clock::now();
    ATELIER_ASSIGN_OR_RETURN(const std::vector<Image> images,
                             painter.Paint(requests, options.paint, nullptr));
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (int i = 0; i < count; ++i) {
      const Pair& pair = pairs[i];
      const Image seen = PartMask(pair, true), unseen = PartMask(pair, false);
      painted.Add(images[i], pair, seen, unseen);
      copied.Add(pair.source.rgb, pair, seen, unseen);
      warped.Add(pair.warped.colours, pair, seen, unseen);
      if (static_cast<int>(rows.size()) < options.grid_rows)
        rows.push_back({pair.source.rgb, ShowIuv(pair.target.iuv), pair.warped.colours, images[i],
                        pair.target.rgb});
      on_pair(first + i + 1);
    }
  }
  return Evaluation{options.pairs,  painted.Means(),         copied.Means(),
                    warped.Means(), seconds / options.pairs, Grid(rows)};
}

}  // namespace atelier::training
