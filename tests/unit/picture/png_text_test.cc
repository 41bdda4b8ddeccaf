#include "picture/png_text.h"

#include <catch2/catch.hpp>
#include <random>

#include "picture/picture_header.h"

namespace atelier {
namespace {

/// A PNG of 1 x 1 grey pixels, as an encoder writes it.
std::string SmallPng() {
  return std::string(
      "\x89PNG\r\n\x1a\n"
      "\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55"
      "\0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71"
      "\0\0\0\0IEND\xae\x42\x60\x82",
      67);
}

/// A chunk with a length of its own choice.
std::string Chunk(const std::string& length, const std::string& rest) { return length + rest; }

TEST_CASE("A text that was added is read back, and the rest of the file is as it was",
          "[picture]") {
  const std::string plain = SmallPng();
  REQUIRE(CheckPictureWhole(plain, "png").has_value());
  CHECK_FALSE(ReadPngText(plain, "iuv_chart"));
  const std::string labelled = AddPngText(plain, "iuv_chart", "densepose");
  CHECK(ReadPngText(labelled, "iuv_chart") == "densepose");
  CHECK(CheckPictureWhole(labelled, "png").has_value());
  CHECK(labelled.size() == plain.size() + 12 + 9 + 1 + 9);
  CHECK(labelled.substr(0, 33) == plain.substr(0, 33));
  CHECK(labelled.substr(labelled.size() - 34) == plain.substr(33));
}

TEST_CASE("A text's checksum is the one that every other program computes", "[picture]") {
  // By Python: zlib.crc32(b"tEXtTitle\0Ada").
  const std::string labelled = AddPngText(SmallPng(), "Title", "Ada");
  CHECK(labelled.substr(33, 21) == std::string("\0\0\0\x09tEXtTitle\0Ada\x7c\x83\xf9\xa7", 21));
}

TEST_CASE("Of several texts the one under the whole keyword is meant, of two the first",
          "[picture]") {
  std::string png = AddPngText(SmallPng(), "iuv_chart", "second");
  png = AddPngText(png, "iuv_chart", "first");
  png = AddPngText(png, "iuv_chart_of", "longer");
  png = AddPngText(png, "iuv", "shorter");
  CHECK(ReadPngText(png, "iuv_chart") == "first");
  CHECK(ReadPngText(png, "iuv") == "shorter");
  CHECK_FALSE(ReadPngText(png, "iuv_"));
  CHECK(ReadPngText(AddPngText(SmallPng(), "iuv_chart", ""), "iuv_chart") == "");
}

TEST_CASE("A text behind the pixels is found as well", "[picture]") {
  const std::string plain = SmallPng();
  const std::string labelled = AddPngText(plain, "iuv_chart", "atelier");
  const std::string text = labelled.substr(33, labelled.size() - plain.size());
  std::string png = plain;
  png.insert(png.size() - 12, text);
  CHECK(ReadPngText(png, "iuv_chart") == "atelier");
  CHECK_FALSE(ReadPngText(plain + text, "iuv_chart"));  // behind the end
}

TEST_CASE("A text with a wrong checksum counts as missing", "[picture]") {
  std::string png = AddPngText(SmallPng(), "iuv_chart", "atelier");
  png[33 + 8 + 10] ^= 1;
  CHECK_FALSE(ReadPngText(png, "iuv_chart"));
}

TEST_CASE("A file that is cut anywhere, or no PNG, is no trouble", "[picture]") {
  const std::string png = AddPngText(SmallPng(), "iuv_chart", "atelier");
  for (size_t size = 0; size <= png.size(); ++size) {
    const bool has_text = size >= 33 + 12 + 17;
    CHECK(ReadPngText(png.substr(0, size), "iuv_chart").has_value() == has_text);
  }
  CHECK(AddPngText("", "iuv_chart", "atelier") == "");
  CHECK(AddPngText("no picture at all, but long enough for one", "iuv_chart", "atelier") ==
        "no picture at all, but long enough for one");
  CHECK(AddPngText(png.substr(0, 32), "iuv_chart", "atelier") == png.substr(0, 32));
}

TEST_CASE("A chunk that says it is longer than the file ends the reading", "[picture]") {
  const std::string head = SmallPng().substr(0, 33);
  for (const std::string& length :
       {std::string("\xff\xff\xff\xff"), std::string("\x7f\xff\xff\xff"),
        std::string("\0\0\0\x12", 4), std::string("\xff\xff\xff\xf4")}) {
    const std::string png = head + Chunk(length, std::string("tEXtiuv_chart\0atelier....", 25));
    CHECK_FALSE(ReadPngText(png, "iuv_chart"));
  }
}

TEST_CASE("Bytes changed at random are read without trouble", "[picture]") {
  std::mt19937 random(7);
  const std::string png = AddPngText(SmallPng(), "iuv_chart", "atelier");
  int found = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string changed = png;
    for (int i = 0; i < 3; ++i) {
      changed[8 + random() % (changed.size() - 8)] = static_cast<char>(random());
    }
    const auto text = ReadPngText(changed, "iuv_chart");
    if (text) ++found;
    CHECK((!text || *text == "atelier"));
  }
  CHECK(found > 0);
}

}  // namespace
}  // namespace atelier
