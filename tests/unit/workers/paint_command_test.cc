#include "paint/paint_command.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "imaging/picture_codec.h"
#include "paint/face_file.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"
#include "support/toy_pipeline.h"

namespace atelier::paint {
namespace {

namespace fs = std::filesystem;

fs::path Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// A picture in which neighbours differ.
Image Pattern(int side, int salt) {
  Image image(side, side, 3);
  for (size_t i = 0; i < image.data.size(); ++i) {
    image.data[i] = static_cast<uint8_t>(i * 31 + static_cast<size_t>(salt));
  }
  return image;
}

/// A square person of one part.
Image Iuv(int side) {
  Image iuv(side, side, 3);
  for (int y = side / 4; y < 3 * side / 4; ++y) {
    for (int x = side / 4; x < 3 * side / 4; ++x) {
      iuv.at(y, x)[0] = 2;
      iuv.at(y, x)[1] = static_cast<uint8_t>(x);
      iuv.at(y, x)[2] = static_cast<uint8_t>(y);
    }
  }
  return iuv;
}

Image Reversed(Image image) {
  for (size_t i = 0; i < image.data.size(); i += 3) std::swap(image.data[i], image.data[i + 2]);
  return image;
}

/// A tiny model and every file it needs.
struct Studio {
  Studio() {
    arguments.model = model.path();
    arguments.source = Png("source.png", Pattern(64, 1));
    arguments.texture = Png("texture.png", Pattern(128, 2));
    arguments.iuv = Png("iuv.png", Iuv(64));
    arguments.output = folder.path() / "out.png";
    arguments.painter.threads = 1;
    arguments.paint.steps = 2;
    arguments.paint.height = 64;
    arguments.paint.width = 64;
  }
  fs::path Png(const std::string& name, const Image& image) const {
    return Write(folder.path() / name, imaging::EncodePng(image).value());
  }
  std::string Painted() {
    const Status status = Paint(arguments, {});
    INFO((status ? "" : status.error().message));
    REQUIRE(status.has_value());
    return Read(arguments.output);
  }

