#include "generation/preparation/receipt.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "atelier/v1/job.pb.h"
#include "digest/folder_digest.h"
#include "digest/sha256.h"
#include "fake_painter.h"
#include "generation/batch_run.h"
#include "imaging/picture_codec.h"
#include "picture/png_text.h"
#include "recorded_events.h"
#include "support/temp_dir.h"

namespace atelier::generation {
namespace {

v1::EditSpec SpecOf() {
  v1::EditSpec spec;
  spec.mutable_base()->set_data("base bytes");
  spec.add_swaps()->mutable_person()->set_asset("assets/" + std::string(64, 'a'));
  spec.add_swaps()->mutable_pattern()->mutable_picture()->set_data("pattern bytes");
  return spec;
}

TEST_CASE("A receipt names every picture of a spec by its path and content", "[receipt]") {
  const v1::Receipt receipt = BeginReceipt(SpecOf());
  CHECK_FALSE(receipt.version().empty());
  REQUIRE(receipt.inputs_size() == 3);
  CHECK(receipt.inputs(0).field() == "base");
  CHECK(receipt.inputs(0).sha256() == Sha256Hex("base bytes"));
  CHECK(receipt.inputs(1).field() == "swaps[0].person");
  CHECK(receipt.inputs(1).sha256() == std::string(64, 'a'));
  CHECK(receipt.inputs(2).field() == "swaps[1].pattern.picture");
}

TEST_CASE("A picture carries its receipt, with its own seed, and says that it was made",
          "[receipt]") {
  v1::Receipt receipt = BeginReceipt(SpecOf());
  receipt.set_digital_source_type(kCompositeMedia);
  const std::string png = imaging::EncodePng(Image(16, 16, 3, 9)).value();
  const std::string marked = WithReceipt(png, receipt, 77);
  const auto json = ReadPngText(marked, kReceiptKeyword);
  REQUIRE(json);
  v1::Receipt read;
  REQUIRE(google::protobuf::util::JsonStringToMessage(*json, &read).ok());
  CHECK(read.seed() == 77);
  CHECK(read.inputs_size() == 3);
  CHECK(marked.find("XML:com.adobe.xmp") != std::string::npos);
  CHECK(marked.find("digitalsourcetype/compositeWithTrainedAlgorithmicMedia") != std::string::npos);
  // The pixels are the same.
  CHECK(imaging::DecodePicture(marked, "png").value() == Image(16, 16, 3, 9));
}

TEST_CASE("A model's digest follows the names and the contents of its files", "[receipt]") {
  const testing::TempDir dir;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir.path() / name).parent_path());
    std::ofstream(dir.path() / name) << text;
  };
  write("model.json", "{}");
  write("weights/a.bin", "one");
  const std::string first = FolderSha256Hex(dir.path()).value();
  CHECK(first.size() == 64);
  CHECK(FolderSha256Hex(dir.path()).value() == first);
  write("weights/a.bin", "two");
  const std::string second = FolderSha256Hex(dir.path()).value();
  CHECK(second != first);
  std::filesystem::rename(dir.path() / "weights/a.bin", dir.path() / "weights/b.bin");
  CHECK(FolderSha256Hex(dir.path()).value() != second);
  CHECK(FolderSha256Hex(dir.path() / "nothing").error().code == Code::kNotFound);
}

TEST_CASE("Without a receipt a picture stays as it is", "[receipt]") {
  const std::string png = imaging::EncodePng(Image(16, 16, 3, 9)).value();
  CHECK(WithReceipt(png, {}, 1) == png);
}

TEST_CASE("A job that paints nothing is finished without the engine, beside others that paint",
          "[batch]") {
  struct Ready : public PaintJob {
    Image Finish(size_t index, Image painting) const override {
      CHECK(painting.empty());
      return Image(16, 16, 3, static_cast<uint8_t>(100 + index));
    }
  };
  FakePainter painter;
  Ready ready;
  ready.paints = false;
  ready.seeds = {5, 6};
  PaintJob painted;
  painted.painter = &painter;
  painted.seeds = {9};
  RecordedEvents events;
  const std::vector<const PaintJob*> jobs = {&ready, &painted};
  BatchRun(jobs, events, 4).Paint();
  CHECK(painter.calls == std::vector<size_t>{1});
  REQUIRE(events.results.at(0));
  REQUIRE(events.results.at(1));
  const auto& pictures = *events.results.at(0);
  REQUIRE(pictures.size() == 2);
  CHECK(pictures[1].seed == 6);
  CHECK(imaging::DecodePicture(pictures[1].png, "png").value().at(0, 0)[0] == 101);
}

}  // namespace
}  // namespace atelier::generation
