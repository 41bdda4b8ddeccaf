#include "server/blobs/s3/s3_client.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "digest/sha256.h"
#include "unit/server/blobs/fake_s3.h"

namespace atelier::server::s3 {
namespace {

using Objects = std::map<std::string, std::string>;

bool Takes(std::string_view) { return true; }

Status Put(S3Client& client, const std::string& key, const std::string& body) {
  return client.PutNew(key, body, Sha256Hex(body));
}

// A body whose parts differ.
std::string Long(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size()) + " ";
  text.resize(bytes);
  return text;
}

}  // namespace

TEST_CASE("Objects are written, read and deleted, over one connection", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  const std::string body("a\0b", 3);
  REQUIRE(Put(client, "p/k", body));
  CHECK(fake.objects() == Objects{{"p/k", body}});
  CHECK(client.Get("p/k", 3, Takes) == body);
  CHECK(client.GetFirst("p/k", 2) == body.substr(0, 2));
  REQUIRE(client.Delete("p/k"));
  REQUIRE(client.Delete("p/k"));
  CHECK(fake.objects().empty());
  const auto gone = client.Get("p/k", 3, Takes);
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().code == Code::kNotFound);
  CHECK(fake.connections() == 1);
}

TEST_CASE("An object that is there is not written over", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.SetObject("k", "first");
  REQUIRE(Put(client, "k", "second"));
  CHECK(fake.objects() == Objects{{"k", "first"}});
}

TEST_CASE("Requests that meet a busy, silent or cut server are made again", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  const Fault fault = GENERATE(Fault::kBusy, Fault::kCut, Fault::kCutAfter, Fault::kSilent);
  fake.Expect({fault, Fault::kBusy});
  REQUIRE(Put(client, "k", "body"));
  CHECK(fake.objects() == Objects{{"k", "body"}});
  fake.Expect({fault, Fault::kBusy});
  CHECK(client.Get("k", 4, Takes) == std::string("body"));
  fake.Expect({fault, Fault::kBusy});
  CHECK(client.Delete("k").has_value());
  CHECK(fake.objects().empty());
}

TEST_CASE("Half of a body, and one that the caller does not take, are read again", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.SetObject("k", "body");
  const auto is_body = [](std::string_view body) { return body == "body"; };
  fake.Expect({Fault::kHalf, Fault::kWrongByte});
  CHECK(client.Get("k", 4, is_body) == std::string("body"));
  fake.Expect({Fault::kHalf});
  CHECK(client.GetFirst("k", 2) == std::string("bo"));
}

TEST_CASE("A body that stays wrong is lost data, and said to be", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.SetObject("k", "body");
  fake.Always(Fault::kWrongByte);
  const auto read = client.Get("k", 4, [](std::string_view body) { return body == "body"; });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Code::kDataLoss);
  CHECK(read.error().reason == "ASSET_DAMAGED");
  CHECK(fake.requests().size() == 4);
}

TEST_CASE("A server that stays away is unavailable, within the deadline", "[s3]") {
  FakeS3 fake;
  ClientOptions options = fake.Options();
  options.deadline = std::chrono::milliseconds(500);
  options.tries = 1000;
  S3Client client(options);
  fake.Always(GENERATE(Fault::kBusy, Fault::kCut, Fault::kSilent));
  const auto start = std::chrono::steady_clock::now();
  const Status put = Put(client, "k", "body");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  REQUIRE_FALSE(put.has_value());
  CHECK(put.error().code == Code::kUnavailable);
  CHECK(put.error().reason == "STORAGE_UNAVAILABLE");
  CHECK_THAT(put.error().message, Catch::StartsWith("S3: "));
  CHECK_THAT(put.error().message, !Catch::Contains("127.0.0.1"));
}

TEST_CASE("While S3 is known to be away, requests are tried once, until one succeeds", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.Always(Fault::kBusy);
  CHECK_FALSE(Put(client, "k", "body").has_value());
  CHECK(fake.requests().size() == 4);
  CHECK_FALSE(Put(client, "k", "body").has_value());
  CHECK(fake.requests().size() == 5);
  fake.Always(Fault::kNone);
  CHECK(Put(client, "k", "body").has_value());
  fake.Expect({Fault::kBusy, Fault::kBusy});
  CHECK(Put(client, "k", "body").has_value());
  CHECK(fake.requests().size() == 9);
}

TEST_CASE("Nobody listening is unavailable too", "[s3]") {
  REQUIRE(LoadLibCurl());
  std::string endpoint;
  {
    const FakeS3 gone;
    endpoint = gone.Options().endpoint;
  }
  FakeS3 fake;
  ClientOptions options = fake.Options();
  options.endpoint = endpoint;
  S3Client client(options);
  CHECK(Put(client, "k", "body").error().reason == "STORAGE_UNAVAILABLE");
}

TEST_CASE("What S3 refuses is not asked again, and its words and keys are not passed on", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.Always(Fault::kDenied);
  const Status put = Put(client, "k", "body");
  REQUIRE_FALSE(put.has_value());
  CHECK(put.error().code == Code::kInternal);
  CHECK(put.error().reason == "STORAGE_FAILED");
  CHECK_THAT(put.error().message, Catch::Contains("403 AccessDenied"));
  CHECK_THAT(put.error().message, !Catch::Contains("fake-"));
  CHECK(fake.requests().size() == 1);
}

