#include "server/access/secrets.h"

#include "rpc/secret.h"

namespace atelier::server {

Result<Secrets> OpenSecrets(const std::filesystem::path& data,
                            const std::string& worker_secret_file) {
  Secrets secrets;
  ATELIER_ASSIGN_OR_RETURN(secrets.administrator,
                           rpc::ReadOrMakeSecret(data / "administrator.token", "data"));
  if (!worker_secret_file.empty()) {
    ATELIER_ASSIGN_OR_RETURN(secrets.worker,
                             rpc::ReadSecret(worker_secret_file, "worker_secret_file"));
    return secrets;
  }
  ATELIER_ASSIGN_OR_RETURN(secrets.worker,
                           rpc::ReadOrMakeSecret(data / "worker.secret", "worker_secret_file"));
  return secrets;
}

}  // namespace atelier::server
