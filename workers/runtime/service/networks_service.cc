#include "runtime/service/networks_service.h"

#include <system_error>

#include "base/version.h"
#include "digest/folder_digest.h"
#include "digest/sha256.h"
#include "rpc/status.h"

namespace atelier::runtime {

Result<std::string> NetworksIdentity(const std::vector<std::filesystem::path>& files,
                                     const std::string& settings) {
  std::string lines = std::string(kVersion) + "\n" + settings + "\n";
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    std::string digest = "none";
    if (std::filesystem::is_directory(file, error)) {
      ATELIER_ASSIGN_OR_RETURN(digest, FolderSha256Hex(file));
    } else if (std::filesystem::is_regular_file(file, error)) {
      ATELIER_ASSIGN_OR_RETURN(digest, FileSha256Hex(file));
    }
    lines.append(digest).append("\n");
  }
  return Sha256Hex(lines);
}

grpc::Status NetworksServiceImpl::GetNetworks(grpc::ServerContext* /*context*/,
                                              const v1::GetNetworksRequest* /*request*/,
                                              v1::GetNetworksResponse* response) {
  if (draining_.load()) {
    return rpc::ToGrpc(
        Error{Code::kUnavailable, "WORKER_DRAINING", "the process is shutting down", ""});
  }
  const auto identity = loaded_.Get();
  if (!identity) return rpc::ToGrpc(identity.error());
  response->set_identity(**identity);
  return grpc::Status::OK;
}

}  // namespace atelier::runtime
