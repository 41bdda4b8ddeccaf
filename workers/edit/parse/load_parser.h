// The parser with the prior that programs are built with.
#pragma once

#include <memory>

#include "base/result.h"
#include "edit/parse/parser.h"

namespace atelier::edit {

/// Errors as Parser::Load(): a body of another file than the project's needs a prior of its own.
Result<std::shared_ptr<const Parser>> LoadParser(std::shared_ptr<const people::Body> body);

}  // namespace atelier::edit
