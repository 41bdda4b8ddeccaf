#include "parity/fpdm/fpdm_golden.h"

#include <fstream>
#include <stdexcept>

#include "engine/pipelines/registry.h"

namespace atelier::parity {

const testing::FpdmParityFolder& FpdmFolder() {
  static const testing::FpdmParityFolder folder = testing::FpdmParityFolder::Chosen();
  return folder;
}

Tensors ReadFpdmGoldens(const std::string& name) {
  return ReadTensors(FpdmFolder().root() / (name + ".safetensors"));
}

nlohmann::json ReadFpdmJson(const std::string& name) {
  std::ifstream in(FpdmFolder().root() / (name + ".json"));
  if (!in) throw std::runtime_error("the folder lacks " + name + ".json");
  return nlohmann::json::parse(in);
}

LoadedFpdm LoadFpdm() {
  LoadedFpdm loaded;
  loaded.folder = std::make_unique<testing::TinyFpdmFolder>(FpdmFolder());
  auto model = engine::ReadModelFolder(loaded.folder->path());
  if (!model.has_value()) throw std::runtime_error(model.error().message);
  loaded.model = *model;
  auto networks = engine::LoadFpdmNetworks(*model, Device(), at::kFloat);
  if (!networks.has_value()) throw std::runtime_error(networks.error().message);
  loaded.networks = *networks;
  return loaded;
}

}  // namespace atelier::parity
