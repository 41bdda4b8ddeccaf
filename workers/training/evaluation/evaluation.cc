#include "training/evaluation/evaluation.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "training/metrics/picture_grid.h"

namespace atelier::training {
namespace {

using Embedding = std::vector<float>;

constexpr int kFaceCropPixels = 64;

/// REQUIRES: both of length one.
double Cosine(const Embedding& a, const Embedding& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Keeps at most `limit` pairs, those that come first by `better`.
template <typename Better>
void Keep(std::vector<ShownPair>& pairs, const ShownPair& pair, int limit, const Better& better) {
  const auto place = std::upper_bound(pairs.begin(), pairs.end(), pair, better);
  if (place == pairs.end() && static_cast<int>(pairs.size()) >= limit) return;
  pairs.insert(place, pair);
  if (static_cast<int>(pairs.size()) > limit) pairs.pop_back();
}

double PaintedPsnr(const ShownPair& pair) { return pair.result.scores[0].person_psnr; }

/// The texels that the source showed, in their places; its background wherever it showed none.
Image PasteSeen(const Pair& pair) {
  const std::array<uint8_t, 3> background = engine::FrameColour(pair.source.rgb);
  Image pasted = pair.warped.colours;
  for (size_t i = 0; i < pair.warped.validity.data.size(); ++i) {
    if (pair.warped.validity.data[i] >= kSeenValidity) continue;
    std::copy(background.begin(), background.end(), &pasted.data[3 * i]);
  }
  return pasted;
}

class Evaluator {
 public:
  Evaluator(engine::Painter& painter, const Judges& judges, const people::Body& body,
            const EvaluationOptions& options)
      : painter_(painter), judges_(judges), body_(body), options_(options) {
    const engine::ModelInfo& info = painter.info();
    pair_options_ = {
        options.paint.height.value_or(info.height), options.paint.width.value_or(info.width),
        info.Reads(engine::Condition::kTextureMap) ? info.texture_height / engine::kAtlasRows
                                                   : PairOptions().tile};
  }

  Status Batch(int first, int count, const std::function<void(int)>& on_pair);
  Result<Evaluation> Finish();

 private:
  Result<engine::PaintRequest> RequestOf(const Pair& pair, int index);
  Status Judge(const Pair& pair, const Image& painted, const Embedding& source_face, int index);
  Status JudgeFaces(const Pair& pair, const std::array<const Image*, kContenderCount>& pictures,
                    const Embedding& source_face, PairResult& result);
  void LineUp(const std::array<const Image*, kContenderCount>& pictures, const Image& truth,
              PairResult& result);
  Status TakeFeatures(const std::array<const Image*, kContenderCount>& pictures,
                      const Image& truth);
  void Show(const Pair& pair, const Image& painted, const PairResult& result);

  engine::Painter& painter_;
  const Judges& judges_;
  const people::Body& body_;
  const EvaluationOptions& options_;
  PairOptions pair_options_;
  std::array<ScoreTotals, kContenderCount> totals_;
  Mean same_, other_;
  Embedding last_face_;
  /// FID features of every contender, then of the truth.
  std::array<std::vector<float>, kContenderCount + 1> features_;
  double seconds_ = 0;
  Evaluation evaluation_;
};

Result<engine::PaintRequest> Evaluator::RequestOf(const Pair& pair, int index) {
  engine::PaintRequest request;
  request.source = pair.source.rgb;
  request.texture_map = pair.texture.colours;
  request.texture_validity = pair.texture.validity;
  request.iuv = pair.target.iuv;
  if (painter_.info().Reads(engine::Condition::kKeypointPicture))
    request.keypoint_picture = PosePicture(pair.target);
  request.seed = static_cast<uint64_t>(index);
  if (!pair.face.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.face_embedding, judges_.face->Embed(pair.face));
  }
  return request;
}

Status Evaluator::Batch(int first, int count, const std::function<void(int)>& on_pair) {
  std::vector<Pair> pairs;
  std::vector<engine::PaintRequest> requests;
  for (int i = 0; i < count; ++i) {
    const int index = options_.first + first + i;
    pairs.push_back(MakePair(body_, index, /*held_out=*/true, pair_options_));
    ATELIER_ASSIGN_OR_RETURN(engine::PaintRequest request, RequestOf(pairs.back(), index));
    requests.push_back(std::move(request));
    pairs.back().warped =
        LayOverTarget(painter_.CompleteTexture(pairs.back().texture), pairs.back());
  }
  const auto start = std::chrono::steady_clock::now();
  ATELIER_ASSIGN_OR_RETURN(const std::vector<Image> images,
                           painter_.Paint(requests, options_.paint, nullptr));
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    ATELIER_RETURN_IF_ERROR(
        Judge(pairs[at], images[at], requests[at].face_embedding, options_.first + first + i));
    on_pair(first + i + 1);
  }
  return {};
}

Status Evaluator::Judge(const Pair& pair, const Image& painted, const Embedding& source_face,
                        int index) {
  const Image& truth = pair.target.rgb;
  const Image pasted = PasteSeen(pair);
  const std::array<const Image*, kContenderCount> pictures = {&painted, &pair.source.rgb, &pasted,
                                                              &pair.warped.colours};
  const PairMasks masks = MasksOf(pair);
  PairResult result;
  result.index = index;
  ATELIER_RETURN_IF_ERROR(JudgeFaces(pair, pictures, source_face, result));
  LineUp(pictures, truth, result);
  ATELIER_RETURN_IF_ERROR(TakeFeatures(pictures, truth));
  for (size_t i = 0; i < kContenderCount; ++i) {
    if (judges_.lpips != nullptr) {
      ATELIER_ASSIGN_OR_RETURN(result.scores[i].lpips,
                               judges_.lpips->Distance(*pictures[i], truth));
    }
    totals_[i].Add(*pictures[i], truth, masks, result.scores[i]);
  }
  Show(pair, painted, result);
  evaluation_.pairs.push_back(result);
  return {};
}

Status Evaluator::JudgeFaces(const Pair& pair,
                             const std::array<const Image*, kContenderCount>& pictures,
                             const Embedding& source_face, PairResult& result) {
  const Box box = engine::FaceBoxFromIuv(pair.target.iuv);
  if (!pair.target.face_visible || box.empty()) return {};
  const auto embed = [&](const Image& picture) {
    return judges_.face->Embed(engine::CropSquare(picture, box, kFaceCropPixels));
  };
  ATELIER_ASSIGN_OR_RETURN(const Embedding truth, embed(pair.target.rgb));
  for (size_t i = 0; i < kContenderCount; ++i) {
    ATELIER_ASSIGN_OR_RETURN(const Embedding face, embed(*pictures[i]));
    result.scores[i].face_similarity = Cosine(face, truth);
  }
  if (pair.source.face_visible && !source_face.empty()) same_.Add(Cosine(source_face, truth));
  if (!last_face_.empty()) other_.Add(Cosine(last_face_, truth));
  last_face_ = truth;
  return {};
}

void Evaluator::LineUp(const std::array<const Image*, kContenderCount>& pictures,
                       const Image& truth, PairResult& result) {
  if (options_.line_up == 0) return;
  const std::vector<Image> others =
      MakeLineUp(body_, result.index, options_.line_up, pair_options_);
  for (size_t i = 0; i < kContenderCount; ++i) {
    const double right = Psnr(*pictures[i], truth, nullptr);
    result.scores[i].recognised =
        std::all_of(others.begin(), others.end(),
                    [&](const Image& other) { return Psnr(*pictures[i], other, nullptr) < right; });
  }
}

Status Evaluator::TakeFeatures(const std::array<const Image*, kContenderCount>& pictures,
                               const Image& truth) {
  if (judges_.fid == nullptr) return {};
  std::vector<const Image*> all(pictures.begin(), pictures.end());
  all.push_back(&truth);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<float> features, judges_.fid->Features(all));
  const size_t width = features.size() / all.size();
  for (size_t i = 0; i < all.size(); ++i) {
    const auto row = features.begin() + static_cast<std::ptrdiff_t>(i * width);
    features_[i].insert(features_[i].end(), row, row + static_cast<std::ptrdiff_t>(width));
  }
  return {};
}

