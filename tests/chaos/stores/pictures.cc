#include "chaos/stores/pictures.h"

#include <memory>
#include <utility>

namespace atelier::chaos {
namespace {

constexpr char kWeed[] = ATELIER_SOURCE_DIR "/.venv/bin/weed";

}  // namespace

Result<Pictures*> Pictures::Get() {
  // The proxy must know the port, which the process has once it was started.
  static std::unique_ptr<Pictures> pictures;
  if (pictures) return pictures.get();
  auto process = std::make_unique<testing::SeaweedProcess>();
  ATELIER_RETURN_IF_ERROR(process->Start(kWeed));
  pictures.reset(new Pictures(std::move(process)));
  return pictures.get();
}

void Pictures::Refresh() {
  proxy_.Heal();
  ++prefixes_;
}

Status Pictures::Start() { return process_.Start(kWeed); }

server::S3BlobStore::Options Pictures::Options() const {
  server::S3BlobStore::Options options;
  options.client.endpoint = "http://127.0.0.1:" + std::to_string(proxy_.port());
  options.client.bucket = testing::SeaweedProcess::Bucket();
  options.client.credentials_file = process_.credentials_file().string();
  options.prefix = "lab" + std::to_string(prefixes_) + "/";
  return options;
}

std::vector<std::string> Pictures::Flags() const {
  const server::S3BlobStore::Options options = Options();
  return {"--s3-endpoint",         options.client.endpoint,
          "--s3-bucket",           options.client.bucket,
          "--s3-prefix",           "lab" + std::to_string(prefixes_),
          "--s3-credentials-file", options.client.credentials_file};
}

}  // namespace atelier::chaos
