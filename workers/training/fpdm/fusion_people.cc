#include "training/fpdm/fusion_people.h"

namespace atelier::training {

FusionPerson MakeFusionPerson(const people::Body& body, int64_t index, int pictures,
                              const PairOptions& options,
                              const engine::FpdmConditioning& conditioning,
                              const engine::FpdmNetworks& networks) {
  FusionPerson person;
  for (const people::Rendering& picture : RenderSeveral(body, index, pictures, options)) {
    person.pictures.push_back(engine::FpdmClipPixels(conditioning, networks, picture.rgb));
    person.poses.push_back(engine::FpdmClipPose(networks, PosePicture(picture)));
  }
  return person;
}

std::vector<std::pair<int, int>> PairingOf(int pictures, int turn) {
  // A round-robin tournament: the last picture keeps its place and the others move on by one.
  const int others = pictures - 1;
  const int round = turn % others;
  std::vector<std::pair<int, int>> pairs{{round, others}};
  for (int i = 1; i < pictures / 2; ++i)
    pairs.emplace_back((round + i) % others, (round - i + others) % others);
  const bool turned_round = turn / others % 2 == 1;
  if (turned_round)
    for (auto& [source, target] : pairs) std::swap(source, target);
  return pairs;
}

}  // namespace atelier::training
