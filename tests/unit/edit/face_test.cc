// Faces, heads and hair of one person on another.
#include "edit/face/face.h"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "edit/face/face_places.h"
#include "edit/face/point_warp.h"
#include "edit/face/rim.h"
#include "edit/face/skin_tone.h"
#include "edit/person/mat_math.h"
#include "people/render/swap.h"
#include "rendered_subject.h"

namespace atelier::edit {
namespace {

const std::array<cv::Point2f, 5> kFive = {
    {{100, 100}, {140, 102}, {121, 125}, {106, 148}, {136, 149}}};

TEST_CASE("A similarity is found again from its points, and undone by its inverse", "[edit]") {
  const PlaneSimilarity given{1.3 * std::cos(.4), 1.3 * std::sin(.4), 17, -9};
  std::vector<cv::Point2f> to;
  for (const cv::Point2f& p : kFive) to.push_back(given(p));
  const std::optional<PlaneSimilarity> found = SimilarityOf(kFive, to);
  REQUIRE(found);
  CHECK(found->scale() == Approx(1.3).epsilon(1e-4));
  CHECK(ResidualOf(*found, kFive, to) < 1e-3);
  CHECK(cv::norm(found->Inverse()(to[2]) - kFive[2]) < 1e-3);
  CHECK_FALSE(SimilarityOf(std::array<cv::Point2f, 2>{{{3, 3}, {3, 3}}},
                           std::array<cv::Point2f, 2>{{{1, 1}, {2, 2}}}));
}

TEST_CASE("A warp takes every point exactly where it belongs, and others smoothly", "[edit]") {
  std::array<cv::Point2f, 5> to = kFive;
  to[2] += cv::Point2f(6, -4);  // a longer nose
  const std::optional<PointWarp> warp = PointWarp::Between(kFive, to);
  REQUIRE(warp);
  for (size_t i = 0; i < kFive.size(); ++i) CHECK(cv::norm((*warp)(kFive[i]) - to[i]) < .05);
  CHECK(cv::norm((*warp)({500, 500}) - cv::Point2f(500, 500)) < 60);
  CHECK(cv::norm((*warp)({121, 126}) - (*warp)({121, 125})) < 3);
}

TEST_CASE("Skin takes another tone; eyes and teeth do not", "[edit]") {
  const cv::Vec3f light{78, 12, 18}, dark{32, 12, 14};
  const cv::Mat lab = (cv::Mat_<cv::Vec3f>(1, 4) << light, cv::Vec3f(60, 12, 18),
                       cv::Vec3f(86, 0, 2), cv::Vec3f(3, 0, 0));
  const cv::Mat rgb = RgbOf(lab);
  const cv::Mat everywhere(1, 4, CV_32F, cv::Scalar(1));
  const cv::Mat skin = SkinShare(rgb, light, everywhere);
  CHECK(skin.at<float>(0) > .95f);
  CHECK(skin.at<float>(2) < .05f);
  const cv::Mat toned = LabOf(ToTone(rgb, light, dark, skin));
  CHECK(cv::norm(toned.at<cv::Vec3f>(0) - dark) < 1);
  // Shaded skin is as much darker than before, by ratio.
  CHECK(toned.at<cv::Vec3f>(1)[0] / 32 == Approx(60.f / 78).epsilon(.05));
  CHECK(cv::norm(toned.at<cv::Vec3f>(2) - lab.at<cv::Vec3f>(2)) < 1);
  CHECK(toned.at<cv::Vec3f>(3)[0] < 4);
}

TEST_CASE("A face of another tone and in light from the side gets the base's", "[edit]") {
  const cv::Mat picture(120, 120, CV_32FC3, cv::Scalar(190, 150, 130));
  cv::Mat colours(120, 120, CV_32FC3);
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 120; ++x) {
      const float light = .7f + .5f * static_cast<float>(x) / 120;
      colours.at<cv::Vec3f>(y, x) = cv::Vec3f(210, 140, 90) * light;
    }
  }
  const cv::Mat everywhere(120, 120, CV_32F, cv::Scalar(1));
  const cv::Mat lit = InLightOf(picture, colours, everywhere);
  for (const int x : {15, 60, 105}) {
    const cv::Vec3f& wanted = picture.at<cv::Vec3f>(60, x);
    CHECK(cv::norm(lit.at<cv::Vec3f>(60, x) - wanted) <
          .6 * cv::norm(colours.at<cv::Vec3f>(60, x) - wanted));
  }
}