void Evaluator::Show(const Pair& pair, const Image& painted, const PairResult& result) {
  const ShownPair shown{
      result,
      {pair.source.rgb, ShowIuv(pair.target.iuv), pair.warped.colours, painted, pair.target.rgb}};
  Keep(evaluation_.first, shown, options_.shown,
       [](const ShownPair& a, const ShownPair& b) { return a.result.index < b.result.index; });
  Keep(evaluation_.worst, shown, options_.shown,
       [](const ShownPair& a, const ShownPair& b) { return PaintedPsnr(a) < PaintedPsnr(b); });
  Keep(evaluation_.best, shown, options_.shown,
       [](const ShownPair& a, const ShownPair& b) { return PaintedPsnr(a) > PaintedPsnr(b); });
}

Result<Evaluation> Evaluator::Finish() {
  for (size_t i = 0; i < kContenderCount; ++i) {
    evaluation_.scores[i] = totals_[i].Means();
    if (judges_.fid == nullptr || evaluation_.pairs.size() < 2) continue;
    ATELIER_ASSIGN_OR_RETURN(
        evaluation_.scores[i].fid,
        FrechetDistance(features_[i], features_[kContenderCount], kFidFeatures));
  }
  evaluation_.faces = {same_.optional(), other_.optional(), same_.count(), other_.count()};
  evaluation_.seconds_per_picture = seconds_ / static_cast<double>(evaluation_.pairs.size());
  return std::move(evaluation_);
}

}  // namespace

Result<Evaluation> Evaluate(engine::Painter& painter, const Judges& judges,
                            const people::Body& body, const EvaluationOptions& options,
                            const std::function<void(int done)>& on_pair) {
  Evaluator evaluator(painter, judges, body, options);
  for (int first = 0; first < options.pairs; first += options.batch) {
    const int count = std::min(options.batch, options.pairs - first);
    ATELIER_RETURN_IF_ERROR(evaluator.Batch(first, count, on_pair));
  }
  return evaluator.Finish();
}

}  // namespace atelier::training
