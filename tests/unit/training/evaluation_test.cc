#include "training/evaluation/evaluation.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/temp_dir.h"
#include "training/evaluation/evaluation_report.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

/// Paints what it is told to: the source, or nothing but grey.
class FakePainter : public engine::Painter {
 public:
  explicit FakePainter(bool copies) : copies_(copies) {
    info_.name = "<fake & model>";
    info_.height = 128;
    info_.width = 88;
    info_.texture_height = 4 * 24;
    info_.texture_width = 6 * 24;
  }
  const engine::ModelInfo& info() const override { return info_; }
  Result<std::vector<Image>> Paint(std::span<const engine::PaintRequest> requests,
                                   const engine::PaintOptions&,
                                   const engine::StepCallback&) override {
    std::vector<Image> pictures;
    for (const engine::PaintRequest& request : requests) {
      seeds.push_back(request.seed);
      pictures.push_back(copies_ ? request.source : Image(info_.height, info_.width, 3, 128));
    }
    return pictures;
  }
  std::vector<uint64_t> seeds;

 private:
  bool copies_;
  engine::ModelInfo info_;
};

/// The mean colour as a direction: like pictures have like embeddings.
class ColourEmbedder : public engine::FaceEmbedder {
 public:
  Result<std::vector<float>> Embed(const Image& crop) override {
    std::vector<float> mean(3, 0);
    for (size_t i = 0; i < crop.data.size(); ++i) mean[i % 3] += crop.data[i];
    const float length = std::sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]);
    for (float& v : mean) v /= length + 1e-6f;
    return mean;
  }
};

/// Two features by hand: mean level and mean square; the rest are zero.
class FakeFid : public FidNetwork {
 public:
  Result<std::vector<float>> Features(std::span<const Image* const> pictures) override {
    std::vector<float> rows(pictures.size() * kFidFeatures, 0);
    for (size_t i = 0; i < pictures.size(); ++i)
      for (const uint8_t v : pictures[i]->data)
        rows[i * kFidFeatures] += v / static_cast<float>(pictures[i]->data.size());
    return rows;
  }
};

class FakeLpips : public LpipsNetwork {
 public:
  std::string trunk() const override { return "fake"; }
  Result<double> Distance(const Image& a, const Image& b) override { return a == b ? 0 : 0.25; }
};

