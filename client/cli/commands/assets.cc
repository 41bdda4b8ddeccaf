#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/cli/command.h"
#include "client/cli/commands/pages.h"
#include "client/cli/display/tables.h"
#include "client/cli/files/inputs.h"
#include "client/cli/files/outputs.h"
#include "client/cli/files/picture_format.h"
#include "client/sendable.h"
#include "picture/picture_header.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

struct UploadFlags : CommonFlags {
  std::string file;
};

struct DownloadFlags : CommonFlags {
  std::string name;
  std::string out;
  bool force = false;
};

struct ListFlags : CommonFlags, PageFlags {};

struct NameFlags : CommonFlags {
  std::string name;
};

/// "SHA256" and "assets/SHA256" are the same asset.
std::string FullName(const std::string& name) {
  return name.starts_with("assets/") ? name : "assets/" + name;
}

Status List(const ListFlags& flags) {
  client::Client client(flags.client());
  v1::ListAssetsResponse shown;
  ATELIER_RETURN_IF_ERROR(ForEachPage(
      flags, [&](int limit, const std::string& token) { return client.ListAssets(limit, token); },
      [&](v1::ListAssetsResponse page) {
        shown.mutable_assets()->MergeFrom(page.assets());
        shown.set_next_page_token(page.next_page_token());
      }));
  if (flags.json) {
    PrintJson(shown);
    return {};
  }
  std::fputs(AssetTable(shown.assets()).c_str(), stdout);
  PrintNextPage(shown.next_page_token());
  return {};
}

ExitCode Delete(const NameFlags& flags) {
  const std::string name = FullName(flags.name);
  return PrintDone(client::Client(flags.client()).DeleteAsset(name), "deleted", name, flags.json);
}

Status Upload(const UploadFlags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Picture picture, PictureFromInput(flags.file));
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::Asset asset, client.Upload(picture.data()));
  if (flags.json) {
    PrintJson(asset);
  } else {
    std::printf("%s\n", asset.name().c_str());
  }
  return {};
}

/// Assets are written as they are stored: a file that is named as another format would lie.
Status CheckExtension(const std::string& path, const std::string& bytes) {
  const auto header = ReadPictureHeader(bytes, "asset", static_cast<int64_t>(bytes.size()));
  const bool named = !fs::path(path).extension().empty() && !IsStandardOutput(path);
  if (!named || !header) return {};
  const bool heic = HasHeicExtension(path);
  const auto format = heic ? Result<PictureFormat>(PictureFormat::kHeic) : FormatOf(path, "--out");
  if (!format || *format == header->format) return {};
  const std::string type(ContentTypeOf(header->format));
  return client::BadArgument("--out", "a file name for the asset's type, " + type, path);
}

Status Download(const DownloadFlags& flags) {
  const Output out{"--out", flags.out, OutputKind::kBytes};
  ATELIER_RETURN_IF_ERROR(CheckOutputs({out}, flags.force, flags.json));
  client::Client client(flags.client());
  const std::string name = FullName(flags.name);
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, client.Download(name));
  ATELIER_RETURN_IF_ERROR(CheckExtension(flags.out, bytes));
  ATELIER_RETURN_IF_ERROR(WriteOutput(out, bytes, flags.force));
  if (flags.json) {
    const nlohmann::json shown{{"name", name}, {"file", flags.out}, {"bytes", bytes.size()}};
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
  upload_command.add_option("file", upload->file, "PNG, JPEG, WebP or HEIC; - for standard input")
      ->required();
  OnCommand(upload_command, context, upload, [](const UploadFlags& given) {
    const Status status = Upload(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto download = std::make_shared<DownloadFlags>();
  CLI::App& download_command = *assets.add_subcommand("download", "Fetch a picture");
  AddCommonFlags(download_command, *download);
  download_command.add_option("name", download->name, "assets/SHA256 or SHA256")->required();
  AddOutputFlag(download_command, "-o,--out", download->out,
                "File to write, as it is stored; - for standard output")
      ->required();
  AddForceFlag(download_command, download->force);
  OnCommand(download_command, context, download, [](const DownloadFlags& given) {
    const Status status = Download(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command = *assets.add_subcommand("list", "Stored pictures, the last first");
  AddCommonFlags(list_command, *list);
  AddPageFlags(list_command, *list);
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
