#include "client/doctor/machine_checks.h"

#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace atelier::doctor {
namespace {

using boost::asio::ip::tcp;

/// LibTorch, the default model four times over (server and three workers) and some room.
constexpr uint64_t kNeededKib = 1500ull << 10;

/// The verdict on one port.
Finding CheckPort(const std::string& host, int port) {
  const std::string address = host + ":" + std::to_string(port);
  boost::asio::io_context io;
  boost::system::error_code error;
  tcp::resolver resolver(io);
  // "[::1]" of an address is "::1" to the resolver.
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
  const auto found = resolver.resolve(name, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return {Severity::kProblem, "port", address + ": the host is not known: " + error.message()};
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (!error) return {Severity::kOk, "port", address + " is free"};
  if (error == boost::asio::error::address_in_use) {
    return {Severity::kProblem, "port",
            address + " is taken by another program; end it or listen on another port"};
  }
  return {Severity::kProblem, "port", address + " cannot be listened on: " + error.message()};
}

}  // namespace

Finding CheckProcessor() {
  const std::string cores = std::to_string(std::thread::hardware_concurrency()) + " cores";
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) {
    return {Severity::kWarning, "processor",
            cores + " without AVX2: painting on the CPU takes several times as long"};
  }
  return {Severity::kOk, "processor",
          cores + (__builtin_cpu_supports("avx512f") ? ", AVX-512" : ", AVX2")};
#else
  return {Severity::kOk, "processor", cores};
#endif
}

Finding JudgeMemory(const std::string& meminfo) {
  std::istringstream lines(meminfo);
  std::string name, unit;
  uint64_t kib = 0;
  while (lines >> name >> kib) {
    std::getline(lines, unit);
    if (name != "MemAvailable:") continue;
    const std::string text = std::to_string(kib >> 10) + " MiB of memory available";
    if (kib >= kNeededKib) return {Severity::kOk, "memory", text};
    return {Severity::kWarning, "memory",
            text + "; the whole studio needs about " + std::to_string(kNeededKib >> 10) + " MiB"};
  }
  return {Severity::kWarning, "memory", "/proc/meminfo does not say how much memory is available"};
}

Finding CheckMemory() {
  std::ifstream file("/proc/meminfo");
  return JudgeMemory({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

Findings CheckPorts(const std::string& address, int count) {
  const size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  int first = -1;
  if (colon != std::string::npos && colon > 0) {
    const char* end = address.data() + address.size();
    const auto read = std::from_chars(address.data() + colon + 1, end, first);
    if (read.ec != std::errc() || read.ptr != end) first = -1;
  }
  if (first < 0 || first + count > 65536) {
    return {{Severity::kProblem, "port", address + " is no host:port with room for all ports"}};
  }
  if (first == 0) return {{Severity::kOk, "port", address + " takes free ones"}};
  Findings taken;
  for (int port = first; port < first + count; ++port) {
    Finding finding = CheckPort(host, port);
    if (finding.severity != Severity::kOk) taken.push_back(std::move(finding));
  }
  if (!taken.empty()) return taken;
  const std::string last = count > 1 ? " to " + std::to_string(first + count - 1) : "";
  return {{Severity::kOk, "port",
           host + ":" + std::to_string(first) + last + (count > 1 ? " are free" : " is free")}};
}

}  // namespace atelier::doctor