TEST_CASE("A face that was enlarged has the fine lines of the base's, another only its own",
          "[edit]") {
  cv::Mat picture(60, 60, CV_32FC3, cv::Scalar::all(120));
  for (int x = 0; x < 60; x += 4) picture.col(x).setTo(cv::Scalar::all(60));
  const cv::Mat colours(60, 60, CV_32FC3, cv::Scalar(180, 140, 120));
  const auto spread = [](const cv::Mat& rgb) {
    cv::Scalar mean, deviation;
    cv::meanStdDev(LumaOf(rgb), mean, deviation);
    return deviation[0];
  };
  CHECK(spread(WithFineLines(picture, colours, 2.5)) > 10);
  CHECK(spread(WithFineLines(picture, colours, 1)) < .1);
}

struct FacePair {
  Subject base, donor;
  people::SwapRendering truth;
};

/// Waist up, so that faces are large; both face the camera within `turn` degrees.
FacePair MakeFacePair(uint64_t seed, double turn, int height = 512, int width = 352) {
  const people::Body& body = TheBody();
  const people::RenderOptions size{.height = height, .width = width};
  struct Shown {
    people::Person who;
    people::Pose pose;
    people::View view;
  };
  const auto show = [&](uint64_t s, double yaw) {
    return Shown{people::SamplePerson(body, s), people::SamplePose(s, people::PoseKind::kStand),
                 people::SampleView(s, {.yaw = yaw, .crop = people::Crop::kUpper})};
  };
  const auto subject = [&](const people::Rendering& rendering, const Shown& shown) {
    RenderedPerson out;
    out.rendering = rendering;
    out.person = MakePerson(body, rendering.rgb, rendering.mask,
                            people::BodyOf(body, shown.who, shown.pose, shown.view, size));
    out.truth = RegionsOf(body, out.person, MasksOf(rendering.regions));
    return SubjectOf(out);
  };
  const Shown a = show(seed, -turn / 2), b = show(seed + 1, turn / 2);
  FacePair pair;
  pair.truth = people::RenderSwap(body, a.who, b.who, a.view.scene, {people::SwapRegion::kFace},
                                  a.pose, a.view, size);
  pair.base = subject(pair.truth.before, a);
  pair.donor = subject(people::Render(body, b.who, b.pose, b.view, size), b);
  return pair;
}

/// Mean absolute difference over the features of the face.
double FaceDifference(const Image& one, const Image& other, const Subject& base) {
  const SurfaceView view(TheBody(), base.person.screen,
                         {cv::Rect(0, 0, base.person.width(), base.person.height()), 1});
  const cv::Mat face = Shares(TheBody(), view, FaceShare);
  cv::Mat difference;
  cv::absdiff(imaging::ViewOf(one), imaging::ViewOf(other), difference);
  const cv::Scalar mean = cv::mean(difference, face > .9);
  return (mean[0] + mean[1] + mean[2]) / 3;
}

TEST_CASE("A face swapped with itself hardly changes", "[edit]") {
  const FacePair pair = MakeFacePair(9300006, 0);
  FaceMeasures measures;
  const Edited edited = SwapFace(TheBody(), pair.base, pair.base, &measures);
  CHECK(FaceDifference(edited.subject.person.picture, pair.base.person.picture, pair.base) < 2.5);
  CHECK(measures.head_angle_degrees < .1);
  CHECK(measures.residual_metres < 1e-4);
  CHECK(measures.unseen < .2);
}

TEST_CASE("A swapped face comes nearer to the truth, and leaves what is not face alone", "[edit]") {
  double unedited = 0, edited_off = 0;
  for (const uint64_t seed : {9300000, 9300006, 9300014, 9300020}) {
    const FacePair pair = MakeFacePair(seed, 16);
    FaceMeasures measures;
    const Edited edited = SwapFace(TheBody(), pair.base, pair.donor, &measures);
    const Image& truth = pair.truth.after.rgb;
    unedited += FaceDifference(pair.base.person.picture, truth, pair.base);
    edited_off += FaceDifference(edited.subject.person.picture, truth, pair.base);
    CHECK(UnaccountedChanges(pair.base.person.picture, edited) == 0);
    CHECK(cv::mean(edited.changed, pair.base.regions.mask(Label::kHair) > .5)[0] < .05);
    CHECK(cv::mean(edited.changed, pair.base.regions.mask(Label::kUpper) > .5)[0] < .01);
    CHECK(measures.unseen < .5);
    CHECK(measures.residual_metres < .02);
  }
  CHECK(edited_off < .95 * unedited);
}

