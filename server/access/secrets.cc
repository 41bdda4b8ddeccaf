#include "server/access/secrets.h"

#include "rpc/secret.h"

namespace atelier::server {
namespace {

/// `given`, or else `usual`, which is made when it is not there.
Result<std::string> OpenSecret(const std::string& given, const std::filesystem::path& usual,
                               const std::string& setting) {
  return given.empty() ? rpc::ReadOrMakeSecret(usual, setting) : rpc::ReadSecret(given, setting);
}

}  // namespace

Result<Secrets> OpenSecrets(const SecretFiles& files) {
  Secrets secrets;
  ATELIER_ASSIGN_OR_RETURN(secrets.administrator,
                           OpenSecret(files.administrator, files.data / "administrator.token",
                                      "administrator_token_file"));
  ATELIER_ASSIGN_OR_RETURN(
      secrets.worker, OpenSecret(files.worker, files.data / "worker.secret", "worker_secret_file"));
  return secrets;
}

}  // namespace atelier::server
