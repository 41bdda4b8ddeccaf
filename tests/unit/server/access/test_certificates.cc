#include "unit/server/access/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <catch2/catch.hpp>

namespace atelier::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Without a signature. `issuer` null: itself.
Certificate Prepare(EVP_PKEY* key, const std::string& name, X509* issuer) {
  static std::atomic<int> serial = 1;
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer ? X509_get_subject_name(issuer) : subject);
  return certificate;
}

void WriteCertificate(const std::filesystem::path& path, X509* certificate) {
  BIO* file = BIO_new_file(path.c_str(), "w");
  REQUIRE(PEM_write_bio_X509(file, certificate) == 1);
  BIO_free(file);
}

void WriteKey(const std::filesystem::path& path, EVP_PKEY* key) {
  BIO* file = BIO_new_file(path.c_str(), "w");
  REQUIRE(PEM_write_bio_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  BIO_free(file);
}

Key NewKey() { return Key(EVP_EC_gen("P-256"), &EVP_PKEY_free); }

}  // namespace

struct TestAuthority::Parts {
  Key key = NewKey();
  Certificate certificate{nullptr, &X509_free};
};

TestAuthority::TestAuthority(const std::filesystem::path& folder, const std::string& name)
    : folder_(folder), cert_(folder / (name + ".pem")), parts_(std::make_unique<Parts>()) {
  parts_->certificate = Prepare(parts_->key.get(), name, nullptr);
  X509* certificate = parts_->certificate.get();
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  REQUIRE(X509_sign(certificate, parts_->key.get(), EVP_sha256()) > 0);
  WriteCertificate(cert_, certificate);
}

TestAuthority::~TestAuthority() = default;

CertificateFiles TestAuthority::Issue(const std::string& name, const std::string& names) const {
  const Key key = NewKey();
  const Certificate certificate = Prepare(key.get(), name, parts_->certificate.get());
  AddExtension(certificate.get(), parts_->certificate.get(), NID_subject_alt_name, names);
  REQUIRE(X509_sign(certificate.get(), parts_->key.get(), EVP_sha256()) > 0);
  CertificateFiles files{folder_ / (name + ".pem"), folder_ / (name + ".key")};
  WriteCertificate(files.cert, certificate.get());
  WriteKey(files.key, key.get());
  return files;
}

}  // namespace atelier::testing
