// Catch2 beside LibTorch: c10's logging header takes the name CHECK for a macro of its own, which
// would quietly stand in for Catch2's. Include this instead of catch.hpp, before anything else.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <torch/nn.h>

#undef CHECK
#include <catch2/catch.hpp>