  testing::TinyModelFolder model;
  testing::TempDir folder;
  PaintArguments arguments;
};

std::string Npy(const std::string& descr, const std::string& data) {
  const std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (3,), }\n";
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

template <typename T>
std::string Raw(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

TEST_CASE("A picture is painted from files, the same again for the same seed", "[paint]") {
  Studio studio;
  int steps = 0;
  REQUIRE(Paint(studio.arguments, [&](const engine::PaintStep& step) {
            CHECK(step.step == ++steps);
            return true;
          }).has_value());
  CHECK(steps == 2);
  const std::string first = Read(studio.arguments.output);
  const auto picture = imaging::DecodePicture(first, "out");
  REQUIRE(picture.has_value());
  CHECK(picture->height == 64);
  CHECK(picture->width == 64);
  CHECK(studio.Painted() == first);
  studio.arguments.seed = 43;
  CHECK(studio.Painted() != first);
}

TEST_CASE("Each scheduler paints a picture of its own, the same again for the same seed",
          "[paint]") {
  Studio studio;
  studio.arguments.paint.steps = 4;
  std::set<std::string> pictures;
  for (const std::string name : {"ddim", "dpmpp_2m", "unipc", "ddpm"}) {
    INFO(name);
    studio.arguments.paint.scheduler = name;
    const std::string picture = studio.Painted();
    CHECK(studio.Painted() == picture);
    CHECK(pictures.insert(picture).second);
  }
  studio.arguments.paint.scheduler = "";
  CHECK(pictures.contains(studio.Painted()));
}

TEST_CASE("An IUV picture with its channels reversed paints the same when it says so", "[paint]") {
  Studio studio;
  const std::string expected = studio.Painted();
  studio.arguments.iuv = studio.Png("vui.png", Reversed(Iuv(64)));
  CHECK(Paint(studio.arguments, {}).error().code == Code::kInvalidArgument);
  studio.arguments.iuv_channels = "vui";
  CHECK(studio.Painted() == expected);
}

TEST_CASE("An IUV that says another chart than the model's is not painted", "[paint]") {
  Studio studio;
  fs::remove_all(studio.model.path() / "weights");
  // The model is of the SMPL layout: DensePose's chart, unless model.json says another.
  const std::string iuv = imaging::EncodeIuv(Iuv(64), "atelier").value();
  studio.arguments.iuv = Write(studio.folder.path() / "atelier.png", iuv);
  const Status by_file = Paint(studio.arguments, {});
  REQUIRE_FALSE(by_file.has_value());
  CHECK(by_file.error().reason == "IUV_CHART");
  CHECK_THAT(by_file.error().message, Catch::Contains("`--iuv`") && Catch::Contains("densepose"));
  studio.arguments.iuv_chart = "densepose";
  CHECK(Paint(studio.arguments, {}).error().field == "--iuv-chart");
  studio.arguments.iuv_chart = "uv";
  CHECK(Paint(studio.arguments, {}).error().field == "--iuv-chart");
  studio.arguments.iuv = studio.Png("plain.png", Iuv(64));
  studio.arguments.iuv_chart = "atelier";
  CHECK(Paint(studio.arguments, {}).error().reason == "IUV_CHART");
}

TEST_CASE("A chart that nobody says is the model's, with a warning before it is painted",
          "[paint]") {
  Studio studio;
  std::vector<std::string> reasons;
  const auto on_warning = [&](const Warning& warning) { reasons.push_back(warning.reason); };
  REQUIRE(Paint(studio.arguments, {}, on_warning).has_value());
  CHECK(reasons == std::vector<std::string>{"IUV_CHART_ASSUMED"});
  studio.arguments.iuv_chart = "densepose";
  REQUIRE(Paint(studio.arguments, {}, on_warning).has_value());
  CHECK(reasons.size() == 1);
}

TEST_CASE("A face changes what is painted", "[paint]") {
  Studio studio;
  const std::string without = studio.Painted();
  std::string numbers;
  for (int i = 0; i < 512; ++i) numbers += std::to_string(std::sin(i)) + (i % 8 == 7 ? "\n" : ", ");
  studio.arguments.face = Write(studio.folder.path() / "face.txt", numbers);
  CHECK(studio.Painted() != without);
}

TEST_CASE("Bad input to the paint command is refused by name, before weights, and writes nothing",
          "[paint]") {
  Studio studio;
  // No weight could be read from here on.
  fs::remove_all(studio.model.path() / "weights");
  const PaintArguments good = studio.arguments;
  const auto refused = [&](const std::string& why) {
    const Status status = Paint(studio.arguments, {});
    REQUIRE_FALSE(status.has_value());
    CHECK_THAT(status.error().message, Catch::Contains(why));
    CHECK(status.error().message.find('\n') == std::string::npos);
    CHECK_FALSE(fs::exists(good.output));
    studio.arguments = good;
  };
  studio.arguments.source = "nowhere.png";
  refused("`--source` must be a file that is there");
  studio.arguments.texture = Write(studio.folder.path() / "bad.png", "not a picture");
  refused("--texture");
  studio.arguments.texture = studio.Png("small.png", Pattern(64, 2));
  refused("`texture_map` must be an RGB picture of 128");
  studio.arguments.validity = studio.Png("validity.png", Image(64, 64, 1, 255));
  refused("`texture_validity`");
  studio.arguments.iuv = studio.Png("parts.png", Pattern(64, 3));
  refused("iuv");
  studio.arguments.iuv_channels = "vui";
  studio.arguments.iuv = studio.Png("parts.png", Pattern(64, 3));
  refused("`--iuv` must be an IUV picture with parts 0..24 in B");
  studio.arguments.iuv = studio.Png("black.png", Image(64, 64, 3));
  refused("`--iuv` must be an IUV picture with a body part");
  studio.arguments.iuv_channels = "vui";
  studio.arguments.iuv = studio.Png("black.png", Image(64, 64, 3));
  refused("`--iuv` must be an IUV picture with a body part");
  studio.arguments.face = Write(studio.folder.path() / "face.txt", "1 2 3");
  refused("`face_embedding` must be empty or 512 numbers");
  studio.arguments.paint.steps = 0;
  refused("`steps` must be from 1");
  studio.arguments.paint.height = 65;
  refused("`height`");
  studio.arguments.paint.scheduler = "magic";
  refused("`scheduler` must be one of ddim, dpmpp_2m, unipc, ddpm. Given: magic");
  studio.arguments.output = studio.folder.path() / "no" / "out.png";
  refused("`--output` must be in a folder that is there");
  studio.arguments.output = studio.folder.path() / "out.gif";
  refused("`--output` must be a file name that ends in .png");
  studio.arguments.model = studio.folder.path();
  refused("model.json");
  refused("weights");
}

TEST_CASE("Face embeddings are read from .npy and text, and broken ones are refused", "[paint]") {
  const testing::TempDir folder;
  const auto read = [&](const std::string& name, const std::string& bytes) {
    return ReadFaceFile(Write(folder.path() / name, bytes));
  };
  const std::vector<float> expected = {1.5f, -2, 0.25f};
  CHECK(read("a.npy", Npy("<f4", Raw<float>({1.5f, -2, 0.25f}))).value() == expected);
  CHECK(read("a.npy", Npy("<f8", Raw<double>({1.5, -2, 0.25}))).value() == expected);
  CHECK(read("a.txt", "[1.5, -2,\n 2.5e-1]\n").value() == expected);
  const auto refused = [&](const std::string& name, const std::string& bytes,
                           const std::string& why) {
    const auto numbers = read(name, bytes);
    REQUIRE_FALSE(numbers.has_value());
    CHECK_THAT(numbers.error().message, Catch::Contains(why));
  };
  refused("a.npy", "", "another format");
  refused("a.npy", Npy("<i8", Raw<int64_t>({1, 2, 3})), "another dtype");
  refused("a.npy", Npy("<f4", "12345"), "cut short");
  refused("a.npy", std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), "header longer");
  refused("a.npy", Npy("<f4", ""), "one to a million numbers");
  refused("a.txt", "1 2 three", "Given: three");
  refused("a.txt", "1 nan", "finite");
  refused("a.safetensors", "{}", "--face");
  refused("a.png", "1", "a .npy, .safetensors or .txt file");
}

TEST_CASE("A model of another pipeline takes the files that it reads, and no others", "[paint]") {
  testing::RegisterToyPipeline();
  const testing::ToyModelFolder toy;
  const Studio studio;
  PaintArguments arguments;
  arguments.model = toy.path();
  arguments.output = studio.arguments.output;
  const auto field = [&] {
    const Status status = Paint(arguments, {});
    return status ? "" : status.error().field;
  };
  CHECK(field() == "--source");
  arguments.source = studio.arguments.source;
  CHECK(field() == "--keypoints");
  arguments.keypoints = studio.Png("keypoints.png", Image(64, 32, 3));
  CHECK(field().empty());
  CHECK(imaging::DecodePicture(Read(arguments.output), "out")->height == 64);
  arguments.texture = studio.arguments.texture;
  CHECK(field() == "--texture");
}

}  // namespace
}  // namespace atelier::paint
