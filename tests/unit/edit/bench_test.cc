// EditBench: its scores on known differences, its cases, its baselines and its sums.
#include "edit/bench/bench.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "edit/bench/baselines.h"
#include "edit/bench/bench_summary.h"
#include "edit/bench/colour_difference.h"
#include "edit/bench/repose.h"
#include "edit/bench/true_regions.h"

namespace atelier::edit {
namespace {

const people::Body& TheBody() {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body.has_value());
  return **body;
}

/// A pair of colours of Sharma, Wu and Dalal's table of test data, and their difference.
struct SharmaPair {
  LabColour one, other;
  double difference;
};

constexpr std::array<SharmaPair, 34> kSharma = {{
    {{50.0000, 2.6772, -79.7751}, {50.0000, 0.0000, -82.7485}, 2.0425},
    {{50.0000, 3.1571, -77.2803}, {50.0000, 0.0000, -82.7485}, 2.8615},
    {{50.0000, 2.8361, -74.0200}, {50.0000, 0.0000, -82.7485}, 3.4412},
    {{50.0000, -1.3802, -84.2814}, {50.0000, 0.0000, -82.7485}, 1.0000},
    {{50.0000, -1.1848, -84.8006}, {50.0000, 0.0000, -82.7485}, 1.0000},
    {{50.0000, -0.9009, -85.5211}, {50.0000, 0.0000, -82.7485}, 1.0000},
    {{50.0000, 0.0000, 0.0000}, {50.0000, -1.0000, 2.0000}, 2.3669},
    {{50.0000, -1.0000, 2.0000}, {50.0000, 0.0000, 0.0000}, 2.3669},
    {{50.0000, 2.4900, -0.0010}, {50.0000, -2.4900, 0.0009}, 7.1792},
    {{50.0000, 2.4900, -0.0010}, {50.0000, -2.4900, 0.0010}, 7.1792},
    {{50.0000, 2.4900, -0.0010}, {50.0000, -2.4900, 0.0011}, 7.2195},
    {{50.0000, 2.4900, -0.0010}, {50.0000, -2.4900, 0.0012}, 7.2195},
    {{50.0000, -0.0010, 2.4900}, {50.0000, 0.0009, -2.4900}, 4.8045},
    {{50.0000, -0.0010, 2.4900}, {50.0000, 0.0010, -2.4900}, 4.8045},
    {{50.0000, -0.0010, 2.4900}, {50.0000, 0.0011, -2.4900}, 4.7461},
    {{50.0000, 2.5000, 0.0000}, {50.0000, 0.0000, -2.5000}, 4.3065},
    {{50.0000, 2.5000, 0.0000}, {73.0000, 25.0000, -18.0000}, 27.1492},
    {{50.0000, 2.5000, 0.0000}, {61.0000, -5.0000, 29.0000}, 22.8977},
    {{50.0000, 2.5000, 0.0000}, {56.0000, -27.0000, -3.0000}, 31.9030},
    {{50.0000, 2.5000, 0.0000}, {58.0000, 24.0000, 15.0000}, 19.4535},
    {{50.0000, 2.5000, 0.0000}, {50.0000, 3.1736, 0.5854}, 1.0000},
    {{50.0000, 2.5000, 0.0000}, {50.0000, 3.2972, 0.0000}, 1.0000},
    {{50.0000, 2.5000, 0.0000}, {50.0000, 1.8634, 0.5757}, 1.0000},
    {{50.0000, 2.5000, 0.0000}, {50.0000, 3.2592, 0.3350}, 1.0000},
    {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644},
    {{63.0109, -31.0961, -5.8663}, {62.8187, -29.7946, -4.0864}, 1.2630},
    {{61.2901, 3.7196, -5.3901}, {61.4292, 2.2480, -4.9620}, 1.8731},
    {{35.0831, -44.1164, 3.7933}, {35.0232, -40.0716, 1.5901}, 1.8645},
    {{22.7233, 20.0904, -46.6940}, {23.0331, 14.9730, -42.5619}, 2.0373},
    {{36.4612, 47.8580, 18.3852}, {36.2715, 50.5065, 21.2231}, 1.4146},
    {{90.8027, -2.0831, 1.4410}, {91.1528, -1.6435, 0.0447}, 1.4441},
    {{90.9257, -0.5406, -0.9208}, {88.6381, -0.8985, -0.7239}, 1.5381},
    {{6.7747, -0.2908, -2.4247}, {5.8714, -0.0985, -2.2286}, 0.6377},
    {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
}};

TEST_CASE("CIEDE2000 gives the published differences, in either order", "[edit]") {
  for (const SharmaPair& pair : kSharma) {
    CHECK(Ciede2000(pair.one, pair.other) == Approx(pair.difference).margin(5e-5));
    CHECK(Ciede2000(pair.other, pair.one) == Approx(pair.difference).margin(5e-5));
  }
  CHECK(Ciede2000({40, 12, -7}, {40, 12, -7}) == 0);
}

/// A grey picture with a square in its middle, the square's mask, and one with another square.
struct GreySquare {
  static constexpr int kSide = 96, kFrom = 24, kTo = 72;
  Image Picture(uint8_t inside, uint8_t outside = 100) const {
    Image out(kSide, kSide, 3, outside);
    for (int y = kFrom; y < kTo; ++y) std::fill_n(out.at(y, kFrom), 3 * (kTo - kFrom), inside);
    return out;
  }
  Image Mask() const {
    Image out(kSide, kSide, 1);
    for (int y = kFrom; y < kTo; ++y) std::fill_n(out.at(y, kFrom), kTo - kFrom, uint8_t{255});
    return out;
  }
};

TEST_CASE("The truth itself has no error", "[edit]") {
  const GreySquare square;
  const Image truth = square.Picture(180);
  const EditScorer scorer(truth, square.Mask(), &truth);
  CHECK(scorer.masked_pixels() == 24 * 24);
  const EditScores scores = scorer.Score(truth);
  CHECK(scores.psnr_inside == Approx(10 * std::log10(255 * 255 / 1e-3)));
  CHECK(scores.psnr_outside == scores.psnr_inside);
  CHECK(scores.ssim_inside == Approx(1));
  CHECK(scores.ssim_outside == Approx(1));
  CHECK(scores.delta_e == Approx(0).margin(1e-6));
  CHECK(scores.boundary_error == 0);
  CHECK(scores.untouched == 1);
}

TEST_CASE("Edges count as far as they are there, and not beside their place", "[edit]") {
  const GreySquare square;
  const Image truth = square.Picture(180);
  const EditScorer scorer(truth, square.Mask(), nullptr);
  CHECK(scorer.Score(truth).edge_fidelity == Approx(1));
  CHECK(scorer.Score(square.Picture(140)).edge_fidelity == Approx(.5));
  CHECK(scorer.Score(square.Picture(100)).edge_fidelity == Approx(0).margin(1e-6));
  CHECK(scorer.Score(square.Picture(20)).edge_fidelity == Approx(-1));
  // A larger square than the true one.
  Image larger(GreySquare::kSide, GreySquare::kSide, 3, 100);
  for (int y = 16; y < 80; ++y) std::fill_n(larger.at(y, 16), 3 * 64, uint8_t{180});
  CHECK(scorer.Score(larger).edge_fidelity == Approx(0).margin(.05));
}

TEST_CASE("An error inside the mask is scored inside alone", "[edit]") {
  const GreySquare square;
  const Image base = square.Picture(100), truth = square.Picture(180);
  const EditScores scores = EditScorer(truth, square.Mask(), &base).Score(square.Picture(190));
  CHECK(scores.psnr_inside == Approx(20 * std::log10(25.5)));
  CHECK(scores.psnr_outside > 78);
  CHECK(scores.untouched == 1);
  // Two greys of L* 73.4 and 77.1: CIEDE2000 of a step in lightness.
  CHECK(scores.delta_e == Approx(Ciede2000({73.36, 0, 0}, {77.04, 0, 0})).margin(.05));
  // Half of the band is inside.
  CHECK(scores.boundary_error == Approx(10 / std::sqrt(2)).margin(1));
}

TEST_CASE("An error outside of the mask is scored outside, and its pixels are not untouched",
          "[edit]") {
  const GreySquare square;
  const Image base = square.Picture(100), truth = square.Picture(180);
  Image edited = truth;
  for (int y = 0; y < 12; ++y) std::fill_n(edited.at(y, 0), 3 * GreySquare::kSide, uint8_t{120});
  const EditScores scores = EditScorer(truth, square.Mask(), &base).Score(edited);
  const double share = 12.0 * 96 / (96 * 96 - 48 * 48);
  CHECK(scores.psnr_inside > 78);
  CHECK(scores.psnr_outside == Approx(10 * std::log10(255 * 255 / (share * 400))));
  CHECK(*scores.untouched == Approx(1 - share));
  CHECK(scores.boundary_error == 0);
}

TEST_CASE("Changes agree by their direction, not by their size", "[edit]") {
  const GreySquare square;
  const Image base = square.Picture(100), truth = square.Picture(180);
  const EditScorer scorer(truth, square.Mask(), &base);
  CHECK(*scorer.Score(truth).change_agreement == Approx(1));
  CHECK(*scorer.Score(square.Picture(120)).change_agreement == Approx(1));
  CHECK(*scorer.Score(square.Picture(60)).change_agreement == Approx(-1));
  CHECK(*scorer.Score(base).change_agreement == 0);
  CHECK(*scorer.Score(square.Picture(180, 90)).change_agreement == Approx(1));
}

TEST_CASE("SSIM of two even greys is its luminance term", "[edit]") {
  const Image truth(96, 96, 3, 100), mask(96, 96, 1, 255);
  const double c1 = .01 * 255 * .01 * 255;
  const double expected = (2 * 100 * 150 + c1) / (100 * 100 + 150 * 150 + c1);
  const EditScores scores = EditScorer(truth, mask, nullptr).Score(Image(96, 96, 3, 150));
  CHECK(scores.ssim_inside == Approx(expected).epsilon(1e-3));
  CHECK_FALSE(scores.untouched.has_value());
}

TEST_CASE("A case is the same every time, and its people differ in person, pose and light",
          "[edit]") {
  const BenchCase one = MakeBenchCase(TheBody(), 3, BenchPose::kNew);
  const BenchCase again = MakeBenchCase(TheBody(), 3, BenchPose::kNew);
  CHECK(one.base.rendering.rgb == again.base.rendering.rgb);
  CHECK(one.donor.rendering.rgb == again.donor.rendering.rgb);
  CHECK(one.target->rendering.rgb == again.target->rendering.rgb);
  CHECK(one.base.person.seed == kFirstBenchSeed + 6);
  CHECK(one.donor.person.seed == kFirstBenchSeed + 7);
  CHECK(one.base.view.yaw != one.donor.view.yaw);
  CHECK(one.base.view.yaw != one.target->view.yaw);
  CHECK(one.base.view.scene.light.x != one.donor.view.scene.light.x);
  CHECK(one.base.view.scene.light.x == one.target->view.scene.light.x);
  for (const BenchPerson* person : {&one.base, &one.donor, &*one.target}) {
    CHECK(std::fabs(person->view.yaw) <= 35);
  }
}

TEST_CASE("The truth differs from the base inside its mask alone", "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 1, BenchPose::kOwn);
  for (int i = 0; i < kBenchRegionCount; ++i) {
    const BenchTruth truth = TruthOf(TheBody(), edited, static_cast<BenchRegion>(i));
    int inside = 0, outside = 0;
    for (size_t at = 0; at < truth.mask.data.size(); ++at) {
      const uint8_t* base = &edited.base.rendering.rgb.data[at * 3];
      if (std::equal(base, base + 3, &truth.picture.data[at * 3])) continue;
      ++(truth.mask.data[at] != 0 ? inside : outside);
    }
    INFO(kBenchRegionNames[static_cast<size_t>(i)]);
    CHECK(outside == 0);
    CHECK(inside > 500);
  }
}

TEST_CASE("A naive paste changes the region's parts alone, and pasting oneself changes little",
          "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 0, BenchPose::kOwn);
  const BenchPerson& base = edited.base;
  const Image pasted = NaivePaste(base, edited.donor, BenchRegion::kLower);
  int on_legs = 0, elsewhere = 0;
  for (size_t i = 0; i < base.rendering.mask.data.size(); ++i) {
    const uint8_t* was = &base.rendering.rgb.data[i * 3];
    if (std::equal(was, was + 3, &pasted.data[i * 3])) continue;
    const int part = base.rendering.iuv.data[i * 3];
    ++(part >= 7 && part <= 14 ? on_legs : elsewhere);
  }
  CHECK(elsewhere == 0);
  CHECK(on_legs > 5000);

  const Image own = NaivePaste(base, base, BenchRegion::kOutfit);
  const EditScorer scorer(base.rendering.rgb, base.rendering.mask, &base.rendering.rgb);
  CHECK(scorer.Score(own).psnr_inside > 25);
}

TEST_CASE("A naive repose shows both people's texels on an even wall", "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 0, BenchPose::kNew);
  const Image own = NaiveRepose(edited.base, edited.base, *edited.target, BenchRegion::kUpper);
  const Image swapped = NaiveRepose(edited.base, edited.donor, *edited.target, BenchRegion::kUpper);
  int upper = 0, elsewhere = 0;
  for (size_t i = 0; i < edited.target->rendering.mask.data.size(); ++i) {
    if (std::equal(&own.data[i * 3], &own.data[i * 3] + 3, &swapped.data[i * 3])) continue;
    const int part = edited.target->rendering.iuv.data[i * 3];
    ++(part == 1 || part == 2 || (part >= 15 && part <= 22) ? upper : elsewhere);
  }
  CHECK(upper > 5000);
  CHECK(elsewhere == 0);
  CHECK(std::equal(own.at(0, 0), own.at(0, 0) + 3, own.at(0, own.width - 1)));
}

/// Knows the answers, or refuses.
class FakeMethod : public EditMethod {
 public:
  std::string name() const override { return "fake"; }
  Status Read(const BenchCase& edited) override {
    if (edited.index == unreadable) {
      return MakeError(Code::kFailedPrecondition, "NO_PERSON", "nobody is there");
    }
    edited_ = &edited;
    return {};
  }
  Result<MadeEdit> Edit(BenchRegion region) override {
    if (region == refused) return MakeError(Code::kFailedPrecondition, "NO_REGION", "none");
    return MadeEdit{TruthOf(TheBody(), *edited_, region).picture, {{"certainty", 1}}};
  }
  std::vector<LabelOverlap> Overlaps() const override { return {{"upper", .5}, {"upper", 1}}; }

  int unreadable = -1;
  BenchRegion refused = BenchRegion::kLower;

 private:
  const BenchCase* edited_ = nullptr;
};

/// The mean colour as a direction.
class ColourEmbedder : public engine::FaceEmbedder {
 public:
  Result<std::vector<float>> Embed(const Image& crop) override {
    std::vector<float> mean(3, 0);
    for (size_t i = 0; i < crop.data.size(); ++i) mean[i % 3] += crop.data[i];
    const float length = std::hypot(mean[0], mean[1], mean[2]);
    for (float& v : mean) v /= length;
    return mean;
  }
};

BenchResult RunFake(FakeMethod& method, const BenchOptions& options) {
  Result<BenchResult> result = RunBench(TheBody(), method, options, [](int) {});
  REQUIRE(result.has_value());
  return *std::move(result);
}

TEST_CASE("A perfect edit gains on both baselines, a refused one counts as unedited", "[edit]") {
  FakeMethod method;
  const BenchResult result =
      RunFake(method, {.cases = 1, .regions = {BenchRegion::kUpper, BenchRegion::kLower}});
  REQUIRE(result.edits.size() == 2);
  const EditResult &upper = result.edits[0], &lower = result.edits[1];
  CHECK(upper.scores[IndexOf(Contender::kOurs)].psnr_inside > 78);
  CHECK(upper.Gain() > 40);
  CHECK(upper.refusal.empty());
  CHECK(lower.refusal == "none");
  CHECK(lower.scores[IndexOf(Contender::kOurs)].psnr_inside ==
        lower.scores[IndexOf(Contender::kUnedited)].psnr_inside);
  CHECK(lower.Gain() <= 0);
  CHECK(lower.scores[IndexOf(Contender::kUnedited)].untouched == 1);

  const std::vector<EditSummary> summaries = Summarise(result);
  REQUIRE(summaries.size() == 3);
  CHECK(summaries[0].name == "upper");
  CHECK(summaries[0].clear_share == 1);
  CHECK(summaries[1].refused == 1);
  CHECK(summaries[2].name == "garments");
  CHECK(summaries[2].edits == 2);
  CHECK(summaries[2].clear_share == .5);
  CHECK(summaries[2].gain_mean == Approx((upper.Gain() + lower.Gain()) / 2));
  CHECK(SummariseOverlaps(result)[0].mean == .75);
}

TEST_CASE("A case that cannot be read is left out and named", "[edit]") {
  FakeMethod method;
  method.unreadable = 4;
  const BenchResult result =
      RunFake(method, {.cases = 2, .first = 4, .regions = {BenchRegion::kUpper}});
  REQUIRE(result.skipped.size() == 1);
  CHECK(result.skipped[0].case_index == 4);
  REQUIRE(result.edits.size() == 1);
  CHECK(result.edits[0].case_index == 5);
  CHECK(TableOf(result).find("case 4 skipped: nobody is there") != std::string::npos);
}

TEST_CASE("Faces of face edits are compared with the donor's and the base's", "[edit]") {
  FakeMethod method;
  ColourEmbedder face;
  const BenchResult result = RunFake(
      method, {.cases = 1, .regions = {BenchRegion::kUpper, BenchRegion::kFace}, .face = &face});
  REQUIRE(result.edits.size() == 2);
  CHECK_FALSE(result.edits[0].faces.has_value());
  REQUIRE(result.edits[1].faces.has_value());
  const auto& faces = *result.edits[1].faces;
  CHECK(faces[IndexOf(Contender::kUnedited)].to_base == Approx(1));
  CHECK(faces[IndexOf(Contender::kUnedited)].to_donor < .9999);
  CHECK(faces[IndexOf(Contender::kOurs)].to_donor == result.edits[1].true_face->to_donor);

  const auto json = nlohmann::json::parse(JsonOf(result));
  CHECK(json["edits"].size() == 2);
  CHECK(json["edits"][0]["measures"]["certainty"] == 1);
  CHECK(json["summary"][1]["region"] == "face");
  CHECK(json["summary"][1]["faces"]["unedited"]["to_base"].get<double>() == Approx(1));
}

/// Paints one colour.
class OneColourPainter : public engine::Painter {
 public:
  OneColourPainter() {
    info_.height = 256;
    info_.width = 176;
    info_.texture_height = 192;
    info_.texture_width = 288;
  }
  const engine::ModelInfo& info() const override { return info_; }
  Result<std::vector<Image>> Paint(std::span<const engine::PaintRequest> requests,
                                   const engine::PaintOptions&,
                                   const engine::StepCallback&) override {
    request = requests.front();
    return std::vector{Image(info_.height, info_.width, 3, 77)};
  }
  engine::PaintRequest request;

 private:
  engine::ModelInfo info_;
};

/// The renderer's own person.
Subject SubjectOf(const BenchPerson& shown) {
  Subject out;
  out.person =
      MakePerson(TheBody(), shown.rendering.rgb, shown.rendering.mask,
                 people::BodyOf(TheBody(), shown.person, shown.pose, shown.view, BenchPicture()));
  out.regions = RegionsOf(TheBody(), out.person, TrueMasks(shown.rendering));
  out.appearance = AppearanceOf(TheBody(), out.person, out.regions);
  return out;
}

TEST_CASE("True masks cover the person, each pixel once", "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 2, BenchPose::kOwn);
  const people::Rendering& rendering = edited.base.rendering;
  const auto masks = TrueMasks(rendering);
  int wrong = 0;
  for (int y = 0; y < rendering.rgb.height; ++y) {
    for (int x = 0; x < rendering.rgb.width; ++x) {
      float sum = 0;
      for (const cv::Mat& mask : masks) sum += mask.at<float>(y, x);
      if (sum != (*rendering.regions.at(y, x) == 0 ? 0.f : 1.f)) ++wrong;
    }
  }
  CHECK(wrong == 0);
  for (const cv::Mat& mask : masks) CHECK(cv::countNonZero(mask) > 100);
}

TEST_CASE("A person in a new pose is nearer to the truth than one who stays", "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 2, BenchPose::kNew);
  const BenchPerson& target = *edited.target;
  const Image shown =
      Repose(TheBody(), SubjectOf(edited.base),
             people::BodyOf(TheBody(), target.person, target.pose, target.view, BenchPicture()),
             target.rendering.mask);
  const EditScorer scorer(target.rendering.rgb, target.rendering.mask, nullptr);
  CHECK(scorer.Score(shown).psnr_inside > scorer.Score(edited.base.rendering.rgb).psnr_inside + 4);
  CHECK(scorer.Score(shown).psnr_outside > 20);
}

TEST_CASE("Painted in a new pose, a person has their own pixels where these are known", "[edit]") {
  const BenchCase edited = MakeBenchCase(TheBody(), 2, BenchPose::kNew);
  const BenchPerson& target = *edited.target;
  OneColourPainter painter;
  const Result<Image> shown = PaintInPose(
      painter, nullptr, TheBody(), SubjectOf(edited.base),
      people::BodyOf(TheBody(), target.person, target.pose, target.view, BenchPicture()),
      target.rendering.mask);
  REQUIRE(shown.has_value());
  // Far from the person there is the painting alone.
  CHECK(std::all_of(shown->at(2, 2), shown->at(2, 2) + 3, [](uint8_t v) { return v == 77; }));
  const EditScorer scorer(target.rendering.rgb, target.rendering.mask, nullptr);
  const Image flat(shown->height, shown->width, 3, 77);
  CHECK(scorer.Score(*shown).psnr_inside > scorer.Score(flat).psnr_inside + 3);
  // The model is told of the person and of the pose.
  CHECK(painter.request.source.height == 256);
  CHECK(painter.request.texture_map.width == 288);
  int shared = 0, either = 0;
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 176; ++x) {
      const bool told = painter.request.iuv.at(y, x)[0] != 0;
      const bool is = target.rendering.iuv.at(2 * y, 2 * x)[0] != 0;
      if (told && is) ++shared;
      if (told || is) ++either;
    }
  }
  CHECK(shared > .9 * either);
}

