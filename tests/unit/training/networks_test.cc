// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/tasks/networks.h"

#include <torch/nn.h>

#include "engine/weights/load.h"
#include "support/temp_dir.h"

namespace atelier::training {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;

void WriteConv(const testing::TempDir& dir, const Conv2d& conv) {
  REQUIRE(engine::WriteSafetensors(dir.path() / "conv.safetensors", engine::StateDict(*conv)));
}

}  // namespace

TEST_CASE("A wider network starts with the narrower one's outputs, whatever its new inputs hold",
          "[training]") {
  const at::NoGradGuard no_grad;
  const testing::TempDir dir;
  Conv2d narrow(Conv2dOptions(2, 3, 3)), wide(Conv2dOptions(4, 5, 3));
  WriteConv(dir, narrow);
  const at::Tensor fresh = wide->weight.clone();
  REQUIRE(StartFrom(dir.path(), "conv", *wide));

  const at::Tensor x = at::randn({1, 4, 6, 6});
  CHECK(
      at::allclose(wide->forward(x).slice(1, 0, 3), narrow->forward(x.slice(1, 0, 2)), 1e-5, 1e-5));
  CHECK(at::equal(wide->weight.slice(0, 3), fresh.slice(0, 3)));
}

TEST_CASE("A network does not start from a wider one", "[training]") {
  const testing::TempDir dir;
  Conv2d narrow(Conv2dOptions(2, 3, 3)), wide(Conv2dOptions(4, 5, 3));
  WriteConv(dir, wide);
  const at::Tensor before = narrow->weight.detach().clone();
  const Status status = StartFrom(dir.path(), "conv", *narrow);
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == "STATE_DICT_MISMATCH");
  CHECK(at::equal(narrow->weight, before));
}

TEST_CASE("Without a file to start from a network stays fresh", "[training]") {
  const testing::TempDir dir;
  Conv2d conv(Conv2dOptions(2, 3, 3));
  const at::Tensor before = conv->weight.detach().clone();
  CHECK(StartFrom(dir.path(), "conv", *conv));
  CHECK(StartFrom({}, "conv", *conv));
  CHECK(at::equal(conv->weight, before));
}

}  // namespace atelier::training
