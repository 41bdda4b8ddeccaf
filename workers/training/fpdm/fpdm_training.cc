#include "training/fpdm/fpdm_training.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/model_folder/load_component.h"
#include "engine/pipelines/registry.h"
#include "training/tasks/networks.h"

namespace atelier::training {
namespace fs = std::filesystem;
namespace {

Result<FpdmTraining> Fresh(const fs::path& model_folder) {
  FpdmTraining training;
  ATELIER_ASSIGN_OR_RETURN(training.folder, engine::ReadModelFolder(model_folder));
  if (training.folder.info.pipeline != "fpdm")
    return InvalidField("--model", "a model folder of the fpdm pipeline",
                        training.folder.info.pipeline);
  ATELIER_ASSIGN_OR_RETURN(training.schedule,
                           engine::ParseSchedulerConfig(training.folder.scheduler));
  ATELIER_ASSIGN_OR_RETURN(training.networks, engine::MakeFpdmNetworks(training.folder));
  return training;
}

/// The weights that `start_from` has (empty: none) of `names`. INVALID_ARGUMENT when it has none of
/// them at all: a mistyped folder would train from nothing without a word.
Status StartAll(FpdmTraining& training, const fs::path& start_from,
                const std::vector<std::string>& names) {
  if (start_from.empty()) return {};
  bool has_any = false;
  for (const engine::NamedNetwork& network : training.networks.All()) {
    if (std::ranges::find(names, network.component) == names.end()) continue;
    std::error_code error;
    has_any |= fs::exists(start_from / (std::string(network.component) + ".safetensors"), error);
    ATELIER_RETURN_IF_ERROR(StartFrom(start_from, network.component, network.module));
  }
  if (has_any) return {};
  return InvalidField("--start-from", "a folder with NAME.safetensors of a network that is trained",
                      start_from.string());
}

Status LoadAll(FpdmTraining& training, const std::vector<std::string>& names) {
  for (const engine::NamedNetwork& network : training.networks.All()) {
    if (std::ranges::find(names, network.component) == names.end()) continue;
    ATELIER_RETURN_IF_ERROR(
        engine::LoadComponent(training.folder, network.component, network.module));
  }
  return {};
}

const std::vector<std::string> kStage1 = {"image_encoder", "combiner"};

}  // namespace

Result<FpdmTraining> MakeFusionTraining(const fs::path& model_folder, const fs::path& start_from) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training, Fresh(model_folder));
  if (!training.networks.combiner)
    return InvalidField("conditioning.fpdm.fusion", "fused: stage 1 makes the fused embedding",
                        training.folder.conditioning.fpdm.fusion);
  ATELIER_RETURN_IF_ERROR(StartAll(training, start_from, kStage1));
  return training;
}

Result<FpdmTraining> LoadFusion(const fs::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining trained, MakeFusionTraining(model_folder, {}));
  ATELIER_RETURN_IF_ERROR(LoadAll(trained, kStage1));
  return trained;
}

Result<FpdmTraining> MakeDenoisingTraining(const fs::path& model_folder, const fs::path& start_from,
                                           bool trains_source_encoder) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training, Fresh(model_folder));
  std::vector<std::string> frozen = {"vae", "image_encoder", "combiner"};
  std::vector<std::string> trained = {"denoising_unet", "pose_encoder", "source_projection"};
  (trains_source_encoder ? trained : frozen).emplace_back("source_encoder");
  ATELIER_RETURN_IF_ERROR(LoadAll(training, frozen));
  ATELIER_RETURN_IF_ERROR(StartAll(training, start_from, trained));
  return training;
}

}  // namespace atelier::training
