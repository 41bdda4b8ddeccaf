#include "rpc/method_names.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>

#include <utility>

namespace atelier::rpc {
namespace {

/// gRPC adds it by itself and does not list it.
constexpr char kHealthService[] = "grpc.health.v1.Health";

class Plugin final : public grpc::ServerBuilderPlugin {
 public:
  explicit Plugin(std::shared_ptr<MethodNames> names) : names_(std::move(names)) {}

  std::string name() override { return "atelier_method_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* server) override {
    std::vector<std::string> services = *server->GetServiceList();
    services.emplace_back(kHealthService);
    names_->Fill(services);
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  const std::shared_ptr<MethodNames> names_;
};

class Option final : public grpc::ServerBuilderOption {
 public:
  explicit Option(std::shared_ptr<MethodNames> names) : names_(std::move(names)) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<Plugin>(names_));
  }

 private:
  const std::shared_ptr<MethodNames> names_;
};

}  // namespace

void MethodNames::Fill(const std::vector<std::string>& services) {
  const auto& pool = *google::protobuf::DescriptorPool::generated_pool();
  for (const std::string& name : services) {
    const google::protobuf::ServiceDescriptor* service = pool.FindServiceByName(name);
    for (int i = 0; service && i < service->method_count(); ++i) {
      methods_.insert("/" + name + "/" + service->method(i)->name());
    }
  }
  filled_.store(true, std::memory_order_release);
}

std::unique_ptr<grpc::ServerBuilderOption> CollectMethodNames(std::shared_ptr<MethodNames> names) {
  return std::make_unique<Option>(std::move(names));
}

}  // namespace atelier::rpc
