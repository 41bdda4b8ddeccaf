// The options of `atelier edit` as swaps: their order, their files, and what is wrong usage.
#include "client/cli/edit/swap_arguments.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "client/cli/edit/edit_flags.h"
#include "client/sendable.h"
#include "support/temp_dir.h"
#include "unit/server/test_pictures.h"

namespace atelier::cli {
namespace {

/// A folder with pictures, and a command line that is parsed in it.
class EditLine {
 public:
  /// The path of a picture that is made here.
  std::string Picture(const std::string& name) {
    const std::string path = (dir_.path() / name).string();
    std::ofstream(path, std::ios::binary) << server::PngBytes(64, 64, name);
    return path;
  }

  /// The spec that `arguments` after "atelier edit" make.
  Result<v1::JobSpec> Parse(std::vector<std::string> arguments) {
    CLI::App app("edit");
    EditFlags flags;
    AddEditFlags(app, flags);
    std::reverse(arguments.begin(), arguments.end());  // As CLI11 takes them.
    app.parse(arguments);
    return EditFromFlags(flags, SwapArgumentsOf(app));
  }

  /// The same with a base in front, which must be a spec.
  v1::EditSpec ParseEdit(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Picture("me.png"));
    const auto spec = Parse(arguments);
    if (!spec) FAIL(spec.error().message);
    return spec->edit();
  }

  /// The same, which must be wrong usage: its error.
  Error Wrong(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Picture("me.png"));
    const auto spec = Parse(arguments);
    REQUIRE_FALSE(spec.has_value());
    CHECK(spec.error().reason == client::kBadArgumentReason);
    return spec.error();
  }

 private:
  const testing::TempDir dir_;
};

}  // namespace

TEST_CASE("Swaps come in the order of the command line, whichever option they stand in", "[edit]") {
  EditLine line;
  const std::string other = line.Picture("other.png");
  const v1::EditSpec spec =
      line.ParseEdit({"--colour", "lower=#204080", "--swap", "face=" + other, "--garment",
                      "upper=" + other, "--colour=hair=#000000", "--pattern", "shoes=" + other,
                      "--background", other, "--swap", "part3=" + other});
  REQUIRE(spec.swaps_size() == 7);
  CHECK(spec.base().data() == server::PngBytes(64, 64, "me.png"));
  CHECK(spec.swaps(0).region().region() == v1::BODY_REGION_LOWER_GARMENT);
  CHECK(spec.swaps(0).colour().red() == 0x20);
  CHECK(spec.swaps(0).colour().green() == 0x40);
  CHECK(spec.swaps(0).colour().blue() == 0x80);
  CHECK(spec.swaps(1).region().region() == v1::BODY_REGION_FACE);
  CHECK(spec.swaps(1).person().data() == server::PngBytes(64, 64, "other.png"));
  CHECK(spec.swaps(2).has_garment());
  CHECK(spec.swaps(3).region().region() == v1::BODY_REGION_HAIR);
  CHECK(spec.swaps(3).has_colour());
  CHECK(spec.swaps(4).pattern().picture().has_data());
  CHECK_FALSE(spec.swaps(4).pattern().has_width_metres());
  CHECK(spec.swaps(5).region().region() == v1::BODY_REGION_BACKGROUND);
  CHECK(spec.swaps(5).has_background());
  CHECK(spec.swaps(6).region().part() == 3);
}

TEST_CASE("A background is a file, a colour or nothing", "[edit]") {
  EditLine line;
  CHECK(line.ParseEdit({"--background", "transparent"}).swaps(0).transparent());
  CHECK(line.ParseEdit({"--background", "#ff0001"}).swaps(0).colour().blue() == 1);
  CHECK(line.ParseEdit({"--background", line.Picture("beach.png")}).swaps(0).has_background());
}

TEST_CASE("A pattern may say how wide it is, and its file may have a colon", "[edit]") {
  EditLine line;
  const std::string tartan = line.Picture("tartan.png");
  CHECK(
      line.ParseEdit({"--pattern", "upper=" + tartan + ":0.3"}).swaps(0).pattern().width_metres() ==
      0.3);
  const std::string odd = line.Picture("a:b.png");
  const v1::EditSpec spec = line.ParseEdit({"--pattern", "upper=" + odd});
  CHECK_FALSE(spec.swaps(0).pattern().has_width_metres());
  CHECK(line.ParseEdit({"--pattern", "upper=" + odd + ":1"}).swaps(0).pattern().width_metres() ==
        1);
}

TEST_CASE("Strength and person belong to the swap of their region, wherever they stand", "[edit]") {
  EditLine line;
  const std::string other = line.Picture("other.png");
  const v1::EditSpec spec = line.ParseEdit(
      {"--strength", "upper=0.5", "--swap", "face=" + other, "--swap", "upper=" + other,
       "--swap-person", "face=1", "--swap-person", "upper=1,2,30,40", "--strength", "face=0"});
  REQUIRE(spec.swaps_size() == 2);
  CHECK(spec.swaps(0).strength() == 0);
  CHECK(spec.swaps(0).person_choice().index() == 1);
  CHECK(spec.swaps(1).strength() == 0.5);
  CHECK(spec.swaps(1).person_choice().box().bottom() == 40);
}

