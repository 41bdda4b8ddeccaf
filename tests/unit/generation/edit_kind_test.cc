// Jobs that edit a person's picture, over fake services and the project's own body.
#include "generation/edit_kind.h"

#include <cmath>

#include "edit/parse/load_parser.h"
#include "people/fit/load_fitter.h"
#include "preparer_bench.h"

namespace atelier::generation {
namespace {

constexpr int kHeight = 384, kWidth = 256;

const people::BodyFitter& Fitter() {
  static const auto fitter = people::LoadFitter("");
  REQUIRE(fitter.has_value());
  return **fitter;
}

const std::shared_ptr<const edit::Parser>& TheParser() {
  static const auto parser = edit::LoadParser(Fitter().shared_body());
  REQUIRE(parser.has_value());
  return *parser;
}

/// A standing body in the middle of a picture of this height.
people::FittedBody Standing(int height) {
  people::FittedBody body;
  const auto camera = static_cast<size_t>(people::kCameraBlock.first);
  body.parameters[camera] = std::log(height / 2.1);
  body.parameters[camera + 1] = height * kWidth / kHeight / 2.0;
  body.parameters[camera + 2] = height / 2.0;
  return body;
}

/// The body on grey: skin, a top of the colour, dark trousers.
std::string DressedPng(int height, std::array<uint8_t, 3> top) {
  const int width = height * kWidth / kHeight;
  const Image iuv = Fitter().Iuv(Standing(height), height, width);
  Image picture(height, width, 3, 150);
  for (size_t i = 0; i < picture.data.size(); i += 3) {
    const int part = iuv.data[i];
    if (part == 0) continue;
    const bool is_skin = part == 3 || part == 4 || part >= 23;
    const bool is_leg = part >= 5 && part <= 14;
    const std::array<uint8_t, 3> colour = is_skin  ? std::array<uint8_t, 3>{224, 172, 140}
                                          : is_leg ? std::array<uint8_t, 3>{40, 42, 60}
                                                   : top;
    std::copy(colour.begin(), colour.end(), &picture.data[i]);
  }
  return imaging::EncodePng(picture).value();
}

struct EditBench : Bench {
  EditBench() {
    base = DressedPng(kHeight, {30, 60, 190});
    edit.mutable_base()->set_data(base);
    edit.set_model("models/mini");
    edit.set_seed(7);
    perception.fit = [](const Image& picture) {
      const people::FittedBody body = Standing(picture.height);
      const Image iuv = Fitter().Iuv(body, picture.height, picture.width);
      Image mask(picture.height, picture.width, 1);
      for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = iuv.data[3 * i] != 0 ? 255 : 0;
      return FakePerception::FittedPerson{body, mask, true};
    };
  }

  /// A swap of `region` without its source.
  v1::RegionSwap& AddSwap(v1::BodyRegion region) {
    v1::RegionSwap& swap = *edit.add_swaps();
    swap.mutable_region()->set_region(region);
    return swap;
  }
  void AddColour(v1::BodyRegion region, int red, int green, int blue) {
    v1::Colour& colour = *AddSwap(region).mutable_colour();
    colour.set_red(red);
    colour.set_green(green);
    colour.set_blue(blue);
  }

  Result<std::unique_ptr<PaintJob>> PrepareEdit() {
    v1::LeasedJob job;
    job.set_job("jobs/1");
    job.set_lease("token");
    *job.mutable_spec()->mutable_edit() = edit;
    return edits.Prepare(job, {});
  }
  Image ResultOf(const PaintJob& job) { return job.Finish(0, Image()); }

