#include "edit/parse/load_parser.h"

#include <utility>

namespace atelier::edit {

Result<std::shared_ptr<const Parser>> LoadParser(std::shared_ptr<const people::Body> body) {
  return Parser::Load(std::move(body), ATELIER_REGION_PRIOR);
}

}  // namespace atelier::edit