TEST_CASE("Everything else of an edit comes from its flags", "[edit]") {
  EditLine line;
  const std::string pose = line.Picture("pose.png");
  const std::string base = line.Picture("me.png");
  const auto spec = line.Parse({base,
                                "--background",
                                "transparent",
                                "--pose",
                                pose,
                                "--also",
                                pose + "," + pose,
                                "--seed",
                                "7",
                                "--count",
                                "3",
                                "--longest-side",
                                "640",
                                "--model",
                                "big",
                                "--strict",
                                "ALL",
                                "--base-person",
                                "1",
                                "--pose-estimator",
                                "photograph",
                                "--priority",
                                "4",
                                "--repaint"});
  REQUIRE(spec.has_value());
  const v1::EditSpec& edit = spec->edit();
  CHECK(edit.has_pose_picture());
  CHECK(edit.sources_size() == 2);
  CHECK(edit.seed() == 7);
  CHECK(edit.variations() == 3);
  CHECK(edit.longest_side() == 640);
  CHECK(edit.model() == "models/big");
  CHECK(edit.base_person().index() == 1);
  CHECK(edit.pose_estimator() == v1::ESTIMATOR_PHOTOGRAPH);
  CHECK(edit.has_keep_rest());
  CHECK_FALSE(edit.keep_rest());
  CHECK(spec->strict(0) == "ALL");
  CHECK(spec->priority() == 4);
  CHECK_FALSE(line.ParseEdit({"--background", "transparent"}).has_keep_rest());
}

TEST_CASE("The order of an IUV's channels comes from its flag", "[edit]") {
  EditLine line;
  const std::string iuv = line.Picture("iuv.png");
  const std::vector<std::string> edit = {"--background", "transparent", "--pose-iuv", iuv};
  CHECK(line.ParseEdit(edit).iuv_channels() == v1::IUV_CHANNELS_UNSPECIFIED);
  const auto with = [&](const std::string& order) {
    std::vector<std::string> arguments = edit;
    arguments.insert(arguments.end(), {"--iuv-channels", order});
    return line.ParseEdit(arguments).iuv_channels();
  };
  CHECK(with("vui") == v1::IUV_CHANNELS_VUI);
  CHECK(with("iuv") == v1::IUV_CHANNELS_IUV);
  CHECK_THROWS_AS(with("bgr"), CLI::ValidationError);
}

TEST_CASE("Wrong usage of a swap is told with its flag", "[edit]") {
  EditLine line;
  const std::string other = line.Picture("other.png");
  CHECK(line.Wrong({}).field == "edit");
  CHECK(line.Wrong({"--swap", other}).field == "--swap");
  CHECK(line.Wrong({"--swap", "=" + other}).field == "--swap");
  CHECK(line.Wrong({"--swap", "upper="}).field == "--swap");
  CHECK(line.Wrong({"--swap", "nose=" + other}).field == "--swap");
  CHECK_THAT(line.Wrong({"--swap", "nose=" + other}).message, Catch::Contains("face, head, hair"));
  CHECK(line.Wrong({"--swap", "unspecified=" + other}).field == "--swap");
  for (const char* colour : {"lower=blue", "lower=#2040", "lower=#2040zz", "lower=204080"}) {
    CHECK(line.Wrong({"--colour", colour}).field == "--colour");
  }
  CHECK(line.Wrong({"--background", "#xyz"}).field == "--background");
  CHECK(line.Wrong({"--swap", "upper=" + other, "--strength", "lower=0.5"}).field == "--strength");
  CHECK(line.Wrong({"--swap", "upper=" + other, "--strength", "upper=much"}).field == "--strength");
  CHECK(line.Wrong({"--swap", "upper=" + other, "--swap-person", "upper=a"}).field ==
        "--swap-person");
  CHECK(line.Wrong({"--swap", "upper=-", "--swap", "face=-"}).field == "--swap");
}

TEST_CASE("A donor's file that is not there is an error of this machine", "[edit]") {
  EditLine line;
  const auto spec = line.Parse({line.Picture("me.png"), "--swap", "upper=/nowhere/a.png"});
  REQUIRE_FALSE(spec.has_value());
  CHECK(spec.error().reason == "LOCAL_FILE");
}

TEST_CASE("Regions are taken by their short and their whole names", "[edit]") {
  const auto region = [](const std::string& word) { return RegionOf(word, "--swap")->region(); };
  CHECK(region("upper") == v1::BODY_REGION_UPPER_GARMENT);
  CHECK(region("upper_garment") == v1::BODY_REGION_UPPER_GARMENT);
  CHECK(region("LOWER_GARMENT") == v1::BODY_REGION_LOWER_GARMENT);
  CHECK(region("whole") == v1::BODY_REGION_WHOLE_TEXTURE);
  CHECK(region("background") == v1::BODY_REGION_BACKGROUND);
  CHECK(RegionOf("part24", "--swap")->part() == 24);
  // The server says that there is none.
  CHECK(RegionOf("part25", "--swap")->part() == 25);
  CHECK_FALSE(RegionOf("part", "--swap").has_value());
  CHECK_FALSE(RegionOf("part1.5", "--swap").has_value());
}

}  // namespace atelier::cli
