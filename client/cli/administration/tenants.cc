#include <cstdio>
#include <string>

#include "client/cli/command.h"
#include "client/cli/display/times.h"

namespace atelier::cli {

namespace {

struct PurgeFlags : CommonFlags {
  std::string name;
};

Status Purge(const PurgeFlags& flags) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::PurgeTenantResponse removed, client.PurgeTenant(flags.name));
  if (flags.json) {
    PrintJson(removed);
    return {};
  }
  const auto count = [](int64_t number) { return static_cast<long long>(number); };
  std::printf(
      "purged %s: %lld jobs (%lld of them queued or running), %lld assets (%lld files of "
      "%s deleted), %lld tokens\n",
      flags.name.c_str(), count(removed.jobs()), count(removed.ended_jobs()),
      count(removed.assets()), count(removed.deleted_files()),
      BytesText(static_cast<double>(removed.deleted_bytes())).c_str(), count(removed.tokens()));
  return {};
}

}  // namespace

void AddTenants(CLI::App& app, Context& context) {
  CLI::App& tenants = *app.add_subcommand("tenants", "Whose jobs and pictures there are");
  tenants.require_subcommand(1);

  auto purge = std::make_shared<PurgeFlags>();
  CLI::App& purge_command = *tenants.add_subcommand(
      "purge", "Remove all that is a tenant's: jobs, pictures, tokens. There is no way back");
  AddCommonFlags(purge_command, *purge);
  purge_command.add_option("name", purge->name, "The tenant")->required();
  OnCommand(purge_command, context, purge, [](const PurgeFlags& given) {
    const Status status = Purge(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
