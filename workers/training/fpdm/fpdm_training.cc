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

bool IsStage1(const std::string& component) {
  return component == "image_encoder" || component == "combiner";
}

/// Networks of the other stage are loaded or, where nothing needs them, left as they are.
Status Fill(FpdmTraining& training, const fs::path& start_from, bool stage_1) {
  for (const engine::NamedNetwork& network : training.networks.All()) {
    const std::string name = network.component;
    const bool trained = name != "vae" && IsStage1(name) == stage_1;
    if (trained) {
      ATELIER_RETURN_IF_ERROR(StartFrom(start_from, name, network.module));
    } else if (!stage_1) {
      ATELIER_RETURN_IF_ERROR(engine::LoadComponent(training.folder, name, network.module));
    }
  }
  return {};
}

}  // namespace

Result<FpdmTraining> MakeFusionTraining(const fs::path& model_folder, const fs::path& start_from) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training, Fresh(model_folder));
  if (!training.networks.combiner)
    return InvalidField("conditioning.fpdm.fusion", "fused to train stage 1",
                        training.folder.conditioning.fpdm.fusion);
  ATELIER_RETURN_IF_ERROR(Fill(training, start_from, /*stage_1=*/true));
  return training;
}

Result<FpdmTraining> LoadFusion(const fs::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining trained, MakeFusionTraining(model_folder, {}));
  for (const engine::NamedNetwork& network : trained.networks.All()) {
    if (IsStage1(network.component))
      ATELIER_RETURN_IF_ERROR(
          engine::LoadComponent(trained.folder, network.component, network.module));
  }
  return trained;
}

Result<FpdmTraining> MakeDenoisingTraining(const fs::path& model_folder,
                                           const fs::path& start_from) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training, Fresh(model_folder));
  ATELIER_RETURN_IF_ERROR(Fill(training, start_from, /*stage_1=*/false));
  return training;
}

}  // namespace atelier::training
