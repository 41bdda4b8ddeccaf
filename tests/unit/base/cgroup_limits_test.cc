#include "system/cgroup_limits.h"

#include <catch2/catch.hpp>

#include "../../support/temp_dir.h"
#include "../../support/write_file.h"

namespace atelier {
namespace {

namespace fs = std::filesystem;

/// The files of a kernel, laid out by the test.
class Kernel {
 public:
  explicit Kernel(const std::string& membership) { Write("membership", membership); }

  void Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    testing::WriteFile(path, text);
  }
  CgroupFiles files() const { return {folder_.path() / "membership", folder_.path() / "root"}; }

 private:
  testing::TempDir folder_;
};

TEST_CASE("A pod with one and a half processors of a large node starts no thread for the others",
          "[cgroup]") {
  Kernel kernel("0::/\n");
  kernel.Write("root/cpu.max", "150000 100000\n");
  CHECK(ReadCgroupLimits(kernel.files()).processors == 1.5);
  CHECK(UsableProcessors(kernel.files()) <= 2);
  kernel.Write("root/cpu.max", "20000 100000\n");
  CHECK(UsableProcessors(kernel.files()) == 1);
}

TEST_CASE("A control group without limits leaves the machine's processors and memory", "[cgroup]") {
  Kernel kernel("0::/user.slice\n");
  kernel.Write("root/user.slice/cpu.max", "max 100000\n");
  kernel.Write("root/user.slice/memory.max", "max\n");
  const CgroupLimits limits = ReadCgroupLimits(kernel.files());
  CHECK_FALSE(limits.processors);
  CHECK_FALSE(limits.memory_bytes);
  CHECK(UsableProcessors(kernel.files()) == UsableProcessors({"/none", "/none"}));
}

TEST_CASE("The tightest limit counts wherever it stands above the process", "[cgroup]") {
  Kernel kernel("0::/slice/pod/container\n");
  kernel.Write("root/slice/cpu.max", "400000 100000\n");
  kernel.Write("root/slice/pod/cpu.max", "50000 100000\n");
  kernel.Write("root/slice/pod/container/cpu.max", "max 100000\n");
  kernel.Write("root/slice/memory.max", "4000\n");
  kernel.Write("root/slice/memory.current", "3900\n");
  kernel.Write("root/slice/pod/container/memory.max", "1000\n");
  kernel.Write("root/slice/pod/container/memory.current", "700\n");
  kernel.Write("root/slice/pod/container/memory.stat", "anon 500\ninactive_file 200\n");
  const CgroupLimits limits = ReadCgroupLimits(kernel.files());
  CHECK(limits.processors == .5);
  CHECK(limits.memory_bytes == 1000u);
  CHECK(limits.memory_left_bytes == 100u);  // The slice is nearly full.
}

TEST_CASE("File cache of a control group is memory that is left", "[cgroup]") {
  Kernel kernel("0::/\n");
  kernel.Write("root/memory.max", "1000\n");
  kernel.Write("root/memory.current", "700\n");
  kernel.Write("root/memory.stat", "anon 500\ninactive_file 200\n");
  CHECK(ReadCgroupLimits(kernel.files()).memory_left_bytes == 500u);
}

TEST_CASE("Limits of the older control groups are read, too", "[cgroup]") {
  Kernel kernel("4:memory:/pod\n2:cpu,cpuacct:/pod\n1:cpuset:/\n");
  kernel.Write("root/cpu,cpuacct/pod/cpu.cfs_quota_us", "200000\n");
  kernel.Write("root/cpu,cpuacct/pod/cpu.cfs_period_us", "100000\n");
  kernel.Write("root/memory/memory.limit_in_bytes", "9223372036854771712\n");
  kernel.Write("root/memory/pod/memory.limit_in_bytes", "2000\n");
  kernel.Write("root/memory/pod/memory.usage_in_bytes", "500\n");
  const CgroupLimits limits = ReadCgroupLimits(kernel.files());
  CHECK(limits.processors == 2);
  CHECK(limits.memory_bytes == 2000u);
  CHECK(limits.memory_left_bytes == 1500u);
  kernel.Write("root/cpu,cpuacct/pod/cpu.cfs_quota_us", "-1\n");
  CHECK_FALSE(ReadCgroupLimits(kernel.files()).processors);
}

TEST_CASE("A container that sees its host's path finds its own limits at the root", "[cgroup]") {
  Kernel kernel("0::/kubepods/pod1/abc\n");
  kernel.Write("root/cpu.max", "100000 100000\n");
  CHECK(UsableProcessors(kernel.files()) == 1);
}

}  // namespace
}  // namespace atelier
