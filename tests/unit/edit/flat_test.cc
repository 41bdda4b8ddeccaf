// Garments alone in a picture as donors.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <opencv2/imgproc.hpp>

#include "edit/flat/find_garment.h"
#include "edit/flat/flat_body.h"
#include "edit/flat/flat_garment.h"
#include "edit/flat/garment_shape.h"
#include "edit/garment/garment.h"
#include "edit/person/mat_math.h"
#include "rendered_subject.h"

namespace atelier::edit {
namespace {

const cv::Scalar kPaper(242, 243, 244), kCloth(170, 140, 210), kSleeve(60, 40, 80),
    kInside(40, 30, 60);

std::vector<cv::Point> Mirrored(std::vector<cv::Point> points, int width) {
  for (cv::Point& p : points) p.x = width - 1 - p.x;
  return points;
}

/// A T-shirt as shops photograph it: short sleeves of another colour, the inside of its back seen
/// through the neck. `opening`: rows that the neck is deep in front.
Image DrawShirt(int opening = 60) {
  Image out(600, 480, 3);
  cv::Mat view = imaging::ViewOf(out);
  view.setTo(kPaper);
  const auto both = [&](const std::vector<cv::Point>& half, const cv::Scalar& colour) {
    cv::fillPoly(view, std::vector<std::vector<cv::Point>>{half}, colour, cv::LINE_AA);
    cv::fillPoly(view, std::vector<std::vector<cv::Point>>{Mirrored(half, out.width)}, colour,
                 cv::LINE_AA);
  };
  both({{240, 96}, {190, 90}, {120, 118}, {138, 240}, {130, 500}, {240, 505}}, kCloth);
  both({{120, 118}, {92, 150}, {52, 225}, {100, 252}, {138, 225}}, kSleeve);
  if (opening > 0) {
    cv::ellipse(view, {240, 92}, {50, opening}, 0, 0, 180, kInside, cv::FILLED, cv::LINE_AA);
  }
  return out;
}

/// Trousers, a lighter left leg (the picture's right).
Image DrawTrousers() {
  Image out(640, 400, 3);
  cv::Mat view = imaging::ViewOf(out);
  view.setTo(kPaper);
  const std::vector<cv::Point> half = {{200, 60}, {132, 60},  {112, 150},
                                       {96, 590}, {160, 592}, {199, 190}};
  cv::fillPoly(view, std::vector<std::vector<cv::Point>>{half}, cv::Scalar(40, 50, 90));
  cv::fillPoly(view, std::vector<std::vector<cv::Point>>{Mirrored(half, out.width)},
               cv::Scalar(70, 80, 130));
  return out;
}

TEST_CASE("A garment is found by its background, whatever the light on it", "[edit]") {
  Image picture = DrawShirt();
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int darker = y / 20 + x / 40;
        picture.at(y, x)[c] = static_cast<uint8_t>(std::max(0, picture.at(y, x)[c] - darker));
      }
    }
  }
  const Result<FoundGarment> found = FindGarment(picture);
  REQUIRE(found);
  CHECK(found->mask.at<float>(300, 240) > .99f);  // the front
  CHECK(found->mask.at<float>(180, 90) > .99f);   // a sleeve
  CHECK(found->mask.at<float>(110, 240) > .99f);  // the inside of the back
  CHECK(found->mask.at<float>(300, 60) < .01f);   // beside it
  CHECK(found->mask.at<float>(40, 240) < .01f);
}

