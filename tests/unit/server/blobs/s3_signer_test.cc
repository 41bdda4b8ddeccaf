// The examples of Amazon's documentation: "Signature Calculations for the Authorization Header:
// Transferring Payload in a Single Chunk (AWS Signature Version 4)".
#include "server/blobs/s3/s3_signer.h"

#include <catch2/catch.hpp>

#include "digest/sha256.h"

namespace atelier::server::s3 {
namespace {

const Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
constexpr char kHost[] = "examplebucket.s3.amazonaws.com";

// 2013-05-24 00:00:00 UTC.
std::string AuthorizationOf(const SignedRequest& request) {
  const std::chrono::system_clock::time_point then(std::chrono::seconds(1369353600));
  for (const auto& [name, value] : Sign(request, kCredentials, "us-east-1", then))
    if (name == "authorization") return value;
  return "";
}

std::string SignatureOf(const SignedRequest& request) {
  const std::string text = AuthorizationOf(request);
  return text.substr(text.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("Requests are signed as in Amazon's published examples", "[s3]") {
  SECTION("a GET of some bytes") {
    CHECK(AuthorizationOf({.method = "GET",
                           .host = kHost,
                           .path = "/test.txt",
                           .headers = {{"range", "bytes=0-9"}},
                           .payload_sha256 = Sha256Hex("")}) ==
          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  }
  SECTION("a PUT, of a name that has to be encoded") {
    CHECK(SignatureOf({.method = "PUT",
                       .host = kHost,
                       .path = "/" + UriEncode("test$file.text", true),
                       .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                       .payload_sha256 = Sha256Hex("Welcome to Amazon S3.")}) ==
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  }
  SECTION("a query without a value") {
    CHECK(SignatureOf({.method = "GET",
                       .host = kHost,
                       .path = "/",
                       .query = {{"lifecycle", ""}},
                       .payload_sha256 = Sha256Hex("")}) ==
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  }
  SECTION("a list") {
    CHECK(SignatureOf({.method = "GET",
                       .host = kHost,
                       .path = "/",
                       .query = {{"prefix", "J"}, {"max-keys", "2"}},
                       .payload_sha256 = Sha256Hex("")}) ==
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}

TEST_CASE("Temporary credentials are sent and signed along", "[s3]") {
  const Credentials temporary{"key", "secret", "token"};
  const Pairs added = Sign({.method = "GET", .host = "h", .path = "/", .payload_sha256 = "x"},
                           temporary, "us-east-1", {});
  CHECK(std::find(added.begin(), added.end(),
                  std::pair<std::string, std::string>("x-amz-security-token", "token")) !=
        added.end());
  CHECK_THAT(added.back().second, Catch::Contains("x-amz-date;x-amz-security-token"));
}

TEST_CASE("Names and queries are encoded as signatures want them", "[s3]") {
  CHECK(UriEncode("a b/ü+~", true) == "a%20b/%C3%BC%2B~");
  CHECK(UriEncode("a/b") == "a%2Fb");
  CHECK(QueryString({{"uploads", ""}}) == "uploads=");
  CHECK(QueryString({{"b", "x=y"}, {"a", "1"}}) == "a=1&b=x%3Dy");
}

}  // namespace atelier::server::s3
