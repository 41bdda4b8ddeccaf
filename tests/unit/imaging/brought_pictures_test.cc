// Pictures as people have them: animations, colours of other spaces, and every kind of PNG and JPEG
// that image editors write.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "imaging/picture_codec.h"
#include "imaging/view_of.h"
#include "picture/colour/picture_colours.h"
#include "picture/files/byte_order.h"
#include "picture/files/png_chunk.h"
#include "picture/files/riff_chunk.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"
#include "picture/webp_frame.h"
#include "unit/imaging/encoded_heic.h"
#include "unit/picture/made_png.h"

namespace atelier::imaging {
namespace {

std::string Data(const std::string& name) {
  std::ifstream file(std::string(ATELIER_SOURCE_DIR) + "/tests/unit/imaging/data/" + name,
                     std::ios::binary);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

bool IsNear(const uint8_t* pixel, int red, int green, int blue, int tolerance = 2) {
  INFO(int{pixel[0]} << " " << int{pixel[1]} << " " << int{pixel[2]});
  const bool is_near = std::abs(pixel[0] - red) <= tolerance &&
                       std::abs(pixel[1] - green) <= tolerance &&
                       std::abs(pixel[2] - blue) <= tolerance;
  CHECK(is_near);
  return is_near;
}

std::string Fixed(double value) {
  std::string bytes;
  AppendBigEndian(static_cast<uint32_t>(static_cast<int32_t>(std::lround(value * 65536))), 4,
                  bytes);
  return bytes;
}

using Primaries = std::array<std::array<double, 3>, 3>;
// Red, green and blue of Display P3 and of sRGB, adapted to D50.
constexpr Primaries kDisplayP3 = {
    {{.51512, .24120, -.00105}, {.29198, .69225, .04189}, {.15710, .06657, .78407}}};
constexpr Primaries kSrgb = {
    {{.43607, .22249, .01392}, {.38515, .71687, .09708}, {.14307, .06061, .71410}}};

/// sRGB's curve, which Display P3 has too.
std::string SrgbCurve() {
  std::string curve("para\0\0\0\0\0\3\0\0", 12);
  for (const double p : {2.4, 1 / 1.055, .055 / 1.055, 1 / 12.92, .04045}) curve += Fixed(p);
  return curve;
}

std::string Profile(const Primaries& primaries, const std::string& curve = SrgbCurve()) {
  std::vector<std::pair<std::string, std::string>> tags;
  const std::string letters = "rgb";
  for (size_t i = 0; i < 3; ++i) {
    std::string xyz("XYZ \0\0\0\0", 8);
    for (const double number : primaries[i]) xyz += Fixed(number);
    tags.emplace_back(letters.substr(i, 1) + "XYZ", xyz);
    tags.emplace_back(letters.substr(i, 1) + "TRC", curve);
  }
  std::string profile(128, '\0'), table, data;
  profile.replace(16, 8, "RGB XYZ ");
  profile.replace(36, 4, "acsp");
  const size_t begin = 128 + 4 + 12 * tags.size();
  for (const auto& [name, value] : tags) {
    table += name;
    AppendBigEndian(begin + data.size(), 4, table);
    AppendBigEndian(value.size(), 4, table);
    data += value;
  }
  AppendBigEndian(tags.size(), 4, profile);
  return profile + table + data;
}

/// A PNG with one more chunk behind its header.
std::string WithChunk(const std::string& png, const std::string& kind, const std::string& payload) {
  constexpr size_t kHeader = 33;
  std::string out = png.substr(0, kHeader);
  AppendPngChunk(kind, payload, out);
  return out + png.substr(kHeader);
}

/// zlib's format of bytes that are stored as they are.
std::string Stored(const std::string& bytes) {
  uint32_t a = 1, b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<uint8_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  std::string out("\x78\x01\x01", 3);
  AppendLittleEndian(bytes.size(), 2, out);
  AppendLittleEndian(~bytes.size() & 0xffff, 2, out);
  out += bytes;
  AppendBigEndian(b << 16 | a, 4, out);
  return out;
}

std::string WithProfile(const std::string& png, const std::string& profile) {
  return WithChunk(png, "iCCP", std::string("P3\0\0", 4) + Stored(profile));
}

}  // namespace

TEST_CASE("Of an animation the first frame is taken, in every format that has them", "[brought]") {
  for (const char* name : {"animated.webp", "animated.png"}) {
    INFO(name);
    const std::string file = Data(name);
    const auto header = ReadPictureHeader(file, "source");
    REQUIRE(header);
    CHECK(header->width == 32);
    REQUIRE(CheckPictureWhole(file, "source"));
    const auto image = DecodePicture(file, "source");
    INFO((image ? "" : image.error().message));
    REQUIRE(image);
    CHECK(image->height == 24);
    IsNear(image->at(12, 16), 255, 0, 0);
    // What the server stores of it is that frame alone.
    const std::string stored = RemovePictureMetadata(file);
    CHECK(stored.size() < file.size());
    CHECK(RemovePictureMetadata(stored) == stored);
    CHECK(DecodePicture(stored, "source").value() == *image);
  }
}

TEST_CASE("A first frame that is smaller than its canvas lies in its place, on white",
          "[brought]") {
  const std::string file = Data("animated_transparent.webp");
  const auto image = DecodePicture(file, "source");
  REQUIRE(image);
  CHECK(image->height == 24);
  CHECK(image->width == 32);
  IsNear(image->at(0, 0), 255, 255, 255);
  IsNear(image->at(10, 14), 255, 127, 127, 16);
  IsNear(image->at(20, 30), 255, 255, 255);
  CHECK(DecodePicture(RemovePictureMetadata(file), "source").value() == *image);
}

TEST_CASE("An animation whose first frame lies beside its canvas or is cut off is refused",
          "[brought]") {
  const std::string file = Data("animated_transparent.webp");
  const size_t frame = file.find("ANMF");
  for (const size_t at : {8, 11, 14, 17, 60}) {
    std::string changed = file;
    changed[frame + at] = '\x7f';
    const auto image = DecodePicture(changed, "source");
    if (image) continue;  // A byte of the pixels.
    CHECK(image.error().code == Code::kInvalidArgument);
    CHECK(image.error().field == "source");
  }
  std::string moved = file;
  moved[frame + 8] = '\x20';
  CHECK_FALSE(FirstWebpFrame(moved));
  for (size_t length = 0; length < file.size(); ++length) {
    CHECK_FALSE(IsAnimatedWebp(file.substr(0, std::min<size_t>(length, 29))));
    FirstWebpFrame(file.substr(0, length));
  }
}

TEST_CASE("Every kind of PNG shows the colours that it has", "[brought]") {
  // 16 x 16; the left half one colour, the right half another.
  const auto halves = [](int depth, int type, std::vector<uint16_t> left,
                         std::vector<uint16_t> right) {
    MadePng picture{.height = 16, .width = 16, .bit_depth = depth, .colour_type = type};
    for (int i = 0; i < 256; ++i) {
      const auto& pixel = i % 16 < 8 ? left : right;
      picture.samples.insert(picture.samples.end(), pixel.begin(), pixel.end());
    }
    return picture;
  };
  std::vector<MadePng> pictures = {halves(1, 0, {0}, {1}),
                                   halves(2, 0, {0}, {3}),
                                   halves(4, 0, {0}, {15}),
                                   halves(16, 0, {0}, {65535}),
                                   halves(8, 4, {0, 255}, {255, 255}),
                                   halves(16, 4, {0, 65535}, {9, 0}),
                                   halves(8, 6, {0, 0, 0, 255}, {9, 9, 9, 0}),
                                   halves(16, 6, {0, 0, 0, 65535}, {9, 9, 9, 0})};
  for (const int depth : {1, 2, 4, 8}) {
    MadePng palette = halves(depth, 3, {1}, {0});
    palette.palette = std::string("\xff\xff\xff\0\0\0", 6);
    pictures.push_back(palette);
    palette.palette = std::string("\x11\x11\x11\0\0\0", 6);
    palette.alphas = std::string("\0\xff", 2);
    pictures.push_back(palette);
  }
  for (MadePng picture : pictures) {
    for (const bool interlaced : {false, true}) {
      picture.interlaced = interlaced;
      INFO("depth " << picture.bit_depth << ", type " << picture.colour_type << ", interlaced "
                    << interlaced);
      const auto image = DecodePicture(MakePng(picture), "source");
      REQUIRE(image);
      CHECK(image->channels == 3);
      IsNear(image->at(8, 2), 0, 0, 0, 0);
      IsNear(image->at(8, 12), 255, 255, 255, 0);
    }
  }
}

TEST_CASE("A JPEG of printing colours is shown in those of a screen", "[brought]") {
  const auto image = DecodePicture(Data("cmyk.jpg"), "source");
  REQUIRE(image);
  IsNear(image->at(8, 6), 0, 255, 255, 6);
  IsNear(image->at(8, 26), 255, 255, 0, 6);
}

TEST_CASE("Colours of a telephone's profile are brought to sRGB, in every format", "[brought]") {
  const std::string p3 = Profile(kDisplayP3);
  SECTION("PNG") {
    const std::string png = WithProfile(MakePngOf(16, 16, 200, 100, 50), p3);
    const auto image = DecodePicture(png, "source");
    REQUIRE(image);
    IsNear(image->at(3, 3), 215, 93, 31);
    // The profile stays with what is stored.
    CHECK(DecodePicture(RemovePictureMetadata(png), "source").value() == *image);
  }
  SECTION("JPEG, in two segments") {
    std::vector<uint8_t> encoded;
    cv::imencode(".jpg", cv::Mat(16, 16, CV_8UC3, cv::Scalar(90, 180, 90)), encoded,
                 {cv::IMWRITE_JPEG_QUALITY, 100});
    const std::string plain(encoded.begin(), encoded.end());
    std::string jpeg = plain.substr(0, 2);
    for (int part = 1; part <= 2; ++part) {
      std::string payload("ICC_PROFILE\0", 12);
      payload += {static_cast<char>(part), 2};
      payload += part == 1 ? p3.substr(0, 200) : p3.substr(200);
      jpeg += "\xff\xe2";
      AppendBigEndian(payload.size() + 2, 2, jpeg);
      jpeg += payload;
    }
    const auto image = DecodePicture(jpeg + plain.substr(2), "source");
    REQUIRE(image);
    IsNear(image->at(3, 3), 42, 183, 77, 4);
  }
  SECTION("WebP") {
    std::vector<uint8_t> encoded;
    cv::imencode(".webp", cv::Mat(16, 16, CV_8UC3, cv::Scalar(50, 100, 200)), encoded,
                 {cv::IMWRITE_WEBP_QUALITY, 101});
    const std::string plain(encoded.begin(), encoded.end());
    std::string chunks = "WEBP";
    AppendRiffChunk("VP8X", std::string("\x20\0\0\0\x0f\0\0\x0f\0\0", 10), chunks);
    AppendRiffChunk("ICCP", p3, chunks);
    chunks += plain.substr(12);
    std::string webp = "RIFF";
    AppendLittleEndian(chunks.size(), 4, webp);
    const auto image = DecodePicture(webp + chunks, "source");
    INFO((image ? "" : image.error().message));
    REQUIRE(image);
    IsNear(image->at(3, 3), 215, 93, 31);
  }
  SECTION("HEIC") {
    const Image colour = [] {
      Image made(64, 64, 3, 100);
      for (size_t i = 0; i < made.data.size(); i += 3) made.data[i] = 200, made.data[i + 2] = 50;
      return made;
    }();
    const auto plain = DecodePicture(EncodeHeic(colour, HeicChroma::k444), "source");
    REQUIRE(plain);
    const auto image = DecodePicture(EncodeHeic(colour, HeicChroma::k444, p3), "source");
    REQUIRE(image);
    IsNear(plain->at(30, 30), 200, 100, 50, 5);
    IsNear(image->at(30, 30), 215, 93, 31, 7);
  }
}

TEST_CASE("A picture whose profile is sRGB's is left as it is, to the bit", "[brought]") {
  MadePng picture{.height = 16, .width = 256};
  for (int i = 0; i < 16 * 256; ++i) {
    picture.samples.insert(picture.samples.end(),
                           {static_cast<uint16_t>(i % 256), static_cast<uint16_t>(i / 16),
                            static_cast<uint16_t>(255 - i % 256)});
  }
  const std::string png = MakePng(picture);
  const Image plain = DecodePicture(png, "source").value();
  CHECK(DecodePicture(WithProfile(png, Profile(kSrgb)), "source").value() == plain);
  CHECK(DecodePicture(WithChunk(png, "gAMA", std::string("\0\0\xb1\x8f", 4)), "source").value() ==
        plain);
  // Nor is one changed whose profile is none, or of another kind of colours.
  std::string cmyk = Profile(kDisplayP3);
  cmyk.replace(16, 4, "CMYK");
  CHECK(DecodePicture(WithProfile(png, cmyk), "source").value() == plain);
  CHECK(DecodePicture(WithProfile(png, "no profile"), "source").value() == plain);
}

TEST_CASE("A linear PNG is not shown dark", "[brought]") {
  const std::string png = MakePngOf(16, 16, 55, 55, 55);
  const std::string gamma("\0\x01\x86\xa0", 4);  // 1
  IsNear(DecodePicture(WithChunk(png, "gAMA", gamma), "source")->at(2, 2), 128, 128, 128, 1);
  // A file that says both is sRGB.
  const std::string both = WithChunk(WithChunk(png, "gAMA", gamma), "sRGB", std::string(1, '\0'));
  IsNear(DecodePicture(both, "source")->at(2, 2), 55, 55, 55, 0);
}

TEST_CASE("Curves of profiles are read as exponents, tables and functions", "[brought]") {
  const auto table = [](const std::vector<uint16_t>& entries) {
    std::string curve("curv\0\0\0\0", 8);
    AppendBigEndian(entries.size(), 4, curve);
    for (const uint16_t entry : entries) AppendBigEndian(entry, 2, curve);
    return curve;
  };
  const auto light = [](const std::string& curve, size_t value) {
    const auto space = ReadIccProfile(Profile(kSrgb, curve));
    REQUIRE(space);
    return space->light[1][value];
  };
  CHECK(light(table({}), 51) == Approx(.2));
  CHECK(light(table({512}), 51) == Approx(.04));
  CHECK(light(table({0, 32768, 65535}), 255) == Approx(1));
  CHECK(light(table({0, 16384, 65535}), 51) == Approx(.1).epsilon(.01));
  CHECK(light(SrgbCurve(), 188) == Approx(.503).epsilon(.01));
  // Cut off anywhere, a profile is none or the same.
  const std::string whole = Profile(kDisplayP3, table({0, 16384, 65535}));
  for (size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(ReadIccProfile(whole.substr(0, length)));
  }
}

TEST_CASE("Files that are sent in place of a picture are named", "[brought]") {
  const std::vector<std::pair<std::string, std::string>> files = {
      {std::string("GIF89a\x10\0", 8), "8 bytes of a GIF"},
      {std::string("II*\0\x08\0\0\0", 8), "a TIFF or camera raw file"},
      {"BM6", "a BMP"},
      {std::string("\0\0\0\x1c", 4) + "ftypavif", "an AVIF"},
      {std::string("\0\0\0\x1c", 4) + "ftypisom", "a film"},
      {"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"},
      {"<!DOCTYPE html>", "a web page"},
      {"data:image/png;base64,iVBORw0KGgo=", "decode its base64 first"},
      {"iVBORw0KGgoAAAANSUhEUg==", "a PNG in base64"},
      {"", "0 bytes of something else"}};
  for (const auto& [bytes, name] : files) {
    INFO(name);
    const auto image = DecodePicture(bytes, "source");
    REQUIRE_FALSE(image);
    CHECK(image.error().field == "source");
    CHECK_THAT(image.error().message, Catch::Contains("Given: " + std::to_string(bytes.size())));
    CHECK_THAT(image.error().message, Catch::Contains(name));
  }
}

}  // namespace atelier::imaging
