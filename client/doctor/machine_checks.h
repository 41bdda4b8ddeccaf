// Processor, memory and ports of this machine.
#pragma once

#include <string>

#include "client/doctor/finding.h"

namespace atelier::doctor {

/// Vector instructions and cores; what CPU kernels are fast with.
Finding CheckProcessor();

/// Memory that could be used now.
Finding CheckMemory();
/// The verdict on the text of /proc/meminfo.
Finding JudgeMemory(const std::string& meminfo);

/// Whether `count` ports from that of `address` (host:port) on may be listened on. Port 0 always
/// may.
Findings CheckPorts(const std::string& address, int count);

}  // namespace atelier::doctor
