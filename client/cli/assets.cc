#include <cstdio>
#include <nlohmann/json.hpp>

#include "client/cli/command.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

struct UploadFlags : CommonFlags {
  std::string file;
};

struct DownloadFlags : CommonFlags {
  std::string name;
  std::string out;
};

struct ListFlags : CommonFlags {
  int limit = 50;
  std::string page_token;
};

struct NameFlags : CommonFlags {
  std::string name;
};

/// "SHA256" and "assets/SHA256" are the same asset.
std::string FullName(const std::string& name) {
  return name.starts_with("assets/") ? name : "assets/" + name;
}

Status List(const ListFlags& flags) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::ListAssetsResponse page,
                           client.ListAssets(flags.limit, flags.page_token));
  if (flags.json) {
    PrintJson(page);
    return {};
  }
  for (const v1::Asset& asset : page.assets()) {
    std::printf("%s  %dx%d  %s  %lld bytes\n", asset.name().c_str(), asset.width(), asset.height(),
                asset.content_type().c_str(), static_cast<long long>(asset.size_bytes()));
  }
  PrintNextPage(page.next_page_token());
  return {};
}

ExitCode Delete(const NameFlags& flags) {
  const std::string name = FullName(flags.name);
  return PrintDone(client::Client(flags.client()).DeleteAsset(name), "deleted", name, flags.json);
}

Status Upload(const UploadFlags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Picture picture, client::PictureFromFile(flags.file));
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::Asset asset, client.Upload(picture.data()));
  if (flags.json) {
    PrintJson(asset);
  } else {
    std::printf("%s\n", asset.name().c_str());
  }
  return {};
}

Status Download(const DownloadFlags& flags) {
  ATELIER_RETURN_IF_ERROR(client::CheckWritable(flags.out));
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, client.Download(flags.name));
  ATELIER_RETURN_IF_ERROR(client::WriteFileAtomically(flags.out, bytes));
  if (flags.json) {
    const nlohmann::json shown{{"name", flags.name}, {"file", flags.out}, {"bytes", bytes.size()}};
    std::printf("%s\n", shown.dump().c_str());
  }
  return {};
}

}  // namespace

void AddAssets(CLI::App& app, Context& context) {
  CLI::App& assets = *app.add_subcommand("assets", "Store, fetch, list and delete pictures");
  assets.require_subcommand(1);

  auto upload = std::make_shared<UploadFlags>();
  CLI::App& upload_command = *assets.add_subcommand("upload", "Store a picture, print its name");
  AddCommonFlags(upload_command, *upload);
  upload_command.add_option("file", upload->file, "PNG, JPEG or WebP")->required();
  OnCommand(upload_command, context, upload, [](const UploadFlags& given) {
    const Status status = Upload(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto download = std::make_shared<DownloadFlags>();
  CLI::App& download_command = *assets.add_subcommand("download", "Fetch a picture");
  AddCommonFlags(download_command, *download);
  download_command.add_option("name", download->name, "assets/SHA256")->required();
  download_command.add_option("-o,--out", download->out, "File to write")->required();
  OnCommand(download_command, context, download, [](const DownloadFlags& given) {
    const Status status = Download(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command = *assets.add_subcommand("list", "Stored pictures, the last first");
  AddCommonFlags(list_command, *list);
  list_command.add_option("--limit", list->limit, "How many, 1 to 1000")->capture_default_str();
  list_command.add_option("--page-token", list->page_token, "Go on where the page before ended");
  OnCommand(list_command, context, list, [](const ListFlags& given) {
    const Status status = List(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto named = std::make_shared<NameFlags>();
  CLI::App& delete_command =
      *assets.add_subcommand("delete", "Remove a picture that no kept job names");
  AddCommonFlags(delete_command, *named);
  delete_command.add_option("name", named->name, "assets/SHA256 or SHA256")->required();
  OnCommand(delete_command, context, named, Delete);
}

}  // namespace atelier::cli
