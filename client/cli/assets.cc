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
  CLI::App& assets = *app.add_subcommand("assets", "Store and fetch pictures");
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
}

}  // namespace atelier::cli
