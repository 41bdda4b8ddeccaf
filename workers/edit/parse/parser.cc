#include "edit/parse/parser.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/cut/label_cut.h"
#include "edit/parse/hanging_hair.h"
#include "edit/parse/joined_trousers.h"
#include "edit/parse/label_colours.h"
#include "edit/parse/limb_cuts.h"
#include "edit/parse/waist_cut.h"
#include "edit/person/mat_math.h"
#include "edit/pixels/parse_view.h"

namespace atelier::edit {
namespace {

constexpr int kRounds = 4;
// What prior and colour weigh. Pixels beside each other are no independent witnesses: both count
// less than once.
constexpr float kPriorWeight = .55f, kColourWeight = .8f;
/// Metres outside of the body from which on only the prior beside it counts.
constexpr float kBeside = .01f;

/// Scores of one round, smoothed over 3 x 3 pixels of the person.
std::vector<LabelRow> Smooth(const ParseView& view, std::vector<LabelRow> scores) {
  for (LabelRow& row : scores) {
    const float most = *std::max_element(row.begin(), row.end());
    for (float& value : row) value -= most;
  }
  std::array<cv::Mat, kLabelCount> matrices = MatricesOf(view, scores);
  cv::Mat weight;
  view.person.convertTo(weight, CV_32F, 1 / 255.0);
  cv::blur(weight, weight, {3, 3});
  for (cv::Mat& matrix : matrices) {
    cv::blur(matrix, matrix, {3, 3});
    matrix /= weight;
  }
  return RowsOf(view, matrices);
}

LabelRow PriorOf(const ParseView& view, size_t pixel) {
  const BodyPlace& place = *view.places[pixel];
  const float beside = std::min(1.0f, view.outside[pixel] / kBeside);
  LabelRow row;
  for (size_t label = 0; label < kLabelCount; ++label) {
    row[label] =
        kPriorWeight * ((1 - beside) * place.on_body[label] + beside * place.beside_body[label]);
  }
  return row;
}

/// The probability of every label at every pixel of the view, and where limbs' cloth ends.
std::vector<LabelRow> Infer(const ParseView& view, std::vector<LimbEnd>& ends) {
  const LabelColours colours(view);
  std::vector<LabelRow> found;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<LabelRow> likelihoods =
        round == 0 ? colours.LogLikelihoods() : colours.LogLikelihoods(found);
    std::vector<LabelRow> scores(view.size());
    for (size_t i = 0; i < view.size(); ++i) {
      scores[i] = PriorOf(view, i);
      for (size_t label = 0; label < kLabelCount; ++label) {
        scores[i][label] += kColourWeight * likelihoods[i][label];
      }
    }
    if (round > 0) {
      ends = FindLimbEnds(view, likelihoods);
      FavourLimbEnds(view, ends, scores);
      FavourHangingHair(view, likelihoods, scores);
      FavourWaist(view, likelihoods, scores);
      FavourJoinedTrousers(view, ends, likelihoods, scores);
    }
    found = Smooth(view, std::move(scores));
    for (LabelRow& row : found) row = Probabilities(row);
  }
  return found;
}

/// Bits, along the border of what is likelier than not.
double MeanEntropyOfBorder(const cv::Mat& mask) {
  double sum = 0;
  int count = 0;
  const cv::Mat core = Eroded(mask, 1), around = Dilated(mask, 1);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (core.at<float>(y, x) > .5f || around.at<float>(y, x) < .5f) continue;
      const double p = std::clamp(static_cast<double>(mask.at<float>(y, x)), 1e-6, 1 - 1e-6);
      sum -= p * std::log2(p) + (1 - p) * std::log2(1 - p);
      ++count;
    }
  }
  return count == 0 ? 0 : sum / count;
}

}  // namespace

struct Parser::Parts {
  std::shared_ptr<const people::Body> body;
  std::vector<BodyPlace> places;
  std::vector<int> surface_places;
};

Result<std::shared_ptr<const Parser>> Parser::Load(std::shared_ptr<const people::Body> body,
                                                   const std::filesystem::path& prior) {
  std::ifstream file(prior, std::ios::binary);
  if (!file) {
    return MakeError(Code::kNotFound, "PRIOR_FILE_NOT_FOUND",
                     "the prior of regions is not there: " + prior.string());
  }
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  ATELIER_ASSIGN_OR_RETURN(const people::RegionPrior regions,
                           people::ParseRegionPrior(*body, bytes));
  auto parts = std::make_unique<Parts>();
  parts->places = BodyPlacesOf(*body, regions);
  parts->surface_places = SurfacePlaces(*body);
  parts->body = std::move(body);
  return std::shared_ptr<const Parser>(new Parser(std::move(parts)));
}

Parser::Parser(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Parser::~Parser() = default;

Regions Parser::Parse(const Person& person) const {
  const ParseView view =
      MakeParseView(*parts_->body, person, parts_->places, parts_->surface_places);
  std::array<cv::Mat, kLabelCount> masks;
  for (cv::Mat& mask : masks) mask = cv::Mat::zeros(person.height(), person.width(), CV_32F);
  std::vector<LimbEnd> ends;
  std::array<double, kLabelCount> entropy{};
  if (view.size() > 0) {
    const std::vector<LabelRow> labels = Infer(view, ends);
    const std::array<cv::Mat, kLabelCount> likely = Continued(view, MatricesOf(view, labels));
    for (size_t label = 0; label < kLabelCount; ++label) {
      entropy[label] = MeanEntropyOfBorder(likely[label]);
    }
    masks = CutAtEdges(view, person, likely);
  }
  Regions regions = RegionsOf(*parts_->body, person, std::move(masks));
  regions.border_entropy = entropy;
  regions.limb_ends = std::move(ends);
  return regions;
}

}  // namespace atelier::edit
