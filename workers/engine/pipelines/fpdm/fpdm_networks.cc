#include "engine/pipelines/fpdm/fpdm_networks.h"

namespace atelier::engine {

std::vector<NamedNetwork> FpdmNetworks::All() const {
  std::vector<NamedNetwork> all = {{"vae", *vae.ptr(), Runs::kOnce},
                                   {"denoising_unet", *denoising_unet.ptr(), Runs::kEveryStep},
                                   {"pose_encoder", *pose_encoder.ptr(), Runs::kOnce},
                                   {"source_projection", *source_projection.ptr(), Runs::kOnce}};
  if (dinov2_source) all.push_back({"source_encoder", *dinov2_source.ptr(), Runs::kOnce});
  if (clip_source) all.push_back({"source_encoder", *clip_source.ptr(), Runs::kOnce});
  if (image_encoder) all.push_back({"image_encoder", *image_encoder.ptr(), Runs::kOnce});
  if (combiner) all.push_back({"combiner", *combiner.ptr(), Runs::kOnce});
  return all;
}

Result<FpdmNetworks> MakeFpdmNetworks(const ModelFolder& model) {
  ATELIER_ASSIGN_OR_RETURN(const FpdmConfigs configs, ReadFpdmConfigs(model));
  FpdmNetworks networks;
  ATELIER_RETURN_IF_ERROR(MakeNetworks([&] {
    networks.vae = AutoencoderKL(configs.vae);
    networks.denoising_unet = UNet(configs.denoising);
    networks.pose_encoder = PoseGuider(configs.pose_encoder);
    networks.source_projection = ProjectionMlp(configs.source_projection);
    if (configs.dinov2_source) networks.dinov2_source = Dinov2Model(*configs.dinov2_source);
    if (configs.clip_source)
      networks.clip_source = CLIPVisionModelWithProjection(*configs.clip_source);
    if (configs.image_encoder)
      networks.image_encoder = CLIPVisionModelWithProjection(*configs.image_encoder);
    if (configs.combiner) networks.combiner = Combiner(*configs.combiner);
  }));
  return networks;
}

Result<FpdmNetworks> LoadFpdmNetworks(const ModelFolder& model, at::Device device,
                                      at::ScalarType dtype) {
  const DefaultDtype in_dtype(dtype);
  ATELIER_ASSIGN_OR_RETURN(FpdmNetworks networks, MakeFpdmNetworks(model));
  ATELIER_RETURN_IF_ERROR(LoadNetworks(model, networks.All(), device));
  return networks;
}

}  // namespace atelier::engine
