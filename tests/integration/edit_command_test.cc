// `atelier edit` and `atelier regions` over the real processes and the default model.
#include <algorithm>
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
const std::string kAda = (kRoot / "examples/people/ada.png").string();

Image DecodeFile(const std::filesystem::path& path) {
  return imaging::DecodePicture(client::ReadFile(path).value(), "picture").value();
}

/// Pixels that differ, as a share of the picture. REQUIRES: equal sizes.
double ShareChanged(const Image& one, const Image& other) {
  int changed = 0;
  for (int y = 0; y < one.height; ++y) {
    for (int x = 0; x < one.width; ++x) {
      changed += !std::equal(one.at(y, x), one.at(y, x) + 3, other.at(y, x));
    }
  }
  return static_cast<double>(changed) / (one.height * one.width);
}

bool HasAlpha(const std::string& png) {
  constexpr size_t kColourType = 25;
  return png.size() > kColourType && png[kColourType] == 6;
}

}  // namespace

TEST_CASE("A person is edited and described over the real processes", "[integration]") {
  INFO("`./dev setup` makes the networks for photographs");
  REQUIRE(std::filesystem::is_directory(kRoot / "models/photographs"));
  WholeStudio studio(kRoot / "models/atelier-mini");
  const Image base = DecodeFile(kAstronaut);

  // What can be swapped, each with its mask.
  REQUIRE(studio.Run({"regions", kAstronaut, "-o", studio.Path("sheet.png"), "--masks",
                      studio.Path("masks")},
                     "regions") == 0);
  CHECK(SizeOf(studio.File("sheet.png")).height > 0);
  CHECK(SizeOf(studio.File("masks/UPPER_GARMENT.png")) == Size{base.height, base.width});
  CHECK(studio.File("regions.out").find("UPPER_GARMENT") != std::string::npos);

  // Her orange suit in blue: nothing but it changes, and the job says how it was made.
  REQUIRE(studio.Run({"edit", kAstronaut, "--colour", "upper=#2040c0", "-o",
                      studio.Path("blue.png"), "--json"},
                     "blue") == 0);
  const Image blue = DecodeFile(studio.Path("blue.png"));
  REQUIRE(blue.height == base.height);
  REQUIRE(blue.width == base.width);
  const double changed = ShareChanged(base, blue);
  CAPTURE(changed);
  CHECK(changed > 0.05);
  CHECK(changed < 0.6);
  const Image mask = imaging::DecodeGrey(studio.File("masks/UPPER_GARMENT.png"), "mask").value();
  int64_t reds = 0, blues = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.at(y, x)[0] < 250) continue;
      reds += blue.at(y, x)[0];
      blues += blue.at(y, x)[2];
    }
  }
  CHECK(blues > 2 * reds);
  const auto job = nlohmann::json::parse(studio.File("blue.out"), nullptr, false);
  CHECK(job["spec"]["edit"]["keep_rest"] == true);
  CHECK(job["receipt"]["inputs"][0]["field"] == "base");
  CHECK(job["receipt"]["swaps"][0] == "UPPER_GARMENT from swaps[0].colour");

  // Another person's arms: her legs and the wall stay as they are.
  REQUIRE(studio.Run({"edit", kAstronaut, "--swap", "arms=" + kAda, "-o", studio.Path("arms.png"),
                      "--json"},
                     "arms") == 0);
  const double of_arms = ShareChanged(base, DecodeFile(studio.Path("arms.png")));
  CAPTURE(of_arms);
  CHECK(of_arms > 0.01);
  CHECK(of_arms < 0.5);
  const auto arms = nlohmann::json::parse(studio.File("arms.out"), nullptr, false);
  CHECK(arms["receipt"]["swaps"][0] == "ARMS from swaps[0].person");

  // Without a background, through a pipe.
  REQUIRE(studio.RunShell("$A edit - --background transparent -o - $S <" + kAstronaut + " >cut.png",
                          "cut") == 0);
  CHECK(HasAlpha(studio.File("cut.png")));

  // What an edit would be made from; nothing is queued.
  REQUIRE(
      studio.Run({"edit", kAstronaut, "--swap", "upper=" + kAda, "--dry-run", studio.Path("look")},
                 "look") == 0);
  CHECK(SizeOf(studio.File("look/base-UPPER_GARMENT.png")) == Size{base.height, base.width});
  CHECK(SizeOf(studio.File("look/texture.png")).height > 0);
  REQUIRE(studio.Run({"jobs", "list", "--json"}, "jobs") == 0);
  CHECK(nlohmann::json::parse(studio.File("jobs.out"), nullptr, false)["jobs"].size() == 3);

  // Two swaps of one place are refused with both.
  CHECK(studio.Run({"edit", kAstronaut, "--colour", "upper=#000000", "--swap", "outfit=" + kAda,
                    "-o", studio.Path("both.png")},
                   "both") == 2);
  CHECK(studio.File("both.err").find("swaps[1].region") != std::string::npos);
  CHECK(studio.File("both.err").find("swaps[0].region") != std::string::npos);
  CHECK(studio.Run({"edit", kAstronaut, "--swap", "arms=" + kAda, "--swap", "part15=" + kAda, "-o",
                    studio.Path("arm.png")},
                   "arm") == 2);
  CHECK(studio.File("arm.err").find("swaps[1].region") != std::string::npos);
  CHECK(studio.File("arm.err").find("swaps[0].region") != std::string::npos);
}

}  // namespace atelier::testing