TEST_CASE("Where a network found the face counts, not where the body has it", "[edit]") {
  const FacePair pair = MakeFacePair(9300006, 0);
  const Edited exact = SwapFace(TheBody(), pair.base, pair.donor);
  // A fit that is four pixels off, and points that are not.
  Subject moved = pair.base;
  people::PosedBody posed = people::InPicture(moved.person.body, 1, 4, 3);
  moved.person = MakePerson(TheBody(), moved.person.picture, pair.truth.before.mask, posed);
  const Edited mended = SwapFace(TheBody(), moved, pair.donor);
  moved.face.reset();
  const Edited wrong = SwapFace(TheBody(), moved, pair.donor);
  const Image& wanted = exact.subject.person.picture;
  const double with_points = FaceDifference(mended.subject.person.picture, wanted, pair.base);
  const double without = FaceDifference(wrong.subject.person.picture, wanted, pair.base);
  CHECK(with_points < .5 * without);
}

TEST_CASE("The angle between heads is that of their views", "[edit]") {
  FaceMeasures measures;
  const FacePair pair = MakeFacePair(9300006, 0);
  Subject turned = RenderSubject(9300006, {.yaw = 40});
  const Subject straight = RenderSubject(9300006, {.yaw = 0});
  SwapFace(TheBody(), straight, turned, &measures);
  CHECK(measures.head_angle_degrees == Approx(40).margin(4));
}

TEST_CASE("A person seen from behind keeps their head's back", "[edit]") {
  const Subject base = RenderSubject(9300006, {.yaw = 180});
  const Subject donor = RenderSubject(9300007);
  const Edited edited = SwapFace(TheBody(), base, donor);
  CHECK(edited.subject.person.picture == base.person.picture);
}

TEST_CASE("A head comes with its hair, and the old one is gone", "[edit]") {
  const FacePair pair = MakeFacePair(9300002, 8);
  FaceMeasures measures;
  const Edited edited = SwapHead(TheBody(), pair.base, pair.donor, &measures);
  CHECK(UnaccountedChanges(pair.base.person.picture, edited) == 0);
  const cv::Scalar hair =
      MeanWhere(pair.donor.person.picture, pair.donor.regions.mask(Label::kHair));
  const cv::Scalar now =
      MeanWhere(edited.subject.person.picture, edited.subject.regions.mask(Label::kHair));
  CHECK(cv::norm(now - hair) < 45);
  // The body is the base's.
  CHECK(cv::mean(edited.changed, pair.base.regions.mask(Label::kUpper) > .5)[0] < .35);
  // Regions still sum to one on the person, and to nothing off them.
  cv::Mat sum = cv::Mat::zeros(edited.changed.size(), CV_32F);
  for (const cv::Mat& mask : edited.subject.regions.masks) sum += mask;
  CHECK(cv::norm(sum, edited.subject.person.mask, cv::NORM_L1) / static_cast<double>(sum.total()) <
        .02);
  REQUIRE(edited.subject.face);
  CHECK(cv::norm(edited.subject.face->nose - pair.base.face->nose) <
        .03 * pair.base.person.pixels_per_metre());
}

TEST_CASE("Hair comes without the face", "[edit]") {
  const FacePair pair = MakeFacePair(9300002, 8);
  const Edited edited = SwapHair(TheBody(), pair.base, pair.donor);
  CHECK(UnaccountedChanges(pair.base.person.picture, edited) == 0);
  CHECK(cv::countNonZero(edited.changed > .5) > 500);
  const cv::Scalar hair =
      MeanWhere(pair.donor.person.picture, pair.donor.regions.mask(Label::kHair));
  const cv::Scalar now =
      MeanWhere(edited.subject.person.picture, edited.subject.regions.mask(Label::kHair));
  CHECK(cv::norm(now - hair) < 45);
  // Eyes and mouth are the base's own.
  const cv::Point nose(pair.base.face->nose);
  CHECK(edited.changed.at<float>(nose) == 0);
}

TEST_CASE("What faces and heads cost at 1024 x 768", "[.measure]") {
  cv::setNumThreads(1);
  const FacePair pair = MakeFacePair(9300006, 16, 1024, 768);
  const auto time = [](const auto& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::printf("face %.3f s, head %.3f s, hair %.3f s\n",
              time([&] { SwapFace(TheBody(), pair.base, pair.donor); }),
              time([&] { SwapHead(TheBody(), pair.base, pair.donor); }),
              time([&] { SwapHair(TheBody(), pair.base, pair.donor); }));
  SUCCEED();
}

}  // namespace
}  // namespace atelier::edit