TEST_CASE("Swaps in a new pose ask the painter that they are given", "[edit]") {
  OneColourPainter painter;
  const auto swaps = LoadRegionSwaps(std::shared_ptr<const people::Body>(&TheBody(), [](auto*) {}),
                                     {}, {.true_regions = true, .painter = &painter});
  REQUIRE(swaps.has_value());
  const BenchCase edited = MakeBenchCase(TheBody(), 0, BenchPose::kNew);
  REQUIRE((*swaps)->Read(edited).has_value());
  const Result<MadeEdit> made = (*swaps)->Edit(BenchRegion::kLower);
  REQUIRE(made.has_value());
  CHECK(made->picture.at(2, 2)[1] == 77);
}

TEST_CASE("With the renderer's bodies and regions garments beat both baselines", "[edit]") {
  const auto swaps = LoadRegionSwaps(std::shared_ptr<const people::Body>(&TheBody(), [](auto*) {}),
                                     {}, {.true_regions = true});
  REQUIRE(swaps.has_value());
  const Result<BenchResult> result =
      RunBench(TheBody(), **swaps,
               {.cases = 2, .regions = {BenchRegion::kUpper, BenchRegion::kLower}}, [](int) {});
  REQUIRE(result.has_value());
  const std::vector<EditSummary> summaries = Summarise(*result);
  for (const EditSummary& summary : summaries) {
    INFO(summary.name);
    CHECK(summary.refused == 0);
    CHECK(summary.gain_mean > 2);
    CHECK(*summary.scores[IndexOf(Contender::kOurs)].untouched > .99);
  }
}

}  // namespace
}  // namespace atelier::edit
