// Regions of rendered people, whose true ones are known, and the file that the parser starts from.
#include "edit/parse/parser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <string>

#include "garment_pair.h"
#include "people/carry/region_prior.h"

namespace atelier::edit {
namespace {

const std::filesystem::path kPrior =
    std::filesystem::path(ATELIER_SOURCE_DIR) / "workers/edit/data/region_prior.bin";

const Parser& TheParser() {
  static const auto parser = Parser::Load(SharedBody(), kPrior);
  REQUIRE(parser.has_value());
  return **parser;
}

std::vector<uint8_t> PriorBytes() {
  std::ifstream file(kPrior, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string ReasonOf(const std::vector<uint8_t>& bytes) {
  const auto prior = people::ParseRegionPrior(TheBody(), bytes);
  return prior ? "" : prior.error().reason;
}

TEST_CASE("A prior that is damaged, cut short or of another body is refused", "[edit]") {
  std::vector<uint8_t> bytes = PriorBytes();
  CHECK(ReasonOf(bytes).empty());
  std::vector<uint8_t> shorter(bytes.begin(), bytes.end() - 1);
  CHECK(ReasonOf(shorter) == "PRIOR_FILE_INVALID");
  CHECK(ReasonOf({}) == "PRIOR_FILE_INVALID");
  std::vector<uint8_t> other_body = bytes;
  other_body[4] ^= 1;
  CHECK(ReasonOf(other_body) == "PRIOR_FILE_INVALID");
  // More than all of the first vertex.
  std::vector<uint8_t> too_much = bytes;
  std::fill_n(too_much.begin() + 16, 4, uint8_t{200});
  CHECK(ReasonOf(too_much) == "PRIOR_FILE_INVALID");
  const auto missing = Parser::Load(SharedBody(), "no/such/file");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::kNotFound);
}

TEST_CASE("A prior is read as it was written, alike on both sides", "[edit]") {
  const auto prior = people::ParseRegionPrior(TheBody(), PriorBytes());
  REQUIRE(prior);
  CHECK(people::EncodeRegionPrior(TheBody(), *prior) == PriorBytes());
  for (const auto* table : {&prior->on_body, &prior->beside_body}) {
    for (const people::RegionPrior::Shares& shares : *table) {
      float sum = 0;
      for (const float share : shares) {
        if (share <= 0) FAIL("a label is impossible somewhere");
        sum += share;
      }
      REQUIRE(sum == Approx(1).margin(1e-5));
    }
  }
}

TEST_CASE("Garments, skin and hair of rendered people are told apart", "[edit]") {
  for (const uint64_t seed : {21, 22, 25}) {
    const RenderedPerson rendered = RenderPerson(seed, {.height = 384, .width = 264});
    const Regions regions = TheParser().Parse(rendered.person);
    INFO("seed " << seed);
    CHECK(Overlap(regions.mask(Label::kUpper), rendered.truth.mask(Label::kUpper)) > .85);
    CHECK(Overlap(regions.mask(Label::kLower), rendered.truth.mask(Label::kLower)) > .85);
    CHECK(Overlap(regions.mask(Label::kSkin), rendered.truth.mask(Label::kSkin)) > .6);
    CHECK(Overlap(regions.mask(Label::kHair), rendered.truth.mask(Label::kHair)) > .6);
  }
}

TEST_CASE("The masks of a person sum to them, and to nothing where they are not", "[edit]") {
  const RenderedPerson rendered = RenderPerson(21);
  const Regions regions = TheParser().Parse(rendered.person);
  cv::Mat sum = cv::Mat::zeros(rendered.person.mask.size(), CV_32F);
  for (const cv::Mat& mask : regions.masks) sum += mask;
  cv::Mat inside, outside;
  cv::erode(rendered.person.mask, inside, cv::Mat::ones(7, 7, CV_8U));
  cv::dilate(rendered.person.mask, outside, cv::Mat::ones(7, 7, CV_8U));
  double least = 0, most = 0;
  cv::minMaxLoc(sum, &least, nullptr, nullptr, nullptr, inside > .9f);
  cv::minMaxLoc(sum, nullptr, &most, nullptr, nullptr, outside < .1f);
  CHECK(least == Approx(1).margin(1e-3));
  CHECK(most == 0);
}

TEST_CASE("Borders of clothes in the colour of skin are less sure than those of others", "[edit]") {
  const auto entropy = [](const people::Vec3& colour) {
    RenderedSubject rendering(9300100, 512, 352);
    rendering.identity.look.jacket.reset();
    rendering.identity.look.top.fabric.colours.fill(colour);
    const Subject subject = rendering.Make();
    const Regions parsed = TheParser().Parse(subject.person);
    return parsed.border_entropy[IndexOf(Label::kUpper)];
  };
  const double blue = entropy({.05f, .1f, .7f}), like_skin = entropy({.55f, .35f, .25f});
  CHECK(blue > 0);
  CHECK(like_skin > blue);
  CHECK(like_skin <= 1);
}

TEST_CASE("Sleeves end where they end", "[edit]") {
  people::Person person = people::SamplePerson(TheBody(), 21);
  person.look.jacket.reset();
  const people::Pose pose = people::SamplePose(21, people::PoseKind::kStand);
  const people::View view = people::SampleView(21, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 384, .width = 264};
  for (const float sleeve : {.42f, 1.2f, 1.86f}) {
    person.look.top.sleeve = sleeve;
    const people::Rendering seen = people::Render(TheBody(), person, pose, view, size);
    const Regions regions = TheParser().Parse(MakePerson(
        TheBody(), seen.rgb, seen.mask, people::BodyOf(TheBody(), person, pose, view, size)));
    INFO("sleeve " << sleeve);
    int found = 0;
    for (const LimbEnd& end : regions.limb_ends) {
      if (end.cloth != Label::kUpper) continue;
      ++found;
      CHECK(end.at == Approx(sleeve).margin(.15));
      CHECK(end.gain > .1);
    }
    CHECK(found == 2);
  }
}

TEST_CASE("Long hair that hangs over the chest is hair, and the top beneath it is none", "[edit]") {
  people::Person person = people::SamplePerson(TheBody(), 21);
  person.look.jacket.reset();
  person.look.hair.style = people::HairStyle::kLong;
  person.look.hair.length = .36f;
  person.look.hair.colour = {.1f, .07f, .05f};
  person.look.top.fabric = {};
  person.look.top.fabric.colours.fill({.2f, .5f, .8f});
  const people::Pose pose = people::SamplePose(21, people::PoseKind::kStand);
  const people::View view = people::SampleView(21, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 384, .width = 264};
  const people::Rendering seen = people::Render(TheBody(), person, pose, view, size);
  const Regions regions = TheParser().Parse(MakePerson(
      TheBody(), seen.rgb, seen.mask, people::BodyOf(TheBody(), person, pose, view, size)));
  const std::array<cv::Mat, kLabelCount> truth = MasksOf(seen.regions);
  CHECK(Overlap(regions.mask(Label::kHair), truth[IndexOf(Label::kHair)]) > .85);
  CHECK(Overlap(regions.mask(Label::kUpper), truth[IndexOf(Label::kUpper)]) > .93);
}

TEST_CASE("A top that covers the hips ends at its hem", "[edit]") {
  people::Person person = people::SamplePerson(TheBody(), 21);
  person.look.jacket.reset();
  person.look.bottom.kind = people::BottomKind::kTrousers;
  person.look.bottom.leg_length = 1.9f;
  person.look.top.fabric = {};
  person.look.top.fabric.colours.fill({.8f, .8f, .2f});
  person.look.bottom.fabric = {};
  person.look.bottom.fabric.colours.fill({.15f, .2f, .4f});
  const people::Pose pose = people::SamplePose(21, people::PoseKind::kStand);
  const people::View view = people::SampleView(21, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 384, .width = 264};
  for (const float hem : {0.0f, .12f}) {
    person.look.top.hem = hem;
    const people::Rendering seen = people::Render(TheBody(), person, pose, view, size);
    const Regions regions = TheParser().Parse(MakePerson(
        TheBody(), seen.rgb, seen.mask, people::BodyOf(TheBody(), person, pose, view, size)));
    const std::array<cv::Mat, kLabelCount> truth = MasksOf(seen.regions);
    INFO("hem " << hem);
    CHECK(Overlap(regions.mask(Label::kUpper), truth[IndexOf(Label::kUpper)]) > .95);
    CHECK(Overlap(regions.mask(Label::kLower), truth[IndexOf(Label::kLower)]) > .95);
  }
}

/// Someone in a plain top that ends at `hem` and plain trousers up to the waist.
people::Person InHighTrousers(float hem) {
  people::Person person = people::SamplePerson(TheBody(), 21);
  person.look.jacket.reset();
  person.look.bottom.kind = people::BottomKind::kTrousers;
  person.look.bottom.leg_length = 1.9f;
  person.look.bottom.waist = .32f;
  person.look.top.hem = hem;
  person.look.top.sleeve = .4f;
  person.look.top.fabric = {};
  person.look.top.fabric.colours.fill({.6f, .5f, .8f});
  person.look.bottom.fabric = {};
  person.look.bottom.fabric.colours.fill({.35f, .5f, .65f});
  return person;
}

TEST_CASE("The waistband of high trousers is no top", "[edit]") {
  const people::Person person = InHighTrousers(.24f);
  const people::Pose pose = people::SamplePose(21, people::PoseKind::kStand);
  const people::View view = people::SampleView(21, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 384, .width = 264};
  const people::Rendering seen = people::Render(TheBody(), person, pose, view, size);
  const Regions regions = TheParser().Parse(MakePerson(
      TheBody(), seen.rgb, seen.mask, people::BodyOf(TheBody(), person, pose, view, size)));
  const std::array<cv::Mat, kLabelCount> truth = MasksOf(seen.regions);
  CHECK(Overlap(regions.mask(Label::kUpper), truth[IndexOf(Label::kUpper)]) > .97);
  CHECK(Overlap(regions.mask(Label::kLower), truth[IndexOf(Label::kLower)]) > .97);
}

TEST_CASE("A bare belly between top and trousers is skin", "[edit]") {
  people::Person person = InHighTrousers(.24f);
  person.look.bottom.waist = .12f;
  person.look.top.fabric.colours.fill({.45f, .05f, .12f});
  const people::Pose pose = people::SamplePose(21, people::PoseKind::kStand);
  const people::View view = people::SampleView(21, {.yaw = 0, .crop = people::Crop::kFull});
  const people::RenderOptions size{.height = 768, .width = 528};
  const people::Rendering seen = people::Render(TheBody(), person, pose, view, size);
  const Regions regions = TheParser().Parse(MakePerson(
      TheBody(), seen.rgb, seen.mask, people::BodyOf(TheBody(), person, pose, view, size)));
  const std::array<cv::Mat, kLabelCount> truth = MasksOf(seen.regions);
  cv::Mat belly = truth[IndexOf(Label::kSkin)] > .5f;
  // Of the skin, what has cloth above and below it.
  const cv::Rect trunk = cv::boundingRect(truth[IndexOf(Label::kUpper)] > .5f);
  belly.rowRange(0, trunk.y + trunk.height - 6).setTo(0);
  belly.colRange(0, 528 / 2 - 30).setTo(0);
  belly.colRange(528 / 2 + 30, 528).setTo(0);
  belly.rowRange(trunk.y + trunk.height + 60, 768).setTo(0);
  REQUIRE(cv::countNonZero(belly) > 500);
  CHECK(cv::mean(regions.mask(Label::kSkin), belly)[0] > .9);
}

TEST_CASE("A coarse mask of a person gets the outline that the picture shows", "[edit]") {
  const RenderedPerson rendered = RenderPerson(22, {.height = 768, .width = 528});
  Image coarse = rendered.rendering.mask;
  cv::Mat view = imaging::ViewOf(rendered.rendering.mask).clone();
  cv::GaussianBlur(view, view, {}, 7);
  cv::dilate(view, view, cv::Mat::ones(9, 9, CV_8U));
  view.copyTo(cv::Mat(view.size(), CV_8U, coarse.data.data()));
  const Person person = MakePerson(TheBody(), rendered.rendering.rgb, coarse, rendered.person.body);
  const Regions regions = TheParser().Parse(person);
  cv::Mat sum = cv::Mat::zeros(person.mask.size(), CV_32F);
  for (const cv::Mat& mask : regions.masks) sum += mask;
  const double before = Overlap(person.mask, rendered.person.mask);
  CHECK(before < .95);
  CHECK(Overlap(sum, rendered.person.mask) > .975);
}

TEST_CASE("A mask without a person gives empty regions", "[edit]") {
  RenderedPerson rendered = RenderPerson(21);
  rendered.person.mask.setTo(0);
  const Regions regions = TheParser().Parse(rendered.person);
  for (const cv::Mat& mask : regions.masks) {
    REQUIRE(mask.size() == rendered.person.mask.size());
    CHECK(cv::countNonZero(mask) == 0);
  }
  CHECK(regions.limb_ends.empty());
}

TEST_CASE("A print in the colour of skin is no hole in a top", "[edit]") {
  RenderedSubject rendering(9300100, 512, 352);
  rendering.pose = people::SamplePose(1, people::PoseKind::kStand);
  rendering.view.yaw = 0;
  rendering.identity.look.jacket.reset();
  rendering.identity.look.top.fabric.colours.fill({.05f, .1f, .7f});
  Subject subject = rendering.Make();
  // In the middle of the top, a tenth of it.
  const cv::Mat top = subject.regions.mask(Label::kUpper) > .9f;
  const cv::Rect box = cv::boundingRect(top);
  const cv::Point middle = (box.tl() + box.br()) / 2;
  const cv::Size radius(box.width / 9, box.height / 7);
  cv::Mat picture = imaging::ViewOf(subject.person.picture);
  const cv::Scalar skin = cv::mean(picture, subject.regions.mask(Label::kSkin) > .9f);
  cv::ellipse(picture, middle, radius, 20, 0, 360, skin, cv::FILLED);
  cv::Mat print(picture.size(), CV_8U, cv::Scalar(0));
  cv::ellipse(print, middle, radius, 20, 0, 360, cv::Scalar(255), cv::FILLED);
  const Regions parsed = TheParser().Parse(subject.person);
  CHECK(cv::mean(parsed.mask(Label::kUpper), print)[0] > .95);
}

}  // namespace
}  // namespace atelier::edit
