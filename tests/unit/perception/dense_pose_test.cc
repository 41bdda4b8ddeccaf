// DensePose networks that a user brings, made here as TorchScript of a few lines.
#include "support/catch_torch.h"
// (first, since it undoes a macro of LibTorch's)

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/irparser.h>
#include <torch/script.h>

#include <fstream>

#include "perception/dense_pose/dense_pose.h"
#include "perception/dense_pose/torchvision_operators.h"
#include "support/temp_dir.h"

namespace atelier::perception {
namespace {

/// Forward of a network that sees two persons, the second one larger: its box is (8, 4)..(24, 36)
/// of a picture, 16 wide and 32 high, torso in front in the upper half and nothing coarse at the
/// right. U is the picture's mean blue, V 0.5.
constexpr char kTwoPersons[] = R"(
def forward(self, picture):
    blue = picture[:, :, 0].float().mean() / 255.0
    coarse = torch.zeros(2, 2, 8, 4)
    coarse[:, 1, :, :2] = 8.0
    coarse[:, 0, :, 2:] = 8.0
    fine = torch.zeros(2, 25, 8, 4)
    fine[:, 2, :4] = 20.0
    fine[:, 23, 4:] = 20.0
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [8.0, 4.0, 24.0, 36.0]])
    uv = torch.ones(2, 25, 8, 4)
    return {"pred_boxes": boxes, "pred_densepose_coarse_segm": coarse,
            "pred_densepose_fine_segm": fine, "pred_densepose_u": uv * blue,
            "pred_densepose_v": uv * 0.5}
)";

class ScriptFile {
 public:
  explicit ScriptFile(const std::string& forward) {
    torch::jit::Module module("network");
    module.define(forward);
    module.save(path());
  }
  std::string path() const { return (folder_.path() / "network.pt").string(); }

 private:
  testing::TempDir folder_;
};

Result<IuvReading> EstimateBy(const std::string& forward, const Image& picture) {
  const ScriptFile file(forward);
  auto network = DensePose::Load(file.path());
  REQUIRE(network);
  return (*network)->Estimate(picture);
}

Image Bluish() {
  Image picture(40, 30, 3);
  for (size_t i = 2; i < picture.data.size(); i += 3) picture.data[i] = 102;
  return picture;
}

TEST_CASE("A DensePose script paints the larger person's parts where its box is", "[densepose]") {
  const auto reading = EstimateBy(kTwoPersons, Bluish());
  REQUIRE(reading);
  REQUIRE(reading->iuv.height == 40);
  REQUIRE(reading->iuv.width == 30);
  const auto part = [&](int y, int x) { return static_cast<int>(reading->iuv.at(y, x)[0]); };
  CHECK(part(6, 9) == 2);
  CHECK(part(34, 9) == 23);
  CHECK(part(6, 22) == 0);  // coarse background
  CHECK(part(6, 7) == 0);
  CHECK(part(3, 9) == 0);
  CHECK(part(37, 9) == 0);
  CHECK(part(2, 2) == 0);                  // the smaller person
  CHECK(reading->iuv.at(6, 9)[1] == 102);  // blue came first
  CHECK(reading->iuv.at(6, 9)[2] == 127);  // 0.5, cut
  CHECK(reading->confidence > 0.9f);
}

TEST_CASE("A box that reaches out of the picture is cut at its edge", "[densepose]") {
  std::string outside = kTwoPersons;
  outside.replace(outside.find("[8.0, 4.0, 24.0, 36.0]"), 22, "[8.0, 4.0, 90.0, 90.0]");
  const auto reading = EstimateBy(outside, Bluish());
  REQUIRE(reading);
  CHECK(static_cast<int>(reading->iuv.at(10, 10)[0]) == 2);
  CHECK(static_cast<int>(reading->iuv.at(39, 9)[0]) == 23);
}

