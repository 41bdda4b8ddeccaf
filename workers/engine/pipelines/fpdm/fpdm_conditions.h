// From a source picture and a drawn pose to what FPDM's denoising network reads, in one place:
// painting and training call the same functions on batches of tensors.
//
// Mirrors the published FPDM.batch_image_generation and its test data loader, quirks included:
// pictures are squashed and never cropped, and every size is reached from 8-bit pictures.
#pragma once

#include <torch/nn.h>

#include <vector>

#include "base/image.h"
#include "engine/model_folder/model_folder.h"
#include "engine/pipelines/fpdm/fpdm_networks.h"

namespace atelier::engine {

/// B pictures' conditions as tensors, float32, any device.
struct FpdmInputs {
  at::Tensor source;       // [B, 3, size, size], normalised for the source encoder
  at::Tensor clip_source;  // [B, 3, clip, clip], normalised for CLIP; undefined without a fusion
  at::Tensor clip_pose;    // the same of the pose picture; undefined unless the fusion is "fused"
  at::Tensor pose;         // [B, 3, H, W] in 0..1
};

/// What is read of the source of S pictures, whatever the pose.
struct FpdmSource {
  at::Tensor source_tokens;  // [S, n, width], the source encoder's
  at::Tensor tokens;         // [S, n, cross_attention_dim]
  at::Tensor image_embeds;   // [S, projection_dim]; undefined without a fusion
};

/// What the denoising network reads of B pictures. What is the source's alone may have one row,
/// which is then every picture's.
struct FpdmConditions {
  at::Tensor source_tokens;  // [B, n, width], the source encoder's
  at::Tensor tokens;         // [B, n, cross_attention_dim]
  at::Tensor pose_features;  // [B, block_out_channels[0], h, w]
  at::Tensor image_embeds;   // [B, projection_dim] of the source; undefined without a fusion
  at::Tensor fusion;         // [B, projection_dim] of length 1; undefined without a fusion
};

/// One picture's inputs, for a result of height x width. REQUIRES: `source` and `pose` are RGB.
FpdmInputs MakeFpdmInputs(const FpdmConditioning& conditioning, const FpdmNetworks& networks,
                          const Image& source, const Image& pose, int height, int width);

/// What the image encoder reads of a person's picture: [1, 3, clip, clip], FpdmInputs::clip_source.
/// REQUIRES: networks.image_encoder.
at::Tensor FpdmClipPixels(const FpdmConditioning& conditioning, const FpdmNetworks& networks,
                          const Image& picture);

/// What it reads of a drawn pose: [1, 3, clip, clip], FpdmInputs::clip_pose.
/// REQUIRES: networks.image_encoder.
at::Tensor FpdmClipPose(const FpdmNetworks& networks, const Image& pose);

/// Rows of one picture each, joined.
FpdmInputs JoinFpdmInputs(const std::vector<FpdmInputs>& rows);

/// The embedding that joins the time embedding, of CLIP's embeddings `image` and `pose` [B, D]:
/// the Combiner's, or `image` itself, of length 1, where there is none.
at::Tensor FuseEmbeddings(FpdmNetworks& networks, const at::Tensor& image, const at::Tensor& pose);

/// Runs every network but the denoising one. Results have the networks' device and dtype.
FpdmConditions EncodeFpdmConditions(FpdmNetworks& networks, const FpdmInputs& inputs);

/// The source's part of it; the pose's inputs are not read.
FpdmSource EncodeFpdmSource(FpdmNetworks& networks, const FpdmInputs& inputs);

/// The rest of it; the source's inputs are not read. `source` has as many rows as `inputs`, or one.
FpdmConditions EncodeFpdmPose(FpdmNetworks& networks, const FpdmInputs& inputs,
                              const FpdmSource& source);

}  // namespace atelier::engine
