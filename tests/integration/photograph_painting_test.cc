// A photograph painted in another pose by the default model, through the real processes.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "imaging/picture_codec.h"
#include "integration/test_pictures.h"
#include "integration/whole_studio.h"

namespace atelier::testing {
namespace {

const std::filesystem::path kRoot = ATELIER_SOURCE_DIR;
const std::string kAstronaut = (kRoot / "examples/photographs/astronaut.jpg").string();
const std::string kWave = (kRoot / "examples/poses/wave.png").string();

}  // namespace

TEST_CASE("A photographed person is painted in a rendered one's pose with their own pixels",
          "[integration]") {
  INFO("`./dev setup` makes the networks for photographs");
  REQUIRE(std::filesystem::is_directory(kRoot / "models/photographs"));
  WholeStudio studio(kRoot / "models/atelier-mini");
  const auto paint = [&](const std::string& out, const std::string& scale) {
    std::vector<std::string> flags = {"synthesize", kAstronaut, "--pose",
                                      kWave,        "-o",       studio.Path(out)};
    if (!scale.empty()) flags.insert(flags.end(), {"--output-scale", scale});
    return studio.Run(flags, out);
  };
  REQUIRE(paint("large.png", "") == 0);
  REQUIRE(paint("small.png", "1") == 0);
  CHECK(SizeOf(studio.File("large.png")) == Size{512, 352});
  CHECK(SizeOf(studio.File("small.png")) == Size{256, 176});
  CHECK(paint("bad.png", "3") != 0);
  CHECK(studio.File("bad.png.err").find("must be 1, 2 or 4. Given: 3") != std::string::npos);

  // Her suit is orange, and so is what the result shows of her chest and legs.
  const Image result = imaging::DecodePicture(studio.File("large.png"), "result").value();
  for (const auto& [row, column] : {std::pair{.32, .58}, std::pair{.58, .55}}) {
    const uint8_t* pixel =
        result.at(static_cast<int>(row * result.height), static_cast<int>(column * result.width));
    CAPTURE(row, int{pixel[0]}, int{pixel[1]}, int{pixel[2]});
    CHECK(pixel[0] > 110);
    CHECK(pixel[0] > 1.5 * pixel[2]);
  }

  REQUIRE(studio.Run({"pose", kAstronaut, "--json"}, "pose") == 0);
  const auto pose = nlohmann::json::parse(studio.File("pose.out"), nullptr, false);
  CHECK(pose["iuv_estimator"] == "body-fit");
  CHECK(pose["fit"]["body"]["parameters"].size() == 64);
  REQUIRE(studio.Run({"pose", kAstronaut, "--person", "1", "--json"}, "second") != 0);
  CHECK(studio.File("second.err").find("smaller than the number of people") != std::string::npos);
  REQUIRE(studio.Run({"regions", kAstronaut, "--texture", studio.Path("texture.png")}, "regions") ==
          0);
  CHECK(SizeOf(studio.File("texture.png")).height > 0);
}

}  // namespace atelier::testing