TEST_CASE("A picture without a garment on an even background is refused", "[edit]") {
  const auto refused = [](const Image& picture) {
    const Result<Subject> read = ReadFlatGarment(TheBody(), picture, Label::kUpper);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::kFailedPrecondition);
    CHECK(read.error().reason == "GARMENT_NOT_FOUND");
  };
  refused(Image(200, 150, 3, 240));
  refused(Image(4, 4, 3, 240));
  Image noise(200, 150, 3);
  uint32_t state = 1;
  for (uint8_t& v : noise.data) {
    state = state * 1664525 + 1013904223;
    v = static_cast<uint8_t>(state >> 24);
  }
  refused(noise);
  // A swatch that fills the picture.
  Image swatch(200, 150, 3, 240);
  cv::Mat view = imaging::ViewOf(swatch);
  view(cv::Rect(0, 8, 150, 192)).setTo(cv::Scalar(20, 60, 120));
  refused(swatch);
}

TEST_CASE("Neck, armpits, hem and sleeves of a shirt are measured", "[edit]") {
  const Result<FoundGarment> found = FindGarment(DrawShirt());
  REQUIRE(found);
  const TopShape shape = MeasureTop(found->mask);
  CHECK(shape.neck_row == Approx(92).margin(6));
  CHECK(shape.armpit_row == Approx(232).margin(10));
  CHECK(shape.hem_row == Approx(503).margin(6));
  // 140 rows of armhole, 240 columns of shoulders: 640 to 700 pixels for a metre.
  CHECK(shape.pixels_per_metre == Approx(670).epsilon(.08));
  for (size_t side = 0; side < 2; ++side) {
    CAPTURE(side);
    REQUIRE_FALSE(shape.sleeves[side].empty());
    const auto& end = shape.sleeves[side].stations.back();
    const float outward = side == 0 ? 1 : -1;
    CHECK(outward * (end.middle.x - 240) > 130);
    CHECK(end.middle.y > 190);
    CHECK(end.half_width > 25);
    CHECK(end.half_width < 50);
  }
  CHECK(shape.rows[300].half_width == Approx(102).margin(6));
}

TEST_CASE("The body under a shirt fills it, its arms in the sleeves", "[edit]") {
  const Image picture = DrawShirt();
  const Result<Subject> read = ReadFlatGarment(TheBody(), picture, Label::kUpper);
  REQUIRE(read);
  const Result<FoundGarment> found = FindGarment(picture);
  const cv::Mat& worn = read->regions.mask(Label::kUpper);
  cv::Mat garment = found->mask.clone();
  garment(cv::Rect(185, 80, 110, 80)).setTo(0);  // about the opening
  const double covered = cv::sum(cv::min(worn, garment))[0] / cv::sum(garment)[0];
  CHECK(covered > .93);
  // An arm's skin is under its sleeve's colour.
  for (const int v : TheBody().skin_vertices()) {
    const people::Attributes& a = TheBody().attributes()[static_cast<size_t>(v)];
    if (a.arm_weight < .95f || a.arm < .25f || a.arm > .35f) continue;
    const auto& at = read->person.screen[static_cast<size_t>(v)];
    const bool left = a.at.x > 0;
    CAPTURE(at.x, at.y);
    CHECK((at.x > 240) == left);
    CHECK(std::abs(at.x - 240) > 90);
  }
  // Limb ends say how long the sleeves are; the chest is covered and the shin is not.
  REQUIRE(read->regions.limb_ends.size() == 2);
  for (const LimbEnd& end : read->regions.limb_ends) {
    CHECK(end.at > .35);
    CHECK(end.at < .85);
  }
  float chest = 0, shins = 0;
  for (const int v : TheBody().skin_vertices()) {
    const people::Attributes& a = TheBody().attributes()[static_cast<size_t>(v)];
    const float cover = read->regions.membership_of(Label::kUpper)[static_cast<size_t>(v)];
    if (std::fabs(a.at.x) < .05f && std::fabs(a.at.y - .3f) < .02f) chest = std::max(chest, cover);
    if (a.leg_weight > .9f && a.leg > 1.3f) shins = std::max(shins, cover);
  }
  CHECK(chest > .99f);
  CHECK(shins < .01f);
}