TEST_CASE("Large objects go up in parts, of which failed ones are sent again", "[s3]") {
  FakeS3 fake;
  ClientOptions options = fake.Options();
  options.multipart_bytes = 1000;
  options.part_bytes = 400;
  S3Client client(options);
  const std::string body = Long(1001);
  SECTION("one after the other") {
    REQUIRE(Put(client, "k", body));
    CHECK(fake.requests() ==
          std::vector<std::string>{
              "POST /bucket/k?uploads=", "PUT /bucket/k?partNumber=1&uploadId=upload-1",
              "PUT /bucket/k?partNumber=2&uploadId=upload-1",
              "PUT /bucket/k?partNumber=3&uploadId=upload-1", "POST /bucket/k?uploadId=upload-1"});
  }
  SECTION("with faults on the way") {
    fake.Expect({Fault::kCut, Fault::kNone, Fault::kBusy, Fault::kCutAfter, Fault::kNone,
                 Fault::kNone, Fault::kErrorInside});
    REQUIRE(Put(client, "k", body));
  }
  SECTION("whose end was reached by a lost answer") {
    fake.Expect({Fault::kNone, Fault::kNone, Fault::kNone, Fault::kNone, Fault::kCutAfter});
    REQUIRE(Put(client, "k", body));
  }
  SECTION("an object of the limit is sent whole") {
    REQUIRE(Put(client, "k", body.substr(0, 1000)));
    CHECK(fake.requests().size() == 1);
    return;
  }
  CHECK(fake.objects() == Objects{{"k", body}});
  CHECK(fake.unfinished_uploads() == 0);
}

TEST_CASE("Parts of an upload that cannot end are taken away", "[s3]") {
  FakeS3 fake;
  ClientOptions options = fake.Options();
  options.multipart_bytes = 1000;
  options.part_bytes = 400;
  S3Client client(options);
  fake.Expect({Fault::kNone, Fault::kNone, Fault::kDenied});
  CHECK_FALSE(Put(client, "k", Long(2000)).has_value());
  CHECK(fake.unfinished_uploads() == 0);
  CHECK(fake.objects().empty());
}

TEST_CASE("A clock that is an hour off is put right by S3's", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  fake.SetClockAhead(GENERATE(std::chrono::seconds(3600), std::chrono::seconds(-3600)));
  REQUIRE(Put(client, "k", "body"));
  REQUIRE(Put(client, "l", "body"));
  // It learnt that once.
  CHECK(fake.requests().size() == 3);
}

TEST_CASE("Many threads share the client", "[s3]") {
  FakeS3 fake;
  S3Client client(fake.Options());
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string key = std::to_string(t) + "." + std::to_string(i);
        if (!Put(client, key, key) || client.Get(key, 4, Takes) != key) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(fake.objects().size() == 160);
  CHECK(fake.connections() <= 8);
}

TEST_CASE("A wrong setting is named", "[s3]") {
  FakeS3 fake;
  ClientOptions options = fake.Options();
  testing::TempDir folder;
  std::string field;
  SECTION("right ones are not") {
    CHECK(S3Client(options).CheckAccess("p/").has_value());
    CHECK(fake.objects().empty());
    return;
  }
  SECTION("the bucket") {
    options.bucket = "other";
    field = "s3_bucket";
  }
  SECTION("the secret") {
    std::ofstream(folder.path() / "keys")
        << "aws_access_key_id=fake-key\naws_secret_access_key=wrong-secret\n";
    options.credentials_file = (folder.path() / "keys").string();
    field = "s3_credentials_file";
  }
  SECTION("a file without keys") {
    std::ofstream(folder.path() / "keys") << "aws_secret_access_key=wrong-secret\n";
    options.credentials_file = (folder.path() / "keys").string();
    field = "s3_credentials_file";
  }
  SECTION("no file") {
    options.credentials_file = (folder.path() / "none").string();
    field = "s3_credentials_file";
  }
  const Status access = S3Client(options).CheckAccess("p/");
  REQUIRE_FALSE(access.has_value());
  CHECK(access.error().code == Code::kInvalidArgument);
  CHECK(access.error().field == field);
  CHECK_THAT(access.error().message, Catch::Contains(field));
  CHECK_THAT(access.error().message, !Catch::Contains("secret"));
}

TEST_CASE("Endpoints are a scheme and a host", "[s3]") {
  for (const char* good : {"http://s3", "https://s3.example.org:8333"})
    CHECK(CheckEndpoint(good).has_value());
  for (const char* bad : {"s3.example.org", "ftp://s3", "http://", "https://s3/bucket", ""}) {
    CAPTURE(bad);
    REQUIRE_FALSE(CheckEndpoint(bad).has_value());
    CHECK(CheckEndpoint(bad).error().field == "s3_endpoint");
  }
}

TEST_CASE("Keys are read from a file of the usual form", "[s3]") {
  const Credentials keys = ParseCredentials(
      "# ours\n[other]\naws_access_key_id = no\n[default]\r\naws_access_key_id = id\r\n"
      "aws_secret_access_key=a=b/+\naws_session_token = t\n");
  CHECK(keys.access_key == "id");
  CHECK(keys.secret_key == "a=b/+");
  CHECK(keys.session_token == "t");
}

TEST_CASE("A file of keys that changes is read again", "[s3]") {
  const testing::TempDir folder;
  const std::string path = (folder.path() / "keys").string();
  CredentialsSource source(path);
  std::ofstream(path) << "aws_access_key_id=a\naws_secret_access_key=b\n";
  CHECK(source.Get()->access_key == "a");
  std::ofstream(path) << "aws_access_key_id=c\naws_secret_access_key=d\n";
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
  CHECK(source.Get()->access_key == "c");
  std::filesystem::remove(path);
  CHECK(source.Get()->access_key == "c");
}

}  // namespace atelier::server::s3
