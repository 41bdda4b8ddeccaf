// LoadComponent: fills a network with the weights of its component in a model folder.
#pragma once

#include <torch/nn/module.h>

#include <string>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/weights/load.h"

namespace atelier::engine {

/// How LoadComponent() compares: kClipPositionIds is passed over.
LoadOptions ComponentOptions();

/// Fills `module` with the weights of the folder's component `name`, old key names included and
/// whatever the network was wrapped in when it was saved (FitKeys()), and makes it ready to run:
/// evaluation mode, no gradients. Errors name the component.
///
/// Every key must be there, also where the published loader passes strict=False: it lays
/// denoising_unet.pth over Stable Diffusion's UNet, and a missing to_k_ip or to_v_ip would silently
/// stay random. The one key that is passed over is kClipPositionIds.
Status LoadComponent(const ModelFolder& model, const std::string& name, torch::nn::Module& module);

}  // namespace atelier::engine
