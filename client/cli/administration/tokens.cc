#include <cstdio>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/commands/pages.h"
#include "client/cli/display/tables.h"

namespace atelier::cli {

namespace {

struct CreateFlags : CommonFlags {
  std::string of_tenant;
  std::vector<std::string> rights;
  double days = 0;
  std::string note;
};

struct ListFlags : CommonFlags, PageFlags {
  std::string of_tenant;
};

struct RevokeFlags : CommonFlags {
  std::string name;
};

/// "abc" and "tokens/abc" are the same token; so is the text of one, whose secret part stays here.
std::string FullName(std::string name) {
  if (name.starts_with("atl_")) name = name.substr(4, name.find('_', 4) - 4);
  return name.starts_with("tokens/") ? name : "tokens/" + name;
}

v1::Right RightOf(const std::string& name) {
  if (name == "read") return v1::RIGHT_READ;
  if (name == "submit") return v1::RIGHT_SUBMIT;
  if (name == "administer") return v1::RIGHT_ADMINISTER;
  return v1::RIGHT_WORK;
}

Status Create(const CreateFlags& flags) {
  v1::CreateTokenRequest request;
  request.set_tenant(flags.of_tenant);
  for (const std::string& right : flags.rights) request.add_rights(RightOf(right));
  if (flags.days > 0) request.mutable_ttl()->set_seconds(static_cast<int64_t>(flags.days * 86400));
  request.set_note(flags.note);
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::CreateTokenResponse made, client.CreateToken(request));
  if (flags.json) {
    PrintJson(made);
    return {};
  }
  // The secret alone, for a file or a pipe.
  Note("TOKEN_CREATED", made.token().name() + "; its text is shown this once", flags.json);
  std::printf("%s\n", made.secret().c_str());
  return {};
}

Status List(const ListFlags& flags) {
  client::Client client(flags.client());
  v1::ListTokensResponse shown;
  ATELIER_RETURN_IF_ERROR(ForEachPage(
      flags,
      [&](int limit, const std::string& token) {
        return client.ListTokens(limit, token, flags.of_tenant);
      },
      [&](v1::ListTokensResponse page) {
        shown.mutable_tokens()->MergeFrom(page.tokens());
        shown.set_next_page_token(page.next_page_token());
      }));
  if (flags.json) {
    PrintJson(shown);
    return {};
  }
  std::fputs(TokenTable(shown.tokens()).c_str(), stdout);
  PrintNextPage(shown.next_page_token());
  return {};
}

ExitCode Revoke(const RevokeFlags& flags) {
  const std::string name = FullName(flags.name);
  const auto revoked = client::Client(flags.client()).RevokeToken(name);
  return PrintDone(revoked ? Status() : Status(Propagate(revoked.error())), "revoked", name,
                   flags.json);
}

}  // namespace

void AddTokens(CLI::App& app, Context& context) {
  CLI::App& tokens = *app.add_subcommand("tokens", "Say who may call the server, as whom");
  tokens.require_subcommand(1);

  auto create = std::make_shared<CreateFlags>();
  CLI::App& create_command =
      *tokens.add_subcommand("create", "Make a token and print its text, this once");
  AddCommonFlags(create_command, *create);
  create_command.add_option("of", create->of_tenant, "The tenant whose calls it is for")
      ->required();
  create_command.add_option("--right", create->rights, "What it is for; may be given again")
      ->required()
      ->delimiter(',')
      ->check(CLI::IsMember({"read", "submit", "administer", "work"}));
  create_command.add_option("--days", create->days, "How long it is taken; default: until revoked")
      ->check(CLI::Range(0.0001, 3650.0));
  create_command.add_option("--note", create->note, "What it is for, for people");
  OnCommand(create_command, context, create, [](const CreateFlags& given) {
    const Status status = Create(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command =
      *tokens.add_subcommand("list", "Tokens without their text, newest first");
  AddCommonFlags(list_command, *list);
  AddPageFlags(list_command, *list);
  list_command.add_option("--of", list->of_tenant, "Only this tenant's");
  OnCommand(list_command, context, list, [](const ListFlags& given) {
    const Status status = List(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto revoke = std::make_shared<RevokeFlags>();
  CLI::App& revoke_command = *tokens.add_subcommand("revoke", "End a token at once");
  AddCommonFlags(revoke_command, *revoke);
  revoke_command.add_option("name", revoke->name, "tokens/TOKEN or TOKEN")->required();
  OnCommand(revoke_command, context, revoke,
            [](const RevokeFlags& given) { return Revoke(given); });
}

}  // namespace atelier::cli
