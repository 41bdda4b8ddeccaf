// Films written and read again, and films that cannot be.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "film/film_reader.h"
#include "film/film_writer.h"
#include "picture/film/film_header.h"

namespace atelier::film {
namespace {

/// A grey picture that grows brighter from frame to frame.
Image Frame(int number, int height = 64, int width = 48) {
  return Image(height, width, 3, static_cast<uint8_t>(20 + 20 * number));
}

std::string Mp4(int frames, double rate, const std::string& comment = "") {
  const auto writer =
      MakeMp4Writer({.height = 64, .width = 48, .frame_rate = rate, .comment = comment});
  if (!writer) FAIL(writer.error().message);
  for (int i = 0; i < frames; ++i) REQUIRE((*writer)->Add(Frame(i)));
  return (*writer)->Finish().value();
}

std::vector<int> LevelsOf(const std::string& film, double rate) {
  const auto reader = FilmReader::Open(film, "film", rate);
  if (!reader) FAIL(reader.error().message);
  std::vector<int> levels;
  while (true) {
    const auto frame = (*reader)->Next();
    if (!frame) FAIL(frame.error().message);
    if (!*frame) return levels;
    levels.push_back((*frame)->data[(*frame)->data.size() / 2]);
  }
}

/// Uncompressed LZW: a frame of 16 x 16 pixels of one entry of a table of 4 greys.
std::string Gif(const std::vector<int>& centiseconds) {
  std::string gif = "GIF89a";
  const auto little = [&](int value) {
    gif += static_cast<char>(value & 0xff);
    gif += static_cast<char>(value >> 8);
  };
  little(16);
  little(16);
  gif += std::string("\x81\0\0", 3);
  for (int grey : {0, 80, 160, 240}) gif += std::string(3, static_cast<char>(grey));
  int colour = 0;
  for (const int wait : centiseconds) {
    gif += std::string("\x21\xf9\x04\0", 4);
    little(wait);
    gif += std::string("\0\0", 2);
    gif += std::string("\x2c\0\0\0\0", 5);
    little(16);
    little(16);
    gif += std::string("\0\x02", 2);
    // Codes of 3 bits: a clear (4) before every pixel keeps them so; 5 ends.
    std::string bits;
    uint32_t held = 0;
    int count = 0;
    const auto put = [&](uint32_t code) {
      held |= code << count;
      for (count += 3; count >= 8; count -= 8, held >>= 8) bits += static_cast<char>(held & 0xff);
    };
    for (int i = 0; i < 16 * 16; ++i) {
      put(4);
      put(static_cast<uint32_t>(colour % 4));
    }
    put(5);
    if (count > 0) bits += static_cast<char>(held & 0xff);
    for (size_t at = 0; at < bits.size(); at += 255) {
      const std::string block = bits.substr(at, 255);
      gif += static_cast<char>(block.size());
      gif += block;
    }
    gif += '\0';
    ++colour;
  }
  return gif + ";";
}

}  // namespace

TEST_CASE("An MP4 is read as it was written, and the same frames give the same bytes", "[film]") {
  const std::string film = Mp4(6, 12);
  CHECK(film == Mp4(6, 12));
  const auto header = ReadFilmHeader(film, "film");
  REQUIRE(header);
  CHECK(header->container == FilmContainer::kMp4);
  CHECK(header->frames == 6);
  CHECK(header->seconds == Approx(.5));
  CHECK(header->height == 64);
  CHECK(header->width == 48);
  const std::vector<int> levels = LevelsOf(film, 12);
  REQUIRE(levels.size() == 6);
  for (int i = 0; i < 6; ++i) CHECK(std::abs(levels[static_cast<size_t>(i)] - (20 + 20 * i)) <= 4);
}

TEST_CASE("A film is read at another rate than its own by leaving frames out or repeating them",
          "[film]") {
  const std::string film = Mp4(8, 8);
  CHECK(LevelsOf(film, 4).size() == 4);
  CHECK(LevelsOf(film, 16).size() == 16);
  CHECK(std::abs(LevelsOf(film, 4)[1] - 60) <= 4);
  CHECK(std::abs(LevelsOf(film, 16)[3] - 40) <= 4);
}

TEST_CASE("A GIF's frames last as long as it says, and it goes round once", "[film]") {
  const std::string gif = Gif({10, 10, 30});
  CHECK(ReadFilmHeader(gif, "film")->frames == 3);
  CHECK(ReadFilmHeader(gif, "film")->seconds == Approx(.5));
  const std::vector<int> levels = LevelsOf(gif, 10);
  CHECK(levels == std::vector<int>{0, 80, 160, 160, 160});
}

TEST_CASE("A film that ends early, has no frames or breaks a limit says so", "[film]") {
  const auto reason = [](const std::string& film) {
    const auto reader = FilmReader::Open(film, "film", 12);
    return reader ? std::string() : reader.error().message;
  };
  const std::string whole = Mp4(4, 4);
  CHECK_THAT(reason(whole.substr(0, whole.size() - 100)), Catch::Contains("a whole film"));
  CHECK_THAT(reason(Gif({})), Catch::Contains("1 frame or more"));
  CHECK_THAT(reason(Gif({6000, 6000, 6000})), Catch::Contains("at most 120.0 s"));
  CHECK_THAT(reason(""), Catch::Contains("MP4, WebM or GIF"));
  const auto webm = FilmReader::Open(std::string("\x1a\x45\xdf\xa3 nothing", 12), "film", 12);
  REQUIRE_FALSE(webm);
  CHECK(webm.error().reason == "FILM_NOT_READ");
  CHECK(webm.error().field == "film");
}

TEST_CASE("Damage in the middle of a film is an error or a bad frame, and never more", "[film]") {
  std::string film = Mp4(6, 12);
  for (size_t at = 60; at < film.size(); at += 37) {
    std::string damaged = film;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    const auto reader = FilmReader::Open(damaged, "film", 12);
    if (!reader) continue;
    int frames = 0;
    while (frames < 2000) {
      const auto frame = (*reader)->Next();
      if (!frame || !*frame) break;
      ++frames;
    }
    CHECK(frames < 2000);
  }
}

TEST_CASE("What an MP4 says of its making is taken out without moving its pictures", "[film]") {
  const std::string film = Mp4(3, 12, "where and when it was taken");
  CHECK(film.find("where and when") != std::string::npos);
  const std::string cleaned = RemoveFilmMetadata(film);
  CHECK(cleaned.size() == film.size());
  CHECK(cleaned.find("where and when") == std::string::npos);
  CHECK(LevelsOf(cleaned, 12) == LevelsOf(film, 12));
  CHECK(RemoveFilmMetadata(cleaned) == cleaned);
}

TEST_CASE("An animated WebP has as many frames as it was given, and its XMP", "[film]") {
  const auto writer = MakeWebpWriter({.height = 64, .width = 48, .xmp = "<x:xmpmeta/>"});
  REQUIRE(writer);
  for (int i = 0; i < 3; ++i) REQUIRE((*writer)->Add(Frame(i)));
  const std::string film = (*writer)->Finish().value();
  CHECK(film.starts_with("RIFF"));
  size_t frames = 0;
  for (size_t at = film.find("ANMF"); at != std::string::npos; at = film.find("ANMF", at + 4)) {
    ++frames;
  }
  CHECK(frames == 3);
  CHECK(film.find("<x:xmpmeta/>") != std::string::npos);
}

}  // namespace atelier::film
