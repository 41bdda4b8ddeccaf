#include "training/evaluation/pair_list.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temp_dir.h"

namespace atelier::training {
namespace {

namespace fs = std::filesystem;

struct Lists {
  testing::TempDir dir;
  Result<PairList> Read(const std::string& text, const std::string& name = "pairs.json") {
    std::ofstream(dir.path() / name) << text;
    return ReadPairList(dir.path() / name);
  }
};

TEST_CASE("A published list gives its pairs and the names of their pictures", "[pairs]") {
  Lists lists;
  const auto pairs = lists.Read(R"([{"source_image": "./img/A/B/id_1/01_1_view.png",
                                     "target_image": "img/A/B/id_1/02_2_view.png"}])");
  REQUIRE(pairs.has_value());
  REQUIRE(pairs->pairs.size() == 1);
  CHECK(PaintedName(pairs->kind, pairs->pairs.front()) ==
        "ABid_101_1_view.png_2_ABid_102_2_view.png.png");
}

TEST_CASE("MCLD's list is a table, of which two columns count", "[pairs]") {
  Lists lists;
  const auto pairs =
      lists.Read("\xef\xbb\xbfnumber, from,to\r\n0,fashionA_1front.jpg,fashionA_2side.jpg\r\n\r\n",
                 "test.CSV");
  REQUIRE(pairs.has_value());
  CHECK(pairs->kind == ListKind::kMcld);
  REQUIRE(pairs->pairs.size() == 1);
  CHECK(PaintedName(pairs->kind, pairs->pairs.front()) == "fashionA_1front_2_fashionA_2side.png");

  const auto no_column = lists.Read("from,too\na.jpg,b.jpg\n", "test.csv");
  REQUIRE_FALSE(no_column.has_value());
  CHECK_THAT(no_column.error().message, Catch::Contains("`to` must be a column"));
  const auto no_path = lists.Read("from,to\na.jpg,b.jpg\na.jpg\n", "test.csv");
  REQUIRE_FALSE(no_path.has_value());
  CHECK_THAT(no_path.error().message, Catch::Contains("line 3, to"));
}

TEST_CASE("The same pair twice is one; two pairs of one name are refused", "[pairs]") {
  Lists lists;
  const std::string pair = R"({"source_image": "img/x/d/e.png", "target_image": "img/t.png"})";
  const auto repeated = lists.Read("[" + pair + ", " + pair + "]");
  REQUIRE(repeated.has_value());
  CHECK(repeated->pairs.size() == 1);
  const auto colliding = lists.Read(
      "[" + pair + R"(, {"source_image": "img/x/de.png", "target_image": "img/t.png"}])");
  REQUIRE_FALSE(colliding.has_value());
  CHECK_THAT(colliding.error().message, Catch::Contains("xde.png_2_t.png.png"));
}

TEST_CASE("A folder in place of a list is an error, and so is a list of endless depth", "[pairs]") {
  Lists lists;
  CHECK_FALSE(ReadPairList(lists.dir.path()).has_value());
  const std::string deep(200000, '[');
  CHECK_FALSE(lists.Read("[" + deep + std::string(deep.size(), ']') + "]").has_value());
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
        Bad{R"([{"source_image": "/a.png", "target_image": "b.png"}])", "/a.png"},
        Bad{R"([{"source_image": "a\u0000.png", "target_image": "b.png"}])", "control"},
        Bad{R"([{"source_image": 5, "target_image": "b.png"}])", "number"}}) {
    const auto pairs = lists.Read(bad.text);
    INFO(bad.text);
    REQUIRE_FALSE(pairs.has_value());
    CHECK_THAT(pairs.error().message, Catch::Contains(bad.says));
  }
}

}  // namespace
}  // namespace atelier::training
