#include "training/checkpoint.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/weights/load.h"
#include "engine/weights/safetensors.h"

namespace atelier::training {
namespace fs = std::filesystem;
namespace {

constexpr char kFolder[] = "checkpoint";
constexpr char kOptimizerFile[] = "optimizer.safetensors";
constexpr char kGeneratorKey[] = "generator_state";

fs::path WeightsFile(const fs::path& folder, const std::string& component) {
  return folder / (component + ".safetensors");
}
fs::path AveragesFile(const fs::path& folder, const std::string& component) {
  return folder / (component + "_ema.safetensors");
}

Error FileError(const fs::path& path, const std::string& what) {
  return {Code::kDataLoss, "CHECKPOINT_UNREADABLE", path.string() + ": " + what, {}};
}

Status WriteState(const fs::path& path, const RunState& state,
                  const std::vector<engine::Ema>& emas) {
  nlohmann::json json = {{"step", state.step},
                         {"seconds", state.seconds},
                         {"samples_taken", state.samples_taken},
                         {"pictures_seen", state.pictures_seen},
                         {"place", state.place},
                         {"ema_updates", emas.empty() ? 0 : emas.front().updates()}};
  std::ofstream file(path);
  file << json.dump(2) << "\n";
  file.close();
  if (!file)
    return MakeError(Code::kResourceExhausted, "DISK_WRITE_FAILED",
                     "cannot write " + path.string());
  return {};
}

Result<nlohmann::json> ReadState(const fs::path& path) {
  std::ifstream file(path);
  nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Unexpected(FileError(path, "is not JSON"));
  for (const char* key : {"step", "seconds", "samples_taken", "pictures_seen", "ema_updates"})
    if (!json.contains(key) || !json[key].is_number())
      return Unexpected(FileError(path, std::string("lacks ") + key));
  if (!json.contains("place")) json["place"] = nlohmann::json::array();
  for (const nlohmann::json& number : json["place"])
    if (!number.is_number_integer()) return Unexpected(FileError(path, "place is not numbers"));
  return json;
}

/// `path`, or the averages that were exported when it is not there.
Result<engine::TensorMap> WeightsOrAverages(const fs::path& path, const fs::path& exported) {
  if (!fs::exists(path) && !fs::exists(exported))
    return Unexpected(FileError(path, "is missing, and so is " + exported.string()));
  return engine::ReadWeights(fs::exists(path) ? path : exported);
}

Status LoadOptimizer(const fs::path& path, engine::AdamW& optimizer) {
  ATELIER_ASSIGN_OR_RETURN(const auto state, engine::ReadWeights(path));
  const Status restored = optimizer.Restore(state);
  if (!restored) return Unexpected(FileError(path, restored.error().message));
  return {};
}

}  // namespace

Result<RunState> ReadRunState(const fs::path& out) {
  const fs::path path = out / kFolder / "state.json";
  if (!fs::exists(path)) return RunState{};
  ATELIER_ASSIGN_OR_RETURN(const nlohmann::json json, ReadState(path));
  return RunState{json["step"], json["seconds"], json["samples_taken"], json["pictures_seen"],
                  json["place"]};
}

Status SaveCheckpoint(const fs::path& out, const Trained& trained, const RunState& state) {
  const fs::path fresh = out / (std::string(kFolder) + ".new");
  const fs::path old = out / (std::string(kFolder) + ".old");
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  fs::create_directories(fresh, ignored);
  for (size_t i = 0; i < trained.modules.size(); ++i) {
    const TrainedModule& item = trained.modules[i];
    ATELIER_RETURN_IF_ERROR(engine::WriteSafetensors(WeightsFile(fresh, item.component),
                                                     engine::StateDict(*item.module)));
    ATELIER_RETURN_IF_ERROR(
        engine::WriteSafetensors(AveragesFile(fresh, item.component), trained.emas[i].averages()));
  }
  ATELIER_RETURN_IF_ERROR(engine::WriteSafetensors(
      fresh / "generator.safetensors", {{kGeneratorKey, trained.generator.get_state()}}));
  ATELIER_RETURN_IF_ERROR(
      engine::WriteSafetensors(fresh / kOptimizerFile, trained.optimizer.State()));
  ATELIER_RETURN_IF_ERROR(WriteState(fresh / "state.json", state, trained.emas));
  // The old checkpoint goes only when the new one is whole.
  std::error_code failed;
  fs::remove_all(old, ignored);
  fs::rename(out / kFolder, old, ignored);
  fs::rename(fresh, out / kFolder, failed);
  if (failed)
    return MakeError(Code::kResourceExhausted, "DISK_WRITE_FAILED",
                     "cannot move the checkpoint into place: " + failed.message());
  fs::remove_all(old, ignored);
  return {};
}

Result<Restored> LoadCheckpoint(const fs::path& out, const Trained& trained) {
  const fs::path folder = out / kFolder;
  if (!fs::exists(folder / "state.json"))
    return MakeError(Code::kNotFound, "NO_CHECKPOINT", "no checkpoint in " + out.string());
  ATELIER_ASSIGN_OR_RETURN(const nlohmann::json json, ReadState(folder / "state.json"));
  Restored restored{.weights = true, .moments = fs::exists(folder / kOptimizerFile)};
  for (size_t i = 0; i < trained.modules.size(); ++i) {
    const TrainedModule& item = trained.modules[i];
    const fs::path exported = WeightsFile(out, item.component);
    const fs::path own = WeightsFile(folder, item.component);
    restored.weights = restored.weights && fs::exists(own);
    ATELIER_ASSIGN_OR_RETURN(const auto weights, WeightsOrAverages(own, exported));
    ATELIER_RETURN_IF_ERROR(engine::LoadStateDict(*item.module, weights));
    ATELIER_ASSIGN_OR_RETURN(const auto averages,
                             WeightsOrAverages(AveragesFile(folder, item.component), exported));
    trained.emas[i].Restore(averages, json["ema_updates"]);
  }
  ATELIER_ASSIGN_OR_RETURN(const auto generator,
                           engine::ReadWeights(folder / "generator.safetensors"));
  const auto found = generator.find(kGeneratorKey);
  if (found == generator.end())
    return Unexpected(FileError(folder / "generator.safetensors", "lacks generator_state"));
  trained.generator.set_state(found->second.clone());
  if (restored.moments)
    ATELIER_RETURN_IF_ERROR(LoadOptimizer(folder / kOptimizerFile, trained.optimizer));
  return restored;
}

Status ExportWeights(const fs::path& out, const Trained& trained) {
  for (size_t i = 0; i < trained.modules.size(); ++i) {
    engine::TensorMap half = engine::StateDict(*trained.modules[i].module);
    for (const auto& [name, average] : trained.emas[i].averages()) half[name] = average;
    for (auto& [name, tensor] : half)
      if (tensor.is_floating_point()) tensor = tensor.to(at::kHalf);
    ATELIER_RETURN_IF_ERROR(
        engine::WriteSafetensors(WeightsFile(out, trained.modules[i].component), half));
  }
  return {};
}

}  // namespace atelier::training
