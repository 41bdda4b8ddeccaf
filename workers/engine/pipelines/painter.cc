#include "engine/painter.h"

#include <ATen/Context.h>

#include <algorithm>
#include <exception>

#include "engine/cpu/threads.h"
#include "engine/model_folder/model_folder.h"
#include "engine/nn/number_format.h"
#include "engine/pipelines/registry.h"

namespace atelier::engine {
namespace {

Result<at::Device> ParseDevice(const std::string& name) {
  // Seam: at::Device throws on a name it does not know.
  try {
    const at::Device device(name);
    if (device.is_cpu()) return device;
    if (!device.is_cuda()) return InvalidField("device", "cpu, cuda or cuda:N", name);
    const int count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
    if (count > std::max<int>(device.index(), 0)) return device;
    return MakeError(Code::kFailedPrecondition, "NO_SUCH_DEVICE",
                     name + " is not there: " + std::to_string(count) + " CUDA devices");
  } catch (const std::exception&) {
    return InvalidField("device", "cpu, cuda or cuda:N", name);
  }
}

}  // namespace

bool ModelInfo::Reads(Condition condition) const {
  return std::find(conditions.begin(), conditions.end(), condition) != conditions.end();
}

Result<ModelInfo> ReadModelInfo(const std::filesystem::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(ModelFolder model, ReadModelFolder(model_folder));
  return std::move(model.info);
}

Result<std::unique_ptr<Painter>> Painter::Load(const std::filesystem::path& model_folder,
                                               const PainterOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(const at::Device device, ParseDevice(options.device));
  ATELIER_ASSIGN_OR_RETURN(const NumberFormat format, ParseNumberFormat(options.dtype, device));
  if (options.threads < 0)
    return InvalidField("threads", "0 or more", std::to_string(options.threads));
  UseThreads(options.threads);

  ATELIER_ASSIGN_OR_RETURN(ModelFolder model, ReadModelFolder(model_folder));
  ATELIER_ASSIGN_OR_RETURN(const Pipeline* pipeline, FindPipeline(model.info.pipeline));
  auto painter = pipeline->load(std::move(model), {.device = device, .format = format});
  if (!painter.has_value()) return Propagate(painter.error(), model_folder.string());
  return painter;
}

}  // namespace atelier::engine
