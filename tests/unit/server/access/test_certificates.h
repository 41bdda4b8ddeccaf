// Certificates made by a test: an authority, and what it signs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace atelier::testing {

/// PEM files of one party.
struct CertificateFiles {
  std::filesystem::path cert;
  std::filesystem::path key;
};

class TestAuthority {
 public:
  /// Writes its certificate to `folder`/`name`.pem.
  TestAuthority(const std::filesystem::path& folder, const std::string& name);
  ~TestAuthority();

  const std::filesystem::path& cert() const { return cert_; }
  /// Writes a pair of `folder`/`name`.pem and .key, over what is there, valid for `names`, in
  /// OpenSSL's words: "DNS:localhost,IP:127.0.0.1,URI:atelier://acme/read".
  CertificateFiles Issue(const std::string& name, const std::string& names) const;

 private:
  struct Parts;

  const std::filesystem::path folder_;
  const std::filesystem::path cert_;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace atelier::testing
