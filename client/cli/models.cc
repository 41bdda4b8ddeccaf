#include <cstdio>

#include "client/cli/command.h"

namespace atelier::cli {

namespace {

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
    std::printf("%s  %s, %dx%d, %d steps, guidance %.1f, %s\n  %s\n", model.name().c_str(),
                model.pipeline().c_str(), model.width(), model.height(), model.default_steps(),
                model.default_guidance(), model.default_scheduler().c_str(),
                model.description().c_str());
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
