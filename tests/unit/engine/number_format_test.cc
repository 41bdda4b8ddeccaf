#include "engine/nn/number_format.h"

#include <ATen/Context.h>

#include "engine/painter.h"
#include "support/catch_torch.h"
#include "support/tiny_model.h"

namespace atelier::engine {
namespace {

bool CudnnRounds() { return at::globalContext().allowTF32CuDNN(); }
bool CublasRounds() { return at::globalContext().allowTF32CuBLAS(); }

TEST_CASE("float32 means float32 on CUDA, and only tf32 lets a GPU round its products",
          "[number_format]") {
  const at::Device cuda("cuda:0");
  const auto exact = ParseNumberFormat("float32", cuda), rounded = ParseNumberFormat("tf32", cuda);
  REQUIRE(exact.has_value());
  REQUIRE(rounded.has_value());
  CHECK(exact->dtype == at::kFloat);
  CHECK(rounded->dtype == at::kFloat);
  UseNumberFormat(*rounded);
  CHECK(CudnnRounds());
  CHECK(CublasRounds());
  UseNumberFormat(*exact);
  CHECK_FALSE(CudnnRounds());
  CHECK_FALSE(CublasRounds());
  // What bfloat16 leaves in float32 is float32 too.
  UseNumberFormat(*rounded);
  UseNumberFormat(*ParseNumberFormat("bfloat16", cuda));
  CHECK_FALSE(CudnnRounds());
}

TEST_CASE("A painter of float32 paints in it although another model of the process had tf32",
          "[number_format]") {
  const testing::TinyModelFolder folder;
  const auto painter = Painter::Load(folder.path(), {.dtype = "float32", .threads = 1});
  REQUIRE(painter.has_value());
  UseNumberFormat({.tf32 = true});
  PaintRequest request;
  request.source = request.iuv = Image(128, 128, 3);
  request.texture_map = Image(128, 128, 3);
  PaintOptions options;
  options.steps = 1;
  REQUIRE((*painter)->Paint({&request, 1}, options, nullptr).has_value());
  CHECK_FALSE(CudnnRounds());
  CHECK_FALSE(CublasRounds());
}

TEST_CASE("A number format that the device does not have is refused with those it has",
          "[number_format]") {
  for (const std::string name : {"tf32", "float16", "float8", ""}) {
    const auto format = ParseNumberFormat(name, at::kCPU);
    INFO(name);
    REQUIRE_FALSE(format.has_value());
    CHECK(format.error().code == Code::kInvalidArgument);
    CHECK(format.error().field == "dtype");
    CHECK_THAT(format.error().message, Catch::Contains("on CUDA also tf32 or float16"));
  }
  for (const std::string& name : NumberFormatNames())
    CHECK(ParseNumberFormat(name, at::Device("cuda")).has_value());
}

}  // namespace
}  // namespace atelier::engine
