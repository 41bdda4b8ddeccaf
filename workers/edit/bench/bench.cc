#include "edit/bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <opencv2/core.hpp>

#include "edit/bench/baselines.h"
#include "people/files/png_writer.h"
#include "people/files/sheet.h"

namespace atelier::edit {
namespace {

constexpr int kFaceCropPixels = 64;

using Clock = std::chrono::steady_clock;
using Embedding = std::vector<float>;
/// In the order of Contender.
using Pictures = std::array<Image, kContenderCount>;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of unit-length embeddings.
double Cosine(const Embedding& a, const Embedding& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Rows of pictures of one size in one picture.
Image SheetOf(const std::vector<std::vector<Image>>& rows) {
  const Image& first = rows.front().front();
  Image sheet(first.height * static_cast<int>(rows.size()),
              first.width * static_cast<int>(rows.front().size()), 3);
  for (size_t y = 0; y < rows.size(); ++y) {
    for (size_t x = 0; x < rows[y].size(); ++x) {
      people::Paste(rows[y][x], first.height * static_cast<int>(y),
                    first.width * static_cast<int>(x), sheet);
    }
  }
  return sheet;
}

/// The square of the face that `shown` has, enlarged, in a picture of its size; the picture itself
/// where no face is.
Image FaceTile(const Image& picture, const people::Rendering& shown) {
  const Box box = engine::FaceBoxFromIuv(shown.iuv);
  if (box.empty()) return picture;
  Image tile(picture.height, picture.width, 3);
  const int side = std::min(picture.height, picture.width);
  people::Paste(engine::CropSquare(picture, box, side), (picture.height - side) / 2, 0, tile);
  return tile;
}

/// Base, donor, naive, ours, truth.
std::vector<Image> SheetRow(const BenchCase& edited, BenchRegion region, const Pictures& pictures,
                            const Image& truth) {
  std::vector<Image> row = {edited.base.rendering.rgb, edited.donor.rendering.rgb,
                            pictures[IndexOf(Contender::kNaive)],
                            pictures[IndexOf(Contender::kOurs)], truth};
  if (region != BenchRegion::kFace) return row;
  const people::Rendering& shown = edited.shown().rendering;
  const std::array<const people::Rendering*, 5> of = {
      &edited.base.rendering, &edited.donor.rendering, &shown, &shown, &shown};
  for (size_t i = 0; i < row.size(); ++i) row[i] = FaceTile(row[i], *of[i]);
  return row;
}

class Runner {
 public:
  Runner(const people::Body& body, EditMethod& method, const BenchOptions& options)
      : body_(body), method_(method), options_(options) {
    result_.options = options;
    result_.method = method.name();
  }

  Status Run(int index);
  BenchResult Finish() && {
    result_.seconds_reading /= std::max(read_, 1);
    return std::move(result_);
  }

 private:
  Status Edit(const BenchCase& edited, BenchRegion region);
  Pictures PicturesOf(const BenchCase& edited, BenchRegion region, EditResult& result);
  Status JudgeFaces(const BenchCase& edited, const Pictures& pictures, const Image& truth,
                    EditResult& result);
  Result<Embedding> Embed(const Image& picture, const people::Rendering& shown);
  Status WriteSheet(int index);

  const people::Body& body_;
  EditMethod& method_;
  const BenchOptions& options_;
  BenchResult result_;
  int read_ = 0;
  std::vector<std::vector<Image>> rows_;
};

Status Runner::Run(int index) {
  const BenchCase edited = MakeBenchCase(body_, index, options_.pose);
  const Clock::time_point start = Clock::now();
  if (const Status status = method_.Read(edited); !status) {
    result_.skipped.push_back({index, status.error().message});
    return {};
  }
  result_.seconds_reading += SecondsSince(start);
  ++read_;
  for (LabelOverlap& overlap : method_.Overlaps()) result_.overlaps.push_back(std::move(overlap));
  rows_.clear();
  for (const BenchRegion region : options_.regions) {
    ATELIER_RETURN_IF_ERROR(Edit(edited, region));
  }
  return WriteSheet(index);
}

Status Runner::Edit(const BenchCase& edited, BenchRegion region) {
  EditResult result;
  result.case_index = edited.index;
  result.region = region;
  const BenchTruth truth = TruthOf(body_, edited, region);
  const Pictures pictures = PicturesOf(edited, region, result);
  const EditScorer scorer(truth.picture, truth.mask,
                          edited.target ? nullptr : &edited.base.rendering.rgb);
  result.masked_pixels = scorer.masked_pixels();
  for (size_t i = 0; i < pictures.size(); ++i) result.scores[i] = scorer.Score(pictures[i]);
  if (region == BenchRegion::kFace) {
    ATELIER_RETURN_IF_ERROR(JudgeFaces(edited, pictures, truth.picture, result));
  }
  result_.edits.push_back(std::move(result));
  if (!options_.sheets.empty()) rows_.push_back(SheetRow(edited, region, pictures, truth.picture));
  return {};
}

Pictures Runner::PicturesOf(const BenchCase& edited, BenchRegion region, EditResult& result) {
  Pictures pictures;
  Image& unedited = pictures[IndexOf(Contender::kUnedited)];
  unedited = edited.shown().rendering.rgb;
  pictures[IndexOf(Contender::kNaive)] =
      edited.target ? NaiveRepose(edited.base, edited.donor, *edited.target, region)
                    : NaivePaste(edited.base, edited.donor, region);
  const Clock::time_point start = Clock::now();
  Result<MadeEdit> ours = method_.Edit(region);
  result.seconds = SecondsSince(start);
  if (ours) {
    pictures[IndexOf(Contender::kOurs)] = std::move(ours->picture);
    result.measures = std::move(ours->measures);
  } else {
    pictures[IndexOf(Contender::kOurs)] = unedited;
    result.refusal = ours.error().message;
  }
  return pictures;
}

Result<Embedding> Runner::Embed(const Image& picture, const people::Rendering& shown) {
  const Box box = engine::FaceBoxFromIuv(shown.iuv);
  return options_.face->Embed(engine::CropSquare(picture, box, kFaceCropPixels));
}

Status Runner::JudgeFaces(const BenchCase& edited, const Pictures& pictures, const Image& truth,
                          EditResult& result) {
  const people::Rendering& base = edited.base.rendering;
  const people::Rendering& donor = edited.donor.rendering;
  const people::Rendering& shown = edited.shown().rendering;
  const bool seen = base.face_visible && donor.face_visible && shown.face_visible;
  if (options_.face == nullptr || !seen) return {};
  ATELIER_ASSIGN_OR_RETURN(const Embedding of_base, Embed(base.rgb, base));
  ATELIER_ASSIGN_OR_RETURN(const Embedding of_donor, Embed(donor.rgb, donor));
  const auto compare = [&](const Image& picture) -> Result<FaceSimilarity> {
    ATELIER_ASSIGN_OR_RETURN(const Embedding face, Embed(picture, shown));
    return FaceSimilarity{Cosine(face, of_donor), Cosine(face, of_base)};
  };
  ATELIER_ASSIGN_OR_RETURN(result.true_face, compare(truth));
  result.faces.emplace();
  for (size_t i = 0; i < pictures.size(); ++i) {
    ATELIER_ASSIGN_OR_RETURN((*result.faces)[i], compare(pictures[i]));
  }
  return {};
}

Status Runner::WriteSheet(int index) {
  if (options_.sheets.empty() || rows_.empty()) return {};
  char name[32];
  std::snprintf(name, sizeof name, "case_%03d.png", index);
  return people::WriteImage(SheetOf(rows_), options_.sheets / name);
}

}  // namespace

double EditResult::Gain() const {
  return scores[IndexOf(Contender::kOurs)].psnr_inside -
         std::max(scores[IndexOf(Contender::kUnedited)].psnr_inside,
                  scores[IndexOf(Contender::kNaive)].psnr_inside);
}

Result<BenchResult> RunBench(const people::Body& body, EditMethod& method,
                             const BenchOptions& options,
                             const std::function<void(int done)>& on_case) {
  if (options.threads > 0) cv::setNumThreads(options.threads);
  Runner runner(body, method, options);
  for (int i = 0; i < options.cases; ++i) {
    ATELIER_RETURN_IF_ERROR(runner.Run(options.first + i));
    on_case(i + 1);
  }
  return std::move(runner).Finish();
}

}  // namespace atelier::edit