TEST_CASE("The inside of the back is not carried, and a closed neck is left whole", "[edit]") {
  const Result<Subject> open = ReadFlatGarment(TheBody(), DrawShirt(60), Label::kUpper);
  REQUIRE(open);
  CHECK(open->regions.mask(Label::kUpper).at<float>(125, 240) < .1f);
  CHECK(open->regions.mask(Label::kUpper).at<float>(175, 240) > .9f);
  const Result<Subject> closed = ReadFlatGarment(TheBody(), DrawShirt(0), Label::kUpper);
  REQUIRE(closed);
  CHECK(closed->regions.mask(Label::kUpper).at<float>(125, 240) > .9f);
}

TEST_CASE("A person wears a shirt from a picture of it", "[edit]") {
  const Subject base = RenderSubject(9300307, {.height = 512, .width = 352});
  Result<Subject> shirt = ReadFlatGarment(TheBody(), DrawShirt(), Label::kUpper);
  REQUIRE(shirt);
  LightAs(TheBody(), base, Label::kUpper, *shirt);
  GarmentMeasures measures;
  const Edited edited = SwapGarment(TheBody(), base, *shirt, Garment::kUpper, &measures);
  CHECK(measures.unseen < .4);
  // The chest has the shirt's colour, about as bright.
  const cv::Mat& before = base.regions.mask(Label::kUpper);
  const cv::Mat now = cv::min(edited.subject.regions.mask(Label::kUpper), before);
  const cv::Rect chest(150, 190, 50, 40);
  cv::Mat inside = cv::Mat::zeros(now.size(), CV_32F);
  now(chest).copyTo(inside(chest));
  const cv::Scalar mean = MeanWhere(edited.subject.person.picture, inside);
  CAPTURE(mean);
  CHECK(cv::norm(mean - kCloth) < 60);
  CHECK(mean[2] > mean[0]);
  CHECK(mean[0] > mean[1]);
}

TEST_CASE("The legs of trousers are told apart, and a skirt has none", "[edit]") {
  const Result<FoundGarment> found = FindGarment(DrawTrousers());
  REQUIRE(found);
  const LowerShape shape = MeasureLower(found->mask);
  CHECK(shape.has_legs);
  CHECK(shape.crotch_row == Approx(190).margin(20));
  const Result<Subject> read = ReadFlatGarment(TheBody(), DrawTrousers(), Label::kLower);
  REQUIRE(read);
  const cv::Mat& worn = read->regions.mask(Label::kLower);
  CHECK(cv::sum(cv::min(worn, found->mask))[0] / cv::sum(found->mask)[0] > .9);
  for (const int v : TheBody().skin_vertices()) {
    const people::Attributes& a = TheBody().attributes()[static_cast<size_t>(v)];
    if (a.leg_weight < .95f || a.leg < .6f || a.leg > 1.6f) continue;
    CHECK((read->person.screen[static_cast<size_t>(v)].x > 200) == (a.at.x > 0));
  }
  Image skirt(300, 300, 3);
  cv::Mat view = imaging::ViewOf(skirt);
  view.setTo(kPaper);
  const std::vector<cv::Point> outline = {{110, 40}, {190, 40}, {240, 250}, {60, 250}};
  cv::fillPoly(view, std::vector<std::vector<cv::Point>>{outline}, kSleeve);
  const Result<FoundGarment> found_skirt = FindGarment(skirt);
  REQUIRE(found_skirt);
  CHECK_FALSE(MeasureLower(found_skirt->mask).has_legs);
}

TEST_CASE("What reading a garment costs at 1024 x 768", "[.measure]") {
  cv::setNumThreads(1);
  const Image small = DrawShirt();
  Image picture(1024, 768, 3);
  cv::Mat view = imaging::ViewOf(picture);
  cv::resize(imaging::ViewOf(small), view, view.size());
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(ReadFlatGarment(TheBody(), picture, Label::kUpper));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("a garment of 1024 x 768: %.3f s\n", took.count());
  SUCCEED();
}

}  // namespace
}  // namespace atelier::edit
