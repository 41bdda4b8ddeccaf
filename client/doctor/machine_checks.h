// Processor, memory and ports of this machine.
#pragma once

#include <string>

#include "client/doctor/finding.h"
#include "system/cgroup_limits.h"

namespace atelier::doctor {

/// Vector instructions and the cores that this process may use; what CPU kernels are fast with.
Finding CheckProcessor(const CgroupFiles& cgroup = {});

/// Memory that could be used now.
Finding CheckMemory();
/// The verdict on the text of /proc/meminfo and what the control group leaves of it.
Finding JudgeMemory(const std::string& meminfo, const CgroupLimits& limits = {});

/// Whether `count` ports from that of `address` (host:port) on may be listened on. Port 0 always
/// may.
Findings CheckPorts(const std::string& address, int count);

}  // namespace atelier::doctor
