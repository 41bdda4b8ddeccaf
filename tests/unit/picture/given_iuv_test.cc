#include "picture/given_iuv.h"

#include <catch2/catch.hpp>

#include "picture/png_text.h"

namespace atelier {
namespace {

/// The first bytes of a PNG are enough for what is checked here.
const std::string& Png() {
  static const std::string png(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0cccc", 33);
  return png;
}

std::string In(const std::string& chart) { return AddPngText(Png(), "iuv_chart", chart); }

Result<std::optional<Warning>> Check(const std::string& png, const std::string& declared,
                                     const std::string& model_chart) {
  return CheckIuvChart({png, declared, "pose_iuv", "iuv_chart"}, model_chart);
}

TEST_CASE("An IUV whose file or sender says the model's chart is taken", "[picture]") {
  for (const std::string chart : {"atelier", "densepose"}) {
    CHECK(Check(In(chart), "", chart).value() == std::nullopt);
    CHECK(Check(Png(), chart, chart).value() == std::nullopt);
    CHECK(Check(In(chart), chart, chart).value() == std::nullopt);
  }
}

TEST_CASE("An IUV in another chart than the model's is refused with what to bring", "[picture]") {
  const auto densepose_wanted = Check(In("atelier"), "", "densepose");
  REQUIRE_FALSE(densepose_wanted);
  CHECK(densepose_wanted.error().code == Code::kFailedPrecondition);
  CHECK(densepose_wanted.error().reason == "IUV_CHART");
  CHECK(densepose_wanted.error().field == "pose_iuv");
  CHECK_THAT(
      densepose_wanted.error().message,
      Catch::StartsWith("`pose_iuv` must be an IUV picture in the chart that the model reads, "
                        "densepose. Given: atelier"));
  CHECK_THAT(densepose_wanted.error().message, Catch::Contains("DensePose export"));
  CHECK_THAT(densepose_wanted.error().message, Catch::Contains("densepose_network"));
  const auto atelier_wanted = Check(Png(), "densepose", "atelier");
  REQUIRE_FALSE(atelier_wanted);
  CHECK(atelier_wanted.error().reason == "IUV_CHART");
  CHECK_THAT(atelier_wanted.error().message, Catch::Contains("bring pictures"));
}

TEST_CASE("An IUV of which nobody says the chart is the model's, with a warning", "[picture]") {
  const auto checked = Check(Png(), "", "densepose");
  REQUIRE(checked);
  REQUIRE(*checked);
  CHECK((*checked)->reason == "IUV_CHART_ASSUMED");
  CHECK((*checked)->field == "pose_iuv");
  CHECK_THAT((*checked)->message, Catch::Contains("\"densepose\""));
  CHECK_FALSE((*checked)->value);
}

TEST_CASE("A file and a sender who say different charts contradict each other", "[picture]") {
  for (const std::string model : {"atelier", "densepose", ""}) {
    const auto checked = Check(In("atelier"), "densepose", model);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Code::kInvalidArgument);
    CHECK(checked.error().field == "iuv_chart");
    CHECK_THAT(checked.error().message, Catch::Contains("Given: densepose"));
  }
}

TEST_CASE("An unknown chart is refused by who said it, and not shown raw", "[picture]") {
  CHECK(Check(Png(), "smpl", "atelier").error().field == "iuv_chart");
  const auto by_file = Check(In("a\x1b[31mb" + std::string(1000, 'x')), "", "atelier");
  REQUIRE_FALSE(by_file);
  CHECK(by_file.error().code == Code::kInvalidArgument);
  CHECK(by_file.error().field == "pose_iuv");
  CHECK(by_file.error().message.find('\x1b') == std::string::npos);
  CHECK(by_file.error().message.size() < 300);
  CHECK(CheckChartName("", "iuv_chart").has_value());
  CHECK_FALSE(CheckChartName("Atelier", "iuv_chart").has_value());
}

TEST_CASE("Of a model whose chart is not known only contradictions are refused", "[picture]") {
  CHECK(Check(In("atelier"), "", "").value() == std::nullopt);
  CHECK(Check(Png(), "", "").value() == std::nullopt);
}

}  // namespace
}  // namespace atelier