TEST_CASE("A DensePose script that sees nobody gives an empty IUV", "[densepose]") {
  const auto reading = EstimateBy(R"(
def forward(self, picture):
    return {"pred_boxes": torch.zeros(0, 4), "pred_densepose_u": torch.zeros(0, 25, 1, 1)}
)",
                                  Bluish());
  REQUIRE(reading);
  CHECK(reading->confidence == 0);
  CHECK(reading->iuv == Image(40, 30, 3));
}

TEST_CASE("A score weighs against the size of a box", "[densepose]") {
  std::string scored = kTwoPersons;
  scored.replace(scored.find("return {"), 8, "return {\"scores\": torch.tensor([0.9, 0.001]), ");
  const auto reading = EstimateBy(scored, Bluish());
  REQUIRE(reading);
  CHECK(static_cast<int>(reading->iuv.at(1, 0)[0]) == 2);
  CHECK(static_cast<int>(reading->iuv.at(6, 9)[0]) == 0);
}

TEST_CASE("A script of other outputs is refused with the rule it breaks", "[densepose]") {
  const auto error_of = [](const std::string& body) {
    return EstimateBy("\ndef forward(self, picture):\n" + body, Bluish()).error();
  };
  const Error tensor = error_of("    return picture.float()\n");
  CHECK(tensor.code == Code::kFailedPrecondition);
  CHECK(tensor.reason == "DENSEPOSE_OUTPUT");
  CHECK(tensor.message.find("Dict[str, Tensor]") != std::string::npos);
  CHECK(error_of("    return {\"boxes\": picture}\n").message.find("pred_boxes") !=
        std::string::npos);
  CHECK(error_of("    return {\"pred_boxes\": torch.zeros(1, 4)}\n")
            .message.find("pred_densepose_coarse_segm") != std::string::npos);
  std::string few_parts = kTwoPersons;
  few_parts.replace(few_parts.find("torch.zeros(2, 25"), 17, "torch.zeros(2, 24");
  CHECK(EstimateBy(few_parts, Bluish()).error().message.find("[2, 25, any, any]") !=
        std::string::npos);
  CHECK(error_of("    return {\"pred_boxes\": torch.zeros(2, 4)[:, :5].reshape(8)}\n").reason ==
        "DENSEPOSE_OUTPUT");
}

TEST_CASE("A script that raises is an error of the call, not the end of the service",
          "[densepose]") {
  const auto reading = EstimateBy(R"(
def forward(self, picture):
    assert picture.size(0) == 0, "no such luck"
    return {"pred_boxes": picture}
)",
                                  Bluish());
  REQUIRE_FALSE(reading);
  CHECK(reading.error().reason == "DENSEPOSE_RUN");
}

TEST_CASE("Only TorchScript files that take one picture are loaded", "[densepose]") {
  const testing::TempDir folder;
  const auto noise = folder.path() / "noise.pt";
  std::ofstream(noise) << "this is no archive";
  CHECK(DensePose::Load(noise).error().reason == "UNREADABLE_NETWORK");
  CHECK(DensePose::Load(folder.path() / "none.pt").error().reason == "NO_NETWORK_FILE");
  const ScriptFile two("\ndef forward(self, a, b):\n    return a + b\n");
  CHECK(DensePose::Load(two.path()).error().message.find("one tensor") != std::string::npos);
}

/// Runs one operator as TorchScript would; `body` may use tensors %a and %b and a few constants.
at::Tensor RunGraph(const std::string& body, at::Tensor a, at::Tensor b, bool aligned) {
  auto graph = std::make_shared<torch::jit::Graph>();
  torch::jit::parseIR(R"(graph(%a : Tensor, %b : Tensor, %aligned : bool):
  %half : float = prim::Constant[value=0.5]()
  %none : int = prim::Constant[value=0]()
  %one : int = prim::Constant[value=1]()
  %two : int = prim::Constant[value=2]()
  )" + body + "\n",
                      graph.get());
  torch::jit::GraphFunction function("graph", graph, nullptr);
  return function({std::move(a), std::move(b), aligned}).toTensor();
}

