// Training samples of FPDM's stage 1: people of several pictures, which take turns as each other's
// source and target.
//
// The published training draws pairs from lists in which a person of several pictures occurs in
// every order of two of them. People of one pair each are told from all others by how they look;
// only another pose of the same person in the batch makes the pose count.
#pragma once

#include <utility>
#include <vector>

#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "people/body/body.h"
#include "training/data/pairs.h"

namespace atelier::training {

/// Of each picture what the image encoder reads, float32 [1, 3, clip, clip].
struct FusionPerson {
  std::vector<at::Tensor> pictures, poses;
};

/// Person number `index` of the training set. Reads the networks' sizes alone: any number of
/// threads at once.
FusionPerson MakeFusionPerson(const people::Body& body, int64_t index, int pictures,
                              const PairOptions& options,
                              const engine::FpdmConditioning& conditioning,
                              const engine::FpdmNetworks& networks);

/// Source and target, by their places, of the `turn`-th pairing of `pictures` pictures. A pairing
/// has every picture once; pictures - 1 turns have every two of them once, and as many again have
/// them the other way round. REQUIRES: `pictures` even and > 0, turn >= 0.
std::vector<std::pair<int, int>> PairingOf(int pictures, int turn);

}  // namespace atelier::training