Evaluation Judged(engine::Painter& painter, const Judges& judges, int pairs, int first = 0) {
  EvaluationOptions options;
  options.pairs = pairs;
  options.first = first;
  options.batch = 2;
  options.shown = 2;
  options.line_up = 4;
  int last = 0;
  auto evaluation = Evaluate(painter, judges, *TheBody(), options, [&](int done) {
    CHECK(done == last + 1);
    last = done;
  });
  REQUIRE(evaluation.has_value());
  CHECK(last == pairs);
  return *evaluation;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

ReportContext ContextOf(const engine::Painter& painter) {
  ReportContext context;
  context.model = painter.info();
  context.model_folder = "models/<fake>";
  context.pairs = 3;
  context.scheduler = "ddim";
  return context;
}

TEST_CASE("A painter that copies the source scores what copying the source scores", "[training]") {
  FakePainter painter(true);
  ColourEmbedder face;
  FakeFid fid;
  FakeLpips lpips;
  const Evaluation evaluation = Judged(painter, {&face, &fid, &lpips}, 5, 40);
  const Scores &painted = evaluation.of(Contender::kPainted),
               &copied = evaluation.of(Contender::kCopied);
  CHECK(painted.psnr == copied.psnr);
  CHECK(painted.person_psnr == copied.person_psnr);
  CHECK(painted.ssim == copied.ssim);
  CHECK(painted.face_similarity == copied.face_similarity);
  CHECK(painted.lpips == copied.lpips);
  CHECK(painted.lpips == 0.25);
  REQUIRE(painted.fid.has_value());
  CHECK(*painted.fid == Approx(*copied.fid));
  for (size_t i = 0; i < kJudgedRegionCount; ++i) {
    CHECK(painted.regions[i].colour_delta_e == copied.regions[i].colour_delta_e);
    CHECK(painted.regions[i].texture_kept == copied.regions[i].texture_kept);
  }
  // Noise and people follow the first pair's number.
  CHECK(painter.seeds == std::vector<uint64_t>{40, 41, 42, 43, 44});
  CHECK(evaluation.pairs.front().index == 40);
  CHECK(evaluation.pairs.size() == 5);
}

TEST_CASE("The warped texture beats grey where it was seen, and grey keeps no texture",
          "[training]") {
  FakePainter painter(false);
  ColourEmbedder face;
  const Evaluation evaluation = Judged(painter, {&face}, 6);
  const Scores &grey = evaluation.of(Contender::kPainted),
               &warped = evaluation.of(Contender::kWarped);
  CHECK(*warped.seen_psnr > *grey.seen_psnr + 3);
  CHECK(*warped.seen_psnr > *warped.unseen_psnr);
  CHECK_FALSE(grey.fid.has_value());
  CHECK_FALSE(grey.lpips.has_value());
  for (const RegionScores& region : grey.regions) {
    if (region.pairs == 0) continue;
    CHECK(region.texture_kept < 1e-6);
    CHECK(region.texture_error > 0);
  }
  CHECK(grey.regions[static_cast<size_t>(JudgedRegion::kUpper)].pairs >= 5);
  // The worst are the worst and in order, the best the best.
  REQUIRE(evaluation.worst.size() == 2);
  REQUIRE(evaluation.best.size() == 2);
  const auto person = [](const ShownPair& pair) { return pair.result.scores[0].person_psnr; };
  CHECK(person(evaluation.worst[0]) <= person(evaluation.worst[1]));
  CHECK(person(evaluation.best[0]) >= person(evaluation.best[1]));
  for (const PairResult& pair : evaluation.pairs) {
    CHECK(pair.scores[0].person_psnr >= person(evaluation.worst[0]));
    CHECK(pair.scores[0].person_psnr <= person(evaluation.best[0]));
  }
  CHECK(evaluation.first[0].result.index == 0);
}

TEST_CASE("The texture is recognised among strangers in the same pose more often than the source",
          "[training]") {
  FakePainter painter(true);
  ColourEmbedder face;
  const Evaluation evaluation = Judged(painter, {&face}, 16);
  const auto recognised = [&](Contender contender) {
    REQUIRE(evaluation.of(contender).recognised.has_value());
    return *evaluation.of(contender).recognised;
  };
  CHECK(recognised(Contender::kPainted) == recognised(Contender::kCopied));
  CHECK(recognised(Contender::kWarped) > recognised(Contender::kCopied));
  CHECK(recognised(Contender::kWarped) >= 0.75);
}

TEST_CASE("Faces are compared where they are seen, and strangers are less alike than oneself",
          "[training]") {
  FakePainter painter(true);
  ColourEmbedder face;
  const Evaluation evaluation = Judged(painter, {&face}, 12);
  int seen = 0;
  for (const PairResult& pair : evaluation.pairs)
    seen += pair.scores[0].face_similarity.has_value();
  CHECK(seen > 0);
  CHECK(seen < 12);
  CHECK(evaluation.faces.other_pairs == seen - 1);
  CHECK(evaluation.faces.same_pairs <= seen);
  REQUIRE(evaluation.faces.same.has_value());
  CHECK(*evaluation.faces.same > *evaluation.faces.other);
}

TEST_CASE("A report holds every figure, says what was not measured, and needs no other file",
          "[training]") {
  FakePainter painter(true);
  ColourEmbedder face;
  const Evaluation evaluation = Judged(painter, {&face}, 3);
  const testing::TempDir folder;
  REQUIRE(WriteReport(evaluation, ContextOf(painter), folder.path()).has_value());
  const auto json = nlohmann::json::parse(ContentOf(folder.path() / "evaluation.json"));
  CHECK(json["painted"]["person_psnr_db"] == Approx(evaluation.scores[0].person_psnr));
  CHECK(json["warped_texture"]["regions"]["hair"]["pairs"].is_number());
  CHECK(json["painted"]["fid"].is_null());
  CHECK(json["fid_weights"] == "not measured (no weights given)");
  CHECK(json["painted_pairs"].size() == 3);
  CHECK(json["settings"]["first_identity"] == 9000000);
  const std::string html = ContentOf(folder.path() / "evaluation.html");
  CHECK(html.find("not measured (no weights given)") != std::string::npos);
  CHECK(html.find("data:image/png;base64,iVBORw0KGgo") != std::string::npos);
  CHECK(html.find("&lt;fake &amp; model&gt;") != std::string::npos);
  CHECK(html.find("<fake") == std::string::npos);
  CHECK(html.find("http") == std::string::npos);
  CHECK(html.rfind("</html>") != std::string::npos);
}

TEST_CASE("A full disk is an error that names the file, and the earlier report stays whole",
          "[training]") {
  FakePainter painter(true);
  ColourEmbedder face;
  const Evaluation evaluation = Judged(painter, {&face}, 2);
  const testing::TempDir folder;
  std::ofstream(folder.path() / "evaluation.html") << "earlier";
  std::ofstream(folder.path() / "evaluation.json") << "{}";

  // No file of this process may pass 4 KiB: what a full disk does to a writer.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Status written = WriteReport(evaluation, ContextOf(painter), folder.path());
  setrlimit(RLIMIT_FSIZE, &before);

  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().reason == "FILE_NOT_WRITTEN");
  CHECK(written.error().message.find("evaluation.html") != std::string::npos);
  CHECK(ContentOf(folder.path() / "evaluation.html") == "earlier");
  CHECK(ContentOf(folder.path() / "evaluation.json") == "{}");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("A folder that cannot be written is found out before anything is painted", "[training]") {
  const testing::TempDir folder;
  CHECK(CheckWritable(folder.path() / "new" / "deep").has_value());
  CHECK(std::filesystem::is_empty(folder.path() / "new" / "deep"));
  std::ofstream(folder.path() / "file") << "in the way";
  const Status status = CheckWritable(folder.path() / "file" / "out");
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message.find("--out") == 0);
}

}  // namespace
}  // namespace atelier::training