  std::string base;
  v1::EditSpec edit;
  JobPreparer carrying{painters, assets, perception, cache, &Fitter()};
  SynthesisKind synthesis{carrying};
  EditKind edits{carrying, synthesis, {TheParser(), true}};
};

TEST_CASE("An edit in the base's own pose paints nothing and touches nothing else", "[edit]") {
  EditBench bench;
  bench.AddColour(v1::BODY_REGION_UPPER_GARMENT, 200, 40, 40);
  const auto job = bench.PrepareEdit();
  REQUIRE(job);
  CHECK_FALSE((*job)->paints);
  const Image result = bench.ResultOf(**job);
  const Image base = imaging::DecodePicture(bench.base, "base").value();
  REQUIRE(result.height == kHeight);
  REQUIRE(result.width == kWidth);
  const uint8_t* chest = result.at(kHeight * 35 / 100, kWidth / 2);
  CHECK(chest[0] > chest[2] + 60);
  CHECK(std::equal(result.at(5, 5), result.at(5, 5) + 3, base.at(5, 5)));
  const uint8_t* knee = result.at(kHeight * 70 / 100, kWidth / 2 - 12);
  CHECK(std::equal(knee, knee + 3, base.at(kHeight * 70 / 100, kWidth / 2 - 12)));

  const v1::Receipt& receipt = (*job)->receipt;
  CHECK(receipt.parser() == edit::kParserName);
  REQUIRE(receipt.swaps_size() == 1);
  CHECK(receipt.swaps(0) == "UPPER_GARMENT from swaps[0].colour");
  CHECK(receipt.inputs(0).field() == "base");
  CHECK(receipt.digital_source_type() == "compositeWithTrainedAlgorithmicMedia");
  CHECK(receipt.steps() == 0);
}

TEST_CASE("People are read as photographs, and once", "[edit]") {
  EditBench bench;
  bench.AddColour(v1::BODY_REGION_UPPER_GARMENT, 200, 40, 40);
  REQUIRE(bench.PrepareEdit());
  bench.edit.clear_swaps();
  bench.AddColour(v1::BODY_REGION_LOWER_GARMENT, 200, 40, 40);
  REQUIRE(bench.PrepareEdit());
  REQUIRE(bench.perception.readings.size() == 1);
  CHECK(bench.perception.readings[0].estimator == v1::ESTIMATOR_PHOTOGRAPH);
  CHECK(bench.perception.face_calls == 0);
}

TEST_CASE("A result has its base's size, or the longest side that was asked for", "[edit]") {
  EditBench bench;
  const int large = kMaxEditSide + 384;
  const std::string base = DressedPng(large, {30, 60, 190});
  bench.edit.mutable_base()->set_data(base);
  bench.AddColour(v1::BODY_REGION_UPPER_GARMENT, 200, 40, 40);
  const auto whole = bench.PrepareEdit();
  REQUIRE(whole);
  const Image result = bench.ResultOf(**whole);
  const Image before = imaging::DecodePicture(base, "base").value();
  REQUIRE(result.height == large);
  CHECK(std::equal(result.data.begin(), result.data.begin() + 3 * 200, before.data.begin()));
  const uint8_t* chest = result.at(large * 35 / 100, result.width / 2);
  CHECK(chest[0] > chest[2] + 60);

  bench.edit.set_longest_side(192);
  const auto small = bench.PrepareEdit();
  REQUIRE(small);
  CHECK(bench.ResultOf(**small).height == 192);
}

TEST_CASE("An edit in another pose is painted, from the edited picture", "[edit]") {
  EditBench bench;
  bench.AddColour(v1::BODY_REGION_UPPER_GARMENT, 200, 40, 40);
  bench.edit.mutable_pose_picture()->set_data(Png(256, 176, 20));
  bench.edit.set_variations(2);
  const auto job = bench.PrepareEdit();
  REQUIRE(job);
  CHECK((*job)->paints);
  CHECK((*job)->seeds == std::vector<uint64_t>{7, 8});
  const Image& source = (*job)->conditions.source;
  const uint8_t* chest = source.at(source.height * 35 / 100, source.width / 2);
  CHECK(chest[0] > chest[2] + 60);
  CHECK((*job)->receipt.steps() > 0);
  CHECK((*job)->receipt.swaps_size() == 1);
  CHECK((*job)->receipt.inputs(0).field() == "base");
}

TEST_CASE("What an edit lacks is told with the picture's path", "[edit]") {
  EditBench bench;
  bench.AddSwap(v1::BODY_REGION_UPPER_GARMENT)
      .mutable_person()
      ->set_data(DressedPng(kHeight, {10, 160, 60}));
  const auto fits = bench.perception.fit;
  const auto fails = [&] {
    const auto job = bench.PrepareEdit();
    REQUIRE_FALSE(job);
    return job.error();
  };
  bench.perception.fit = nullptr;
  CHECK(fails().reason == "NOT_FITTED");
  CHECK(fails().message.find("base") == 0);

  bench.perception.fit = fits;
  bench.edit.mutable_swaps(0)->mutable_region()->set_region(v1::BODY_REGION_FACE);
  CHECK(fails().reason == "BASE_WITHOUT_REGION");

  bench.edit.mutable_swaps(0)->mutable_garment()->set_data(Png(300, 200, 128));
  bench.edit.mutable_swaps(0)->mutable_region()->set_region(v1::BODY_REGION_UPPER_GARMENT);
  CHECK(fails().reason == "GARMENT_NOT_FOUND");
  CHECK(fails().message.find("swaps[0].garment") != std::string::npos);

  EditKind without_parser{bench.carrying, bench.synthesis, {nullptr, true}};
  v1::LeasedJob leased;
  *leased.mutable_spec()->mutable_edit() = bench.edit;
  CHECK(without_parser.Prepare(leased, {}).error().reason == "NO_BODY");
}

TEST_CASE("Legs and single parts of the body are carried from another person", "[edit]") {
  EditBench bench;
  bench.AddSwap(v1::BODY_REGION_LEGS)
      .mutable_person()
      ->set_data(DressedPng(kHeight, {10, 160, 60}));
  v1::RegionSwap& chest = *bench.edit.add_swaps();
  chest.mutable_region()->set_part(2);
  chest.mutable_person()->set_data(DressedPng(kHeight, {10, 160, 60}));
  const auto job = bench.PrepareEdit();
  REQUIRE(job);
  CHECK_FALSE((*job)->paints);
  const Image result = bench.ResultOf(**job);
  const uint8_t* front = result.at(kHeight * 35 / 100, kWidth / 2);
  CHECK(front[1] > front[0] + 60);
  REQUIRE((*job)->receipt.swaps_size() == 2);
  CHECK((*job)->receipt.swaps(0) == "LEGS from swaps[0].person");
  CHECK((*job)->receipt.swaps(1) == "part 2 from swaps[1].person");
}

TEST_CASE("A garment is carried from another person, and bad fits are warned of", "[edit]") {
  EditBench bench;
  bench.AddSwap(v1::BODY_REGION_UPPER_GARMENT)
      .mutable_person()
      ->set_data(DressedPng(kHeight, {10, 160, 60}));
  const auto job = bench.PrepareEdit();
  REQUIRE(job);
  const Image result = bench.ResultOf(**job);
  const uint8_t* chest = result.at(kHeight * 35 / 100, kWidth / 2);
  CHECK(chest[1] > chest[0] + 60);
  CHECK(chest[1] > chest[2] + 40);
  std::vector<std::string> misfits;
  for (const Warning& warning : (*job)->warnings) {
    if (warning.reason == "BODY_MISFIT") misfits.push_back(warning.field);
  }
  CHECK(misfits == std::vector<std::string>{"base", "swaps[0].person"});
}

}  // namespace
}  // namespace atelier::generation
