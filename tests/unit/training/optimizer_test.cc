// The optimiser that moves all parameters at once, against the one that moves them one by one.
// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include <ATen/record_function.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "engine/train/adamw.h"
#include "engine/train/ema.h"

namespace atelier::engine {
namespace {

constexpr double kRate = 1e-3;

/// The same weights at every call.
torch::nn::Sequential Network(int layers = 3) {
  torch::manual_seed(5);
  torch::nn::Sequential network;
  for (int i = 0; i < layers; ++i) network->push_back(torch::nn::Linear(8, 8));
  return network;
}

NamedParameters Named(torch::nn::Module& module) {
  NamedParameters named;
  for (const auto& item : module.named_parameters()) named.emplace_back(item.key(), item.value());
  return named;
}

/// Large at first, so that some steps are clipped and others are not.
at::Tensor LossOf(torch::nn::Sequential& network, int step) {
  at::Generator generator = at::detail::createCPUGenerator(static_cast<uint64_t>(step));
  const at::Tensor input = at::randn({16, 8}, generator, at::kFloat);
  return (network->forward(input) - 3 * input).square().mean() * (step % 2 == 0 ? 10 : 0.1);
}

at::Tensor Yes() { return at::ones({}, at::kBool); }

/// Operations that `work` calls, those that operations call themselves left out: a foreach
/// operation of the CPU calls one for each tensor, one of a GPU launches one kernel for many.
int64_t Operations(const std::function<void()>& work) {
  thread_local int64_t count, depth;
  count = depth = 0;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(
      [](const at::RecordFunction&) -> std::unique_ptr<at::ObserverContext> {
        count += depth++ == 0;
        return nullptr;
      },
      [](const at::RecordFunction&, at::ObserverContext*) { --depth; }));
  work();
  at::removeCallback(handle);
  return count;
}

}  // namespace

TEST_CASE("Twenty steps of all parameters at once end where the published AdamW ends",
          "[training]") {
  torch::nn::Sequential ours = Network(), published = Network();
  AdamW optimizer(Named(*ours), {.weight_decay = 0.1});
  torch::optim::AdamW reference(published->parameters(),
                                torch::optim::AdamWOptions(kRate).weight_decay(0.1));
  for (int step = 0; step < 20; ++step) {
    optimizer.ZeroGradients();
    LossOf(ours, step).backward();
    const at::Tensor norm = optimizer.ClipGradients(1.0);
    optimizer.Step(kRate, Yes());

    reference.zero_grad();
    LossOf(published, step).backward();
    const double expected = torch::nn::utils::clip_grad_norm_(published->parameters(), 1.0);
    reference.step();
    CHECK(norm.item<double>() == Approx(expected).epsilon(1e-5));
  }
  double moved = 0, off = 0;
  const torch::nn::Sequential start = Network();
  for (size_t i = 0; i < ours->parameters().size(); ++i) {
    const at::Tensor parameter = ours->parameters()[i];
    off = std::max(off, (parameter - published->parameters()[i]).abs().max().item<double>());
    moved = std::max(moved, (parameter - start->parameters()[i]).abs().max().item<double>());
  }
  CHECK(moved > 1e-2);
  CHECK(off <= 1e-6);
}

TEST_CASE("A step that is not finite moves neither parameters nor moments", "[training]") {
  torch::nn::Sequential network = Network();
  AdamW optimizer(Named(*network), {});
  LossOf(network, 0).backward();
  optimizer.Step(kRate, Yes());
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : optimizer.State()) before[name] = tensor.clone();
  for (const auto& [name, parameter] : Named(*network)) before[name] = parameter.detach().clone();

  optimizer.ZeroGradients();
  (LossOf(network, 1) * std::numeric_limits<float>::quiet_NaN()).backward();
  const at::Tensor norm = optimizer.ClipGradients(1.0);
  CHECK_FALSE(at::isfinite(norm).item<bool>());
  optimizer.Step(kRate, at::isfinite(norm));
  for (const auto& [name, tensor] : optimizer.State()) CHECK(at::equal(tensor, before.at(name)));
  for (const auto& [name, parameter] : Named(*network))
    CHECK(at::equal(parameter.detach(), before.at(name)));
}

TEST_CASE("An optimiser given another's moments goes on exactly as that one does", "[training]") {
  const auto step = [](torch::nn::Sequential& network, AdamW& optimizer, int number) {
    optimizer.ZeroGradients();
    LossOf(network, number).backward();
    optimizer.Step(kRate, Yes());
  };
  torch::nn::Sequential whole = Network(), resumed = Network();
  AdamW first(Named(*whole), {}), second(Named(*resumed), {});
  for (int i = 0; i < 5; ++i) step(whole, first, i);
  {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < whole->parameters().size(); ++i)
      resumed->parameters()[i].copy_(whole->parameters()[i]);
  }
  std::map<std::string, at::Tensor> lacking = first.State(), misshapen = first.State();
  lacking.erase("1.weight.exp_avg");
  misshapen["1.weight.exp_avg"] = at::zeros({3});
  CHECK_FALSE(second.Restore(lacking));
  CHECK_FALSE(second.Restore(misshapen));
  REQUIRE(second.Restore(first.State()));
  for (int i = 5; i < 8; ++i) step(whole, first, i);
  for (int i = 5; i < 8; ++i) step(resumed, second, i);
  for (size_t i = 0; i < whole->parameters().size(); ++i)
    CHECK(at::equal(resumed->parameters()[i], whole->parameters()[i]));
}

TEST_CASE(
    "Clipping, a step and the moving average take as many operations for any number of "
    "parameters",
    "[training]") {
  const auto ours = [](int layers) {
    torch::nn::Sequential network = Network(layers);
    AdamW optimizer(Named(*network), {});
    Ema ema(*network, 0.999);
    LossOf(network, 0).backward();
    return Operations([&] {
      optimizer.ClipGradients(1.0);
      optimizer.Step(kRate, Yes());
      ema.Update();
    });
  };
  const auto one_by_one = [](int layers) {
    torch::nn::Sequential network = Network(layers);
    torch::optim::AdamW optimizer(network->parameters(), torch::optim::AdamWOptions(kRate));
    LossOf(network, 0).backward();
    return Operations([&] { optimizer.step(); });
  };
  CHECK(ours(40) == ours(2));
  CHECK(ours(2) < 40);
  CHECK(one_by_one(40) > 10 * one_by_one(2));
}

}  // namespace atelier::engine
