#include <cstdio>
#include <string>

#include "client/cli/command.h"

namespace atelier::cli {

namespace {

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

}  // namespace

void AddModels(CLI::App& app, Context& context) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App& command = *app.add_subcommand("models", "List the models that workers hold");
  AddCommonFlags(command, *flags);
  OnCommand(command, context, flags, [](const CommonFlags& given) {
    const Status status = ListModels(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