TEST_CASE("An export that wants torchvision's operators finds ours", "[densepose]") {
  RegisterTorchvisionOperators();
  const auto suppress = [](at::Tensor boxes, at::Tensor scores) {
    return RunGraph("%kept : Tensor = torchvision::nms(%a, %b, %half)\n  return (%kept)",
                    std::move(boxes), std::move(scores), true);
  };
  const auto align = [](at::Tensor maps, at::Tensor boxes, int columns, int samples, bool aligned) {
    const std::string arguments = "%a, %b, %half, %two, %" +
                                  std::string(columns == 2 ? "two" : "one") + ", %" +
                                  (samples == 2 ? "two" : "none") + ", %aligned";
    return RunGraph(
        "%pooled : Tensor = torchvision::roi_align(" + arguments + ")\n  return (%pooled)",
        std::move(maps), std::move(boxes), aligned);
  };
  const at::Tensor boxes = at::tensor({0.f, 0.f, 10.f, 10.f,  // covered by the next
                                       1.f, 0.f, 11.f, 10.f,  // best
                                       6.f, 0.f, 16.f, 10.f,  // overlaps it by one third
                                       50.f, 50.f, 60.f, 60.f})
                               .reshape({4, 4});
  const at::Tensor kept = suppress(boxes, at::tensor({0.8f, 0.9f, 0.7f, 0.95f}));
  CHECK(kept.equal(at::tensor({3, 1, 2}, at::kLong)));

  // A plane x + 10 y: the mean over samples is its value in their middle.
  const at::Tensor maps = (at::arange(8, at::kFloat) + 10 * at::arange(8, at::kFloat).unsqueeze(1))
                              .reshape({1, 1, 8, 8});
  const at::Tensor box = at::tensor({0.f, 2.f, 4.f, 10.f, 8.f}).reshape({1, 5});
  // Box (1, 2)..(5, 4) on the maps: bins of 2 x 1, middles at x 2, 4 and y 2.5, 3.5.
  const at::Tensor plain = align(maps, box, 2, 2, false);
  CHECK(plain.allclose(at::tensor({27.f, 29.f, 37.f, 39.f}).reshape({1, 1, 2, 2})));
  // Aligned: half a cell up and left.
  const at::Tensor aligned = align(maps, box, 2, 2, true);
  CHECK(aligned.allclose(at::tensor({21.5f, 23.5f, 31.5f, 33.5f}).reshape({1, 1, 2, 2})));

  // Boxes that reach out of the maps, against torchvision 0.29.2's own Python of it.
  const at::Tensor uneven = at::arange(12, at::kFloat).pow(1.5).reshape({1, 2, 2, 3});
  const at::Tensor outside =
      at::tensor({0.f, -1.5f, -1.f, 5.f, 3.4f, 0.f, 1.f, 1.f, 5.5f, 2.f}).reshape({2, 5});
  const auto narrow = [&](int samples, bool half) {
    return align(uneven, outside, 1, samples, half).flatten();
  };
  const auto near = [](const at::Tensor& actual, std::vector<float> expected) {
    return actual.allclose(at::tensor(expected), 0, 1e-4);
  };
  CHECK(near(narrow(2, false),
             {2.2354f, 7.3652f, 20.2502f, 30.3148f, 7.76f, 9.6896f, 30.8291f, 34.2047f}));
  CHECK(near(narrow(2, true),
             {0.6714f, 4.7175f, 16.9936f, 25.2963f, 2.2935f, 4.0611f, 20.744f, 24.0407f}));
  // As many samples as cells; of the second box alone, since that Python stops at the maps' width.
  CHECK(near(narrow(0, false).slice(0, 4), {7.6916f, 9.6059f, 30.6935f, 34.0627f}));
  CHECK(near(narrow(0, true).slice(0, 4), {2.2855f, 4.0542f, 20.7412f, 24.0379f}));
  // More than a cell outside there is nothing.
  const at::Tensor away = at::tensor({0.f, 20.f, 20.f, 30.f, 30.f}).reshape({1, 5});
  CHECK(align(uneven, away, 2, 2, true).count_nonzero().item<int64_t>() == 0);
}

}  // namespace
}  // namespace atelier::perception
