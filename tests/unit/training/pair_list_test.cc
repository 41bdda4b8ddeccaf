#include "training/evaluation/pair_list.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temp_dir.h"

namespace atelier::training {
namespace {

namespace fs = std::filesystem;

struct Lists {
  testing::TempDir dir;
  Result<std::vector<ListedPair>> Read(const std::string& text) {
    std::ofstream(dir.path() / "pairs.json") << text;
    return ReadPairList(dir.path() / "pairs.json");
  }
};

TEST_CASE("A published list gives its pairs and the names of their pictures", "[pairs]") {
  Lists lists;
  const auto pairs = lists.Read(R"([{"source_image": "./img/A/B/id_1/01_1_view.png",
                                     "target_image": "img/A/B/id_1/02_2_view.png"}])");
  REQUIRE(pairs.has_value());
  REQUIRE(pairs->size() == 1);
  CHECK(PaintedName(pairs->front()) == "ABid_101_1_view.png_2_ABid_102_2_view.png.png");
}

TEST_CASE("The drawn pose of a picture is found under either ending, or named", "[pairs]") {
  Lists lists;
  fs::create_directories(lists.dir.path() / "pose_img/A");
  const std::string picture = "./img/A/1.png";
  const auto none = PosePictureOf(lists.dir.path(), picture);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == Code::kNotFound);
  CHECK_THAT(none.error().message, Catch::Contains("pose_img/A/1.png"));
  std::ofstream(lists.dir.path() / "pose_img/A/1.jpg") << "x";
  CHECK(PosePictureOf(lists.dir.path(), picture).value().filename() == "1.jpg");
}

TEST_CASE("A bad list is refused by entry and key", "[pairs]") {
  Lists lists;
  struct Bad {
    const char* text;
    const char* says;
  };
  for (const Bad& bad :
       {Bad{"{}", "not a JSON list"}, Bad{"[]", "a list of pairs"}, Bad{"[1]", "[0].source_image"},
        Bad{R"([{"source_image": "a.png"}])", "[0].target_image"},
        Bad{R"([{"source_image": "../a.png", "target_image": "b.png"}])", "../a.png"},
        Bad{R"([{"source_image": "/a.png", "target_image": "b.png"}])", "/a.png"}}) {
    const auto pairs = lists.Read(bad.text);
    INFO(bad.text);
    REQUIRE_FALSE(pairs.has_value());
    CHECK_THAT(pairs.error().message, Catch::Contains(bad.says));
  }
}

}  // namespace
}  // namespace atelier::training
