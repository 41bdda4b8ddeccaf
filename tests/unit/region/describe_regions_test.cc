#include "region/describe_regions.h"

#include <catch2/catch.hpp>
#include <map>

#include "edit/parse/load_parser.h"
#include "edit/region/region.h"
#include "imaging/picture_codec.h"
#include "people/body/body_view.h"
#include "runtime/fitted_body_message.h"

namespace atelier::region {
namespace {

constexpr int kHeight = 384, kWidth = 256;

const people::BodyFitter& TheFitter() {
  static const people::BodyFitter fitter = [] {
    auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
    REQUIRE(body);
    return people::BodyFitter(*body);
  }();
  return fitter;
}

const edit::Parser& TheParser() {
  static const auto parser = [] {
    auto loaded = edit::LoadParser(TheFitter().shared_body());
    INFO((loaded ? "" : loaded.error().message));
    REQUIRE(loaded);
    return *loaded;
  }();
  return *parser;
}

people::FittedBody StandingBody() {
  people::FittedBody fitted;
  fitted.parameters[people::kCameraBlock.first] = std::log(190.0);
  fitted.parameters[people::kCameraBlock.first + 1] = kWidth / 2.0;
  fitted.parameters[people::kCameraBlock.first + 2] = kHeight / 2.0;
  return fitted;
}

/// A body painted blue above and red below, its head and hands in a skin's colour, on grey.
v1::DescribeRegionsRequest PaintedBody() {
  const people::FittedBody fitted = StandingBody();
  const Image iuv = TheFitter().Iuv(fitted, kHeight, kWidth);
  Image picture(kHeight, kWidth, 3, 128), mask(kHeight, kWidth, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) {
    const int part = iuv.data[3 * i];
    if (part == 0) continue;
    mask.data[i] = 255;
    const bool is_skin = part == 3 || part == 4 || part >= 23;
    const bool is_leg = part >= 5 && part <= 14;
    const std::array<uint8_t, 3> colour = is_skin  ? std::array<uint8_t, 3>{224, 172, 140}
                                          : is_leg ? std::array<uint8_t, 3>{170, 30, 30}
                                                   : std::array<uint8_t, 3>{30, 50, 180};
    std::copy(colour.begin(), colour.end(), &picture.data[3 * i]);
  }
  v1::DescribeRegionsRequest request;
  request.mutable_picture()->set_data(imaging::EncodePng(picture).value());
  runtime::FittedBodyToMessage(fitted, *request.mutable_body());
  request.set_person_mask_png(imaging::EncodePng(mask).value());
  return request;
}

std::map<v1::BodyRegion, v1::RegionDescription> ByRegion(
    const v1::DescribeRegionsResponse& response) {
  std::map<v1::BodyRegion, v1::RegionDescription> regions;
  for (const v1::RegionDescription& region : response.regions()) {
    regions[region.name().region()] = region;
  }
  return regions;
}

TEST_CASE("Every region is described: mask, colour, box and crop", "[region]") {
  const auto response = DescribeRegions(PaintedBody(), TheFitter(), TheParser());
  REQUIRE(response);
  CHECK(response->regions_size() == edit::kRegionKindCount);
  CHECK(response->parser() == edit::kParserName);
  const auto regions = ByRegion(*response);

  const v1::RegionDescription& upper = regions.at(v1::BODY_REGION_UPPER_GARMENT);
  REQUIRE(upper.present());
  CHECK(upper.mean_colour().blue() > 120);
  CHECK(upper.mean_colour().red() < 80);
  CHECK(upper.visibility() > .3f);
  CHECK(upper.visibility() < .75f);
  const v1::RegionDescription& lower = regions.at(v1::BODY_REGION_LOWER_GARMENT);
  REQUIRE(lower.present());
  CHECK(lower.mean_colour().red() > 120);
  CHECK(lower.box().top() > upper.box().top());
  CHECK(lower.box().bottom() > upper.box().bottom());

  const Image mask = imaging::DecodeGrey(upper.mask_png(), "mask").value();
  CHECK(mask.height == kHeight);
  CHECK(mask.width == kWidth);
  const Image crop = imaging::DecodePicture(upper.crop_png(), "crop").value();
  CHECK(crop.height == static_cast<int>(upper.box().bottom() - upper.box().top()));
  CHECK(crop.width == static_cast<int>(upper.box().right() - upper.box().left()));
  CHECK(regions.at(v1::BODY_REGION_BACKGROUND).mean_colour().green() == Approx(128).margin(4));
}

TEST_CASE("Regions that share pixels say so, and with what", "[region]") {
  const auto response = DescribeRegions(PaintedBody(), TheFitter(), TheParser());
  REQUIRE(response);
  const auto regions = ByRegion(*response);
  const auto share = [&](v1::BodyRegion one, v1::BodyRegion other) {
    for (const v1::RegionOverlap& overlap : regions.at(one).overlaps()) {
      if (overlap.name().region() == other) return overlap.share();
    }
    return 0.0f;
  };
  CHECK(share(v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_OUTFIT) > .98f);
  CHECK(share(v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT) < .1f);
  CHECK(share(v1::BODY_REGION_FACE, v1::BODY_REGION_HEAD) > .9f);
  CHECK(share(v1::BODY_REGION_BACKGROUND, v1::BODY_REGION_OUTFIT) < .05f);
}

TEST_CASE("Of the regions that were asked for each is answered in their order", "[region]") {
  v1::DescribeRegionsRequest request = PaintedBody();
  request.add_regions()->set_part(2);
  request.add_regions()->set_region(v1::BODY_REGION_LEGS);
  const auto response = DescribeRegions(request, TheFitter(), TheParser());
  REQUIRE(response);
  REQUIRE(response->regions_size() == 2);
  CHECK(response->regions(0).name().part() == 2);
  CHECK(response->regions(0).present());
  CHECK(response->regions(1).name().region() == v1::BODY_REGION_LEGS);
}

TEST_CASE("What is missing from a request is named", "[region]") {
  const auto refused = [](const v1::DescribeRegionsRequest& request) {
    const auto response = DescribeRegions(request, TheFitter(), TheParser());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::kInvalidArgument);
    return response.error().field;
  };
  v1::DescribeRegionsRequest request = PaintedBody();
  request.clear_body();
  CHECK(refused(request) == "body");
  request = PaintedBody();
  request.clear_person_mask_png();
  CHECK(refused(request) == "person_mask_png");
  request = PaintedBody();
  request.set_person_mask_png(imaging::EncodePng(Image(16, 16, 1, 255)).value());
  CHECK(refused(request) == "person_mask_png");
  request = PaintedBody();
  request.add_regions();
  CHECK(refused(request) == "regions[0]");
}

}  // namespace
}  // namespace atelier::region
