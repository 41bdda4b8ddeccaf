#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/command.h"
#include "client/cli/studio_paths.h"
#include "client/models/add_model.h"
#include "client/models/model_check.h"
#include "client/models/shipped_models.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

/// What `check` and `add` have in common.
struct CheckFlags {
  bool json = false;
  client::ModelCheckOptions check;
};

struct AddFlags : CheckFlags {
  client::AddModelOptions add;
  bool link = false, copy = false;
};

/// "1 step (made for 1 to 2; every seed paints the same picture at 1)".
std::string DescribeSteps(const v1::Model& model) {
  const int steps = model.default_steps();
  std::string text = std::to_string(steps) + (steps == 1 ? " step" : " steps");
  // A worker of an earlier version does not say more.
  if (model.max_steps() == 0) return text;
  text += " (made for " + std::to_string(model.min_steps()) + " to " +
          std::to_string(model.max_steps());
  if (!model.seed_matters()) {
    text += "; every seed paints the same picture at " + std::to_string(steps);
  }
  return text + ")";
}

Status ListModels(const CommonFlags& flags) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<v1::Model> models, client.ListModels());
  if (flags.json) {
    v1::ListModelsResponse response;
    response.mutable_models()->Assign(models.begin(), models.end());
    PrintJson(response);
    return {};
  }
  for (const v1::Model& model : models) {
    std::printf("%s  %s, %dx%d, %s, guidance %.1f, %s\n  %s\n", model.name().c_str(),
                model.pipeline().c_str(), model.width(), model.height(),
                DescribeSteps(model).c_str(), model.default_guidance(),
                model.default_scheduler().c_str(), model.description().c_str());
  }
  if (models.empty()) std::puts("no worker holds a model");
  return {};
}

client::ModelCheckOptions WithDefaults(client::ModelCheckOptions options) {
  if (options.bin_dir.empty()) options.bin_dir = ProgramFolder();
  if (options.layouts.empty()) options.layouts = client::FindPublishedLayouts(options.bin_dir);
  return options;
}

ExitCode CheckModel(const CheckFlags& flags) {
  const client::ModelCheckOptions options = WithDefaults(flags.check);
  bool good = false;
  if (flags.json) {
    const auto check = client::CheckModelFolder(options);
    if (!check) return Complain(check.error(), flags.json);
    std::fputs(check->json.c_str(), stdout);
    good = check->good;
  } else {
    const auto check = client::DescribeModelFolder(options);
    if (!check) return Complain(check.error());
    std::fputs(check->text.c_str(), stdout);
    good = check->good;
  }
  return good ? ExitCode::kOk : ExitCode::kProblemsFound;
}

void PrintAdded(const client::AddedModel& added, bool json) {
  const std::string folder = added.folder.string();
  const std::string next = "atelier up --models " + folder;
  if (json) {
    const nlohmann::json shown{
        {"folder", folder}, {"linked", added.linked}, {"copied", added.copied}, {"next", next}};
    std::printf("%s\n",
                shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return;
  }
  std::printf("added %s: %d files linked, %d copied\nnext: %s\n", folder.c_str(), added.linked,
              added.copied, next.c_str());
}

ExitCode AddModel(const AddFlags& flags) {
  client::AddModelOptions options = flags.add;
  options.source = WithDefaults(flags.check);
  if (flags.link) options.transfer = client::Transfer::kLink;
  if (flags.copy) options.transfer = client::Transfer::kCopy;
  // So that half a copy is cleared away.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, [](int) { interrupted = 1; });
  }
  options.stopped = [] { return interrupted != 0; };
  const auto added = client::AddModel(options);
  if (added) {
    PrintAdded(*added, flags.json);
    return ExitCode::kOk;
  }
  if (added.error().code == Code::kInvalidArgument) {
    Complain(added.error(), flags.json);
    return ExitCode::kUsage;
  }
  if (added.error().reason != client::kModelNotWhole) return Complain(added.error(), flags.json);
  if (!flags.json) {
    const auto report = client::DescribeModelFolder(options.source);
    if (report) std::fputs(report->text.c_str(), stderr);
  }
  Complain(added.error(), flags.json);
  return ExitCode::kProblemsFound;
}

void AddCheckFlags(CLI::App& command, CheckFlags& flags) {
  command
      .add_option("--layout", flags.check.layouts,
                  "Folders that describe published models, for folders without model.json; "
                  "default: models/mcld and models/fpdm, whichever more of is there")
      ->allow_extra_args(false);
  command.add_option("--bin-dir", flags.check.bin_dir,
                     "Folder of the other programs; default: this one's");
  command.add_flag("--json", flags.json, "Print JSON");
}

void AddCheckCommand(CLI::App& models, Context& context) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App& command = *models.add_subcommand(
      "check",
      "Say of a folder what is there, what is missing and which key or shape does not fit");
  command.add_option("folder", flags->check.folder, "Model folder, or folder of published files")
      ->required();
  AddCheckFlags(command, *flags);
  OnCommand(command, context, flags, CheckModel);
}

void AddAddCommand(CLI::App& models, Context& context) {
  auto flags = std::make_shared<AddFlags>();
  flags->add.models_dir = "models";
  CLI::App& command = *models.add_subcommand(
      "add", "Lay published files out as a model folder, once they are whole");
  command.add_option("name", flags->add.name, "Name of the new folder and of the model")
      ->required();
  command.add_option("--from", flags->check.folder, "Model folder, or folder of published files")
      ->required();
  command.add_option("--models-dir", flags->add.models_dir, "Where the new folder is made")
      ->capture_default_str();
  auto* link = command.add_flag("--link", flags->link, "Hard links alone, which need no room");
  command
      .add_flag("--copy", flags->copy,
                "Copies alone. Default: hard links where possible, else copies")
      ->excludes(link);
  AddCheckFlags(command, *flags);
  OnCommand(command, context, flags, AddModel);
}

}  // namespace

void AddModels(CLI::App& app, Context& context) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App& command = *app.add_subcommand(
      "models", "List the models that workers hold; check and add model folders");
  AddCommonFlags(command, *flags);
  AddCheckCommand(command, context);
  AddAddCommand(command, context);
  // The parser calls this after a command of its own, too.
  command.callback([&command, &context, flags] {
    if (!command.get_subcommands().empty()) return;
    context.run = [flags] {
      const Status status = ListModels(*flags);
      return status ? ExitCode::kOk : Complain(status.error(), flags->json);
    };
  });
}

}  // namespace atelier::cli
