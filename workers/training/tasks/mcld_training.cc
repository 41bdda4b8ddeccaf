#include "training/tasks/mcld_training.h"

#include "engine/model_folder/load_component.h"
#include "engine/pipelines/registry.h"
#include "training/tasks/networks.h"

namespace atelier::training {
namespace fs = std::filesystem;
at::Device McldTraining::device() const { return face->parameters().front().device(); }

void McldTraining::MoveFrozenTo(const at::Device& device) {
  networks.vae->to(device);
  face->to(device);
}

Result<McldTraining> MakeMcldTraining(const fs::path& model_folder, const fs::path& start_from) {
  McldTraining training;
  ATELIER_ASSIGN_OR_RETURN(training.folder, engine::ReadModelFolder(model_folder));
  ATELIER_ASSIGN_OR_RETURN(training.schedule,
                           engine::ParseSchedulerConfig(training.folder.scheduler));
  ATELIER_ASSIGN_OR_RETURN(training.networks, engine::MakeMcldNetworks(training.folder));
  ATELIER_RETURN_IF_ERROR(engine::LoadComponent(training.folder, "vae", *training.networks.vae));
  ATELIER_RETURN_IF_ERROR(engine::LoadCompletion(training.folder, training.networks));
  ATELIER_ASSIGN_OR_RETURN(training.face, MakeFaceNetwork(training.folder));
  ATELIER_RETURN_IF_ERROR(engine::LoadComponent(training.folder, "face_network", *training.face));

  engine::McldNetworks& networks = training.networks;
  ATELIER_RETURN_IF_ERROR(StartFrom(start_from, "denoising_unet", *networks.denoising_unet));
  ATELIER_RETURN_IF_ERROR(StartFrom(start_from, "reference_unet", *networks.reference_unet));
  ATELIER_RETURN_IF_ERROR(StartFrom(start_from, "pose_guider", *networks.pose_guider));
  ATELIER_RETURN_IF_ERROR(StartFrom(start_from, "image_encoder", *networks.image_encoder));
  ATELIER_RETURN_IF_ERROR(StartFrom(start_from, "face_resampler", *networks.face_resampler));
  return training;
}

}  // namespace atelier::training
