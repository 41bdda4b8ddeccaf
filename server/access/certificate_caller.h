// Callers by their client certificates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/access/caller.h"

namespace atelier::server {

/// The caller that a certificate with these URIs (subjectAltName) names: the first of the form
/// `atelier://TENANT/RIGHT+RIGHT`, e.g. "atelier://acme/read+submit". Nothing when there is none.
std::optional<Caller> CallerOfCertificate(const std::vector<std::string>& uris);

}  // namespace atelier::server
