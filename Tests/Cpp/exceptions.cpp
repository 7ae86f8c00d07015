// chainrule.hpp with exceptions. Tools/test-cpp links it with results.cpp, which is compiled without them.
#include <chainrule.hpp>

#include "../Clients/check.h"
#include "cpp.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

// A call throws this status, with these words in its message.
#define THROWS(code, words, call) \
    try { \
        static_cast<void>(call); \
        check_condition(0, __FILE__, __LINE__, "it throws: " #call); \
    } catch (const chainrule::error &error) { \
        CHECK(error.status() == (code) && std::strstr(error.what(), words)); \
        if (error.status() != (code) || !std::strstr(error.what(), words)) \
            std::fprintf(stderr, "    %s: %s\n", crl_status_name(error.status()), error.what()); \
    }

// What callbacks throw.
struct odd_exception {
    int number;
};

#define THROWS_ODD(wanted, call) \
    try { \
        static_cast<void>(call); \
        check_condition(0, __FILE__, __LINE__, "it throws: " #call); \
    } catch (const odd_exception &odd) { \
        CHECK(odd.number == (wanted)); \
    }

// Whether the options of this header begin with the values of the macros of chainrule.h.
template <class C>
bool same_bytes(const C &a, const C &b)
{
    return std::memcmp(&a, &b, sizeof a) == 0;
}

const std::vector<float> x = { 0, 0, 0, 1, 1, 0, 1, 1 }, t = { 0, 1, 1, 0 };

chainrule::network exclusive_or()
{
    chainrule::network network(2);
    network.add_dense(8, chainrule::activation::tanh);
    network.add_dense(1, chainrule::activation::sigmoid);
    network.build(1);
    return network;
}

void initial_values()
{
    using namespace chainrule;
    const crl_window w = CRL_WINDOW_INIT;
    CHECK(same_bytes(detail::same<crl_window>(window()), w));
    const crl_normalization_options n = CRL_NORMALIZATION_OPTIONS_INIT;
    CHECK(same_bytes(detail::same<crl_normalization_options>(normalization_options()), n));
    const crl_recurrent_options r = CRL_RECURRENT_OPTIONS_INIT;
    CHECK(same_bytes(detail::same<crl_recurrent_options>(recurrent_options()), r));
    const crl_attention_options a = CRL_ATTENTION_OPTIONS_INIT;
    CHECK(same_bytes(detail::same<crl_attention_options>(attention_options()), a));
    const crl_optimizer_options o = CRL_OPTIMIZER_OPTIONS_INIT;
    CHECK(same_bytes(detail::same<crl_optimizer_options>(optimizer_options()), o));
    const crl_layer_step l = CRL_LAYER_STEP_INIT;
    CHECK(same_bytes(detail::same<crl_layer_step>(layer_step()), l));
    const crl_gradient_check_options g = CRL_GRADIENT_CHECK_OPTIONS_INIT;
    CHECK(same_bytes(detail::same<crl_gradient_check_options>(gradient_check_options()), g));

    const auto layer = detail::c(layer_options());
    CHECK(layer.bias == 1 && layer.alpha == CRL_AUTO && !layer.name && !layer.function && !layer.derivative && !layer.user);
    const crl_cost_options no_cost = CRL_COST_OPTIONS_INIT;
    CHECK(same_bytes(detail::c(cost_options()), no_cost));
    const crl_schedule_options s = CRL_SCHEDULE_OPTIONS_INIT; // with padding
    const auto schedule = detail::c(schedule_options());
    CHECK(schedule.kind == s.kind && schedule.per_epoch == s.per_epoch && schedule.warmup == s.warmup && schedule.period == s.period);
    CHECK(schedule.period_factor == s.period_factor && schedule.patience == s.patience && schedule.cooldown == s.cooldown);
    CHECK(schedule.warmup_start == s.warmup_start && schedule.factor == s.factor && schedule.min_rate == s.min_rate);
    CHECK(schedule.peak == s.peak && schedule.start_divisor == s.start_divisor && schedule.end_divisor == s.end_divisor);
    CHECK(schedule.threshold == s.threshold && !schedule.function && !schedule.user && schedule.size == s.size);
    const crl_onnx_options no_onnx = CRL_ONNX_OPTIONS_INIT;
    CHECK(same_bytes(detail::c(onnx_options()), no_onnx));
    const crl_data_source no_source = CRL_DATA_SOURCE_INIT;
    CHECK(same_bytes(detail::c(data_source()), no_source));

    // But for the address of the cost.
    const train_options train_from;
    const detail::c_train_options train_to(train_from);
    crl_train_options train = *train_to.get();
    const crl_train_options no_train = CRL_TRAIN_OPTIONS_INIT;
    CHECK(same_bytes(*train.cost, no_cost));
    train.cost = nullptr;
    CHECK(same_bytes(train, no_train));
    const minimize_options minimize_from;
    const detail::c_minimize_options minimize_to(minimize_from);
    crl_minimize_options minimize = *minimize_to.get();
    const crl_minimize_options no_minimize = CRL_MINIMIZE_OPTIONS_INIT;
    minimize.cost = nullptr;
    CHECK(same_bytes(minimize, no_minimize));
    const cascade_options cascade_from;
    const detail::c_cascade_options cascade_to(cascade_from);
    const crl_cascade_options &cascade = *cascade_to.get(), k = CRL_CASCADE_OPTIONS_INIT; // with padding
    CHECK(cascade.output_activation == k.output_activation && !cascade.activations && cascade.activations_count == 0);
    CHECK(cascade.candidates == k.candidates && cascade.max_units == k.max_units && cascade.max_iterations == k.max_iterations);
    CHECK(cascade.threads == k.threads && cascade.patience == k.patience && !cascade.on_unit && !cascade.user);
    CHECK(cascade.seed == k.seed && cascade.target_cost == k.target_cost && cascade.min_delta == k.min_delta);
    const c_source_options source_from;
    const detail::c_source source_to(source_from);
    crl_c_source_options source = *source_to.get();
    const crl_c_source_options no_source_options = CRL_C_SOURCE_OPTIONS_INIT;
    source.cost = nullptr;
    CHECK(same_bytes(source, no_source_options));
}

template <class T>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>
    && !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(moves_only<chainrule::network> && moves_only<chainrule::optimizer> && moves_only<chainrule::trainer>);
static_assert(moves_only<chainrule::predictor> && moves_only<chainrule::publisher> && moves_only<chainrule::stream>);
static_assert(moves_only<chainrule::workspace> && moves_only<chainrule::cancel>);
static_assert(std::is_error_code_enum_v<chainrule::status>);

void moving()
{
    chainrule::network network = exclusive_or();
    crl_network *handle = network.get();
    CHECK(handle && network);
    chainrule::network other = std::move(network);
    CHECK(other.get() == handle && !network.get() && !network);
    network = exclusive_or();
    network = std::move(other); // destroys the one before
    CHECK(network.get() == handle);
    THROWS(CRL_ERROR_NULL, "network", other.input_size());
    chainrule::network taken(network.release());
    CHECK(!network && taken.get() == handle && taken.input_size() == 2);
    chainrule::network none;
    CHECK(!none);
    std::vector<chainrule::network> several;
    several.push_back(taken.copy());
    several.push_back(std::move(taken));
    CHECK(several[0].parameters().size() == several[1].parameters().size());
}

void errors()
{
    THROWS(CRL_ERROR_SIZE, "0", chainrule::network(std::size_t{ 0 }));
    chainrule::network network = exclusive_or();
    THROWS(CRL_ERROR_ALREADY_BUILT, "built", network.add_dense(1));
    THROWS(CRL_ERROR_NAME, "absent", network.find_tensor(std::string("absent")));
    THROWS(CRL_ERROR_FILE, "absent.safetensors", chainrule::network::load("absent.safetensors"));
    THROWS(CRL_ERROR_SIZE, "", network.predict({ chainrule::span<const float>(x).data(), 4, 1 }));
    THROWS(CRL_ERROR_SIZE, "", network.predict({ x, 3 })); // 8 numbers are no whole rows of 3
    std::vector<float> y(3);
    THROWS(CRL_ERROR_SIZE, "", network.predict({ x, 2 }, { y, 1 }));
    try {
        network.build(1);
    } catch (const std::runtime_error &error) {
        const auto &it = dynamic_cast<const chainrule::error &>(error);
        CHECK(it.code() == chainrule::status::error_already_built && it.code().message() == "CRL_ERROR_ALREADY_BUILT");
    }
    const std::error_code memory = chainrule::status::error_memory, cancelled = chainrule::status::cancelled;
    CHECK(memory == std::errc::not_enough_memory && cancelled == std::errc::operation_canceled);
    CHECK(std::string(memory.category().name()) == "chainrule" && memory != std::errc::operation_canceled);
    // The library has taken memory by now.
    THROWS(CRL_ERROR_BUSY, "", chainrule::set_allocator([](void *, std::size_t) -> void * { return nullptr; }, [](void *, void *, std::size_t) {}));
    CHECK(chainrule::version() == CRL_VERSION && std::string(chainrule::version_string()) == crl_version_string());
}

void training()
{
    chainrule::network network = exclusive_or();
    chainrule::optimizer_options method;
    method.learning_rate = 0.02f;
    chainrule::optimizer adam(network, method);
    std::size_t epochs = 0, batches = 0;
    chainrule::train_options options;
    options.optimizer = &adam;
    options.epochs = 600;
    options.on_epoch = [&](const crl_epoch &epoch) { epochs = epoch.epoch; };
    options.on_batch = [&](const crl_batch &) { ++batches; };
    network.fit({ x, 2 }, chainrule::values(t, 1), options, { { x, 2 }, chainrule::values(t, 1) });
    CHECK(epochs == 600 && batches == 600);
    const std::vector<float> y = network.predict({ x, 2 });
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(std::fabs(y[i] - t[i]) < 0.2f);
    CHECK(network.evaluate({ x, 2 }, chainrule::values(t, 1)).cost < 0.05);

    // A callable that is none, whatever it returns.
    options.on_epoch = std::function<void(const crl_epoch &)>();
    CHECK(!options.on_epoch);
    options.on_epoch = std::function<bool(const crl_epoch &)>();
    CHECK(!options.on_epoch);
    options.on_epoch = static_cast<void (*)(const crl_epoch &)>(nullptr);
    CHECK(!options.on_epoch);
    // A callback stops, by a number or by true.
    options.on_epoch = [](const crl_epoch &) { return true; };
    THROWS(CRL_CANCELLED, "", network.fit({ x, 2 }, chainrule::values(t, 1), options));
    options.on_epoch = [](const crl_epoch &epoch) -> std::int32_t { return epoch.epoch == 2; };
    THROWS(CRL_CANCELLED, "", network.fit({ x, 2 }, chainrule::values(t, 1), options));

    chainrule::trainer trainer = [&] {
        chainrule::train_options its;
        its.epochs = 2;
        its.on_epoch = [&epochs, kept = std::make_shared<std::size_t>(7)](const crl_epoch &) { epochs = *kept; };
        return chainrule::trainer(network, its);
    }();
    chainrule::trainer moved = std::move(trainer);
    moved.fit({ x, 2 }, chainrule::values(t, 1));
    CHECK(epochs == 7 && moved.progress().epochs == 2);
    const std::vector<std::byte> checkpoint = moved.save_to_memory();
    moved.load_from_memory(checkpoint);
    std::string written;
    moved.save_to_callback([&](const void *bytes, std::size_t count) { written.append(static_cast<const char *>(bytes), count); });
    CHECK(written.size() == checkpoint.size());
    std::size_t place = 0;
    moved.load_from_callback([&](void *bytes, std::size_t capacity, std::size_t &count) {
        count = written.copy(static_cast<char *>(bytes), capacity, place);
        place += count;
    });
    CHECK(place == written.size());
    CHECK(moved.partial_fit({ x, 2 }, chainrule::values(t, 1)).epoch > 0);

    chainrule::train_options fresh;
    fresh.epochs = 3;
    chainrule::trainer streamed(network, fresh);
    chainrule::data_source source;
    source.columns = 1;
    source.function = [](const crl_data_request &request, std::size_t &rows) {
        if (request.first_row > 0)
            return;
        std::copy(x.begin(), x.end(), request.x);
        std::copy(t.begin(), t.end(), request.values);
        rows = 4;
    };
    streamed.fit_source(source);
    CHECK(streamed.progress().epochs == 3);

    chainrule::minimize_options minimize;
    minimize.max_iterations = 20;
    std::size_t iterations = 0;
    minimize.on_iteration = [&](const crl_iteration &) { ++iterations; };
    CHECK(network.minimize({ x, 2 }, chainrule::values(t, 1), minimize).iterations == iterations && iterations > 0);

    chainrule::cascade_options cascade;
    cascade.max_units = 2;
    cascade.activations = { chainrule::activation::tanh, chainrule::activation::sigmoid };
    chainrule::network grown = chainrule::network::create_cascade(2, 1, { x, 2 }, chainrule::values(t, 1), cascade);
    CHECK(grown.layer_count() > 1);
    cascade.on_unit = [](const crl_cascade_unit &unit) { return unit.units == 1; };
    THROWS(CRL_CANCELLED, "", chainrule::network::create_cascade(2, 1, { x, 2 }, chainrule::values(t, 1), cascade, {}, &grown));
    CHECK(grown && grown.layer_count() == 3);
}

void exceptions_of_callbacks()
{
    chainrule::network network = exclusive_or();
    const chainrule::targets targets = chainrule::values(t, 1);
    chainrule::train_options options;
    options.on_epoch = [](const crl_epoch &epoch) {
        if (epoch.epoch == 3)
            throw odd_exception{ 3 };
    };
    THROWS_ODD(3, network.fit({ x, 2 }, targets, options));
    // It is gone: the next error is its own.
    THROWS(CRL_ERROR_ALREADY_BUILT, "built", network.build(1));
    options.on_epoch = {};
    options.on_batch = [](const crl_batch &) { throw odd_exception{ 4 }; };
    THROWS_ODD(4, network.fit({ x, 2 }, targets, options));
    // An error of the library in a callback.
    options.on_batch = [&](const crl_batch &) { static_cast<void>(network.find_tensor("absent")); };
    THROWS(CRL_ERROR_NAME, "absent", network.fit({ x, 2 }, targets, options));
    options.on_batch = {};
    options.threads = 2;
    options.cost.kind = chainrule::cost_kind::custom;
    options.cost.function = [](const float *, const float *, const float *, std::size_t, std::size_t, std::size_t, double &,
                                float *) { throw odd_exception{ 5 }; };
    THROWS_ODD(5, network.fit({ x, 2 }, targets, options));
    THROWS_ODD(5, chainrule::cost(options.cost, { t, 1 }, 1, targets));
    THROWS_ODD(5, network.evaluate({ x, 2 }, targets, options.cost));
    options.cost = {};
    options.schedule.emplace().kind = chainrule::schedule_kind::custom;
    options.schedule->function = [](std::size_t, float, double, float &) { throw odd_exception{ 6 }; };
    THROWS_ODD(6, network.fit({ x, 2 }, targets, options));
    THROWS_ODD(7, network.save_to_callback([](const void *, std::size_t) { throw odd_exception{ 7 }; }));
    THROWS_ODD(8, chainrule::network::load_from_callback([](void *, std::size_t, std::size_t &) { throw odd_exception{ 8 }; }));
    chainrule::minimize_options minimize;
    minimize.on_iteration = [](const crl_iteration &) { throw odd_exception{ 9 }; };
    THROWS_ODD(9, network.minimize({ x, 2 }, targets, minimize));
    chainrule::cascade_options cascade;
    cascade.on_unit = [](const crl_cascade_unit &) { throw odd_exception{ 10 }; };
    THROWS_ODD(10, chainrule::network::create_cascade(2, 1, { x, 2 }, targets, cascade));
    chainrule::trainer trainer(network);
    chainrule::data_source source;
    source.columns = 1;
    source.function = [](const crl_data_request &, std::size_t &) { throw odd_exception{ 11 }; };
    THROWS_ODD(11, trainer.fit_source(source));
    // A callable that asks to fail without an exception.
    THROWS(CRL_ERROR_CALLBACK, "", network.save_to_callback([](const void *, std::size_t) -> std::int32_t { return 1; }));
}

void custom_activation()
{
    bool fails = false;
    auto owned = std::make_shared<float>(2.0f);
    const std::weak_ptr<float> watched = owned;
    chainrule::stream stream;
    {
        chainrule::network network(1);
        chainrule::layer_options options;
        options.function = [&fails, owned](const float *z, float *h, std::size_t count, std::size_t columns) {
            if (fails)
                throw odd_exception{ 12 };
            for (std::size_t i = 0; i < count * columns; ++i)
                h[i] = *owned * z[i];
        };
        options.derivative = [](const float *, const float *, float *dh_dz, std::size_t count, std::size_t columns) {
            std::fill(dh_dz, dh_dz + count * columns, 2.0f);
        };
        options.weight_initializer = { chainrule::initializer_kind::constant, 3, 0 };
        options.bias = false;
        network.add_reshape({ 1, 1 });
        network.add_dense(1, chainrule::activation::custom, options);
        network.build(1);
        owned.reset();
        const std::vector<float> ones(64, 1);
        CHECK(network.predict({ ones, 1 })[63] == 6);
        CHECK(network.check_gradient({}, { ones, 1 }, chainrule::values(ones, 1)).failed == 0);
        fails = true;
        THROWS_ODD(12, network.predict({ ones, 1 }));
        chainrule::train_options train;
        train.threads = 2;
        THROWS_ODD(12, network.fit({ ones, 1 }, chainrule::values(ones, 1), train));
        chainrule::network copy = network.copy();
        const chainrule::predictor predictor(copy);
        chainrule::publisher publisher(network);
        publisher.publish(copy);
        std::vector<float> y(64);
        THROWS_ODD(12, predictor.predict({ ones, 1 }, { y, 1 }));
        THROWS_ODD(12, publisher.predict({ ones, 1 }, { y, 1 }));
        stream = chainrule::stream(predictor);
    }
    // The callable lives as long as the last object that may call it.
    CHECK(!watched.expired());
    std::vector<float> frame = { 1 }, y = { 0 };
    THROWS_ODD(12, stream.push(frame, y));
    fails = false;
    stream.reset();
    stream.push(frame, y);
    CHECK(y[0] == 6 && stream.frames() == 1);
    chainrule::stream other = stream.copy();
    stream = chainrule::stream();
    other.restore(other.save());
    other.push(frame, y);
    CHECK(other.frames() == 2 && !watched.expired());
    std::vector<float> two(2);
    THROWS(CRL_ERROR_SIZE, "too short", other.push(two, y));
    other = chainrule::stream();
    CHECK(watched.expired());
}

void steps()
{
    chainrule::network network = exclusive_or();
    chainrule::optimizer optimizer(network);
    chainrule::workspace workspace(network, 4);
    const chainrule::targets targets = chainrule::values(t, 1);
    std::vector<float> y(4), dC_dy(4), gradients(network.parameters().size()), again(gradients.size());
    network.forward(workspace, { x, 2 }, { y, 1 });
    CHECK(y == network.predict({ x, 2 }));
    const double C = chainrule::cost({}, { y, 1 }, 1, targets, { dC_dy, 1 });
    network.backward(workspace, { dC_dy, 1 }, gradients);
    CHECK(network.value_and_gradient({}, { x, 2 }, targets, again) == C && gradients == again);
    std::vector<float> parts(gradients.size());
    network.backward_until(workspace, { dC_dy, 1 }, gradients.size() - 1, parts);
    CHECK(parts.front() == 0 && parts.back() == gradients.back());
    network.backward_until(workspace, {}, 0, parts);
    CHECK(parts == gradients);
    THROWS(CRL_ERROR_NO_FORWARD, "dC_dy starts one", network.backward_until(workspace, {}, 0, parts));
    const chainrule::const_rows h = workspace.values("0");
    CHECK(h.count() == 4 && h.stride() == 8 && h[3].size() == 8 && std::fabs(h[3][7]) <= 1);
    THROWS(CRL_ERROR_NAME, "absent", workspace.values("absent"));
    optimizer.step(network, gradients);
    CHECK(network.value_and_gradient({}, { x, 2 }, targets) < C);
    optimizer.set_learning_rate(0.5f);
    CHECK(optimizer.learning_rate() == 0.5f && optimizer.copy(network).learning_rate() == 0.5f);
    workspace.set_noise(true, 1, 2);

    // Products along the gradient: with a matrix of second derivatives, and without.
    const std::size_t count = gradients.size();
    std::vector<float> product(count), hessian(count * count), jacobian(4 * count);
    network.hessian_product({}, { x, 2 }, targets, gradients, product);
    network.hessian({}, { x, 2 }, targets, { hessian, count });
    float first = 0;
    for (std::size_t i = 0; i < count; ++i)
        first += hessian[i] * gradients[i];
    CHECK(std::fabs(first - product[0]) < 1e-4f);
    network.gauss_newton_product({}, { x, 2 }, targets, gradients, product);
    network.jacobian({ x, 2 }, chainrule::variable::parameters, { jacobian, count });
    std::vector<float> tangent(4);
    network.jvp({ x, 2 }, {}, gradients, { y, 1 }, { tangent, 1 });
    network.vjp({ x, 2 }, { tangent, 1 }, product);
    THROWS(CRL_ERROR_SIZE, "fewer rows", network.vjp({ x, 2 }, {}, product));
    THROWS(CRL_ERROR_SIZE, "fewer rows", network.jvp({ x, 2 }, { chainrule::span<const float>(t.data(), 2), 2 }, {}, { y, 1 }, { tangent, 1 }));

    chainrule::schedule_options schedule;
    schedule.kind = chainrule::schedule_kind::step;
    schedule.period = 2;
    CHECK(std::fabs(chainrule::schedule_rate(schedule, 1, 2) - 0.1f) < 1e-6f);
    schedule = {};
    schedule.kind = chainrule::schedule_kind::plateau;
    crl_plateau_state state = CRL_PLATEAU_STATE_INIT;
    CHECK(chainrule::plateau_rate(schedule, state, 1, 0.5f) == 0.5f && state.epochs == 1);
}

void layers()
{
    chainrule::network network(8);
    chainrule::layer_options named;
    named.name = "taps";
    chainrule::window window;
    window.kernel.first = 3;
    window.padding = chainrule::padding::same;
    network.add_reshape({ 4, 2 });
    network.add_convolution(5, chainrule::activation::relu, window, 1, named);
    network.add_slice({ 0, 0 }, { 2, 5 });
    THROWS(CRL_ERROR_SIZE, "differ", network.add_slice({ 0 }, { 2, 5 }));
    const std::vector<std::size_t> last = { 1, 0 };
    network.add_transpose(last);
    const std::string sum_of = "taps";
    network.add_activation(chainrule::activation::identity, [&] {
        chainrule::layer_options options;
        options.input = sum_of.c_str();
        return options;
    }());
    network.add_concatenation({ "3", "3" }, std::string("both"));
    CHECK((network.layer_shape(1) == std::vector<std::size_t>{ 4, 5 }));
    CHECK(network.layer_window(1).kernel.first == 3 && network.layer_window(1).padding == chainrule::padding::same);
    const auto [begin, end] = network.layer_axes(2);
    CHECK((begin == std::vector<std::size_t>{ 0, 0 } && end == std::vector<std::size_t>{ 2, 5 }));
    CHECK((network.layer_axes(3).first == last) && network.layer_axes(3).second.empty());
    CHECK(network.layer(1).kind == CRL_LAYER_CONVOLUTION && network.layer_input(2, 0) == sum_of);
    CHECK(network.layer_options(1).name == sum_of);
    THROWS(CRL_ERROR_VALUE, "", network.layer_recurrent(1));

    chainrule::network sequence(6);
    chainrule::recurrent_options recurrent;
    recurrent.last = true;
    sequence.add_reshape({ 3, 2 });
    sequence.add_recurrent(chainrule::cell::gru, 4, recurrent);
    sequence.add_normalization(chainrule::normalization::layer);
    sequence.build(1);
    CHECK(sequence.layer_recurrent(1).last == 1 && sequence.layer_normalization(2).groups == 1);
    CHECK(sequence.state().empty() && std::as_const(sequence).state().empty());
    CHECK(sequence.tensor_shape(0).size() == 2 && sequence.tensor(0).name == std::string(sequence.find_tensor(sequence.tensor(0).name).name));
}

void files()
{
    chainrule::network network = exclusive_or();
    network.set_metadata("author", "somebody");
    CHECK(std::string(network.metadata("author")) == "somebody" && network.metadata_at(0).first == std::string("author"));
    network.set_metadata("author", nullptr);
    CHECK(network.metadata_count() == 0);
    network.set_class_labels({ "no", "yes" });
    CHECK(network.class_label_count() == 2 && network.class_label(1) == std::string("yes"));

    chainrule::train_options options;
    options.epochs = 77;
    options.cost.kind = chainrule::cost_kind::binary_cross_entropy;
    options.schedule.emplace().kind = chainrule::schedule_kind::exponential;
    const std::vector<float> factors = { 1, 2 };
    options.class_weights = factors;
    THROWS(CRL_ERROR_NAME, "", network.recipe());
    network.set_recipe(options);
    const std::vector<std::byte> bytes = network.save_to_memory();
    std::string written;
    network.save_to_callback([&](const void *data, std::size_t count) { written.append(static_cast<const char *>(data), count); });
    CHECK(written.size() == bytes.size() && std::memcmp(written.data(), bytes.data(), bytes.size()) == 0);
    chainrule::network loaded = chainrule::network::load_from_memory(written);
    CHECK(loaded.predict({ x, 2 }) == network.predict({ x, 2 }));
    const chainrule::recipe recipe = loaded.recipe();
    CHECK(recipe.options.epochs == 77 && recipe.options.cost.kind == chainrule::cost_kind::binary_cross_entropy);
    CHECK(recipe.options.schedule && recipe.options.schedule->kind == chainrule::schedule_kind::exponential);
    CHECK(recipe.class_weights == factors && recipe.options.class_weights.data() == recipe.class_weights.data());
    loaded.fit({ x, 2 }, chainrule::values(t, 1), recipe.options);
    loaded.forget_recipe();
    THROWS(CRL_ERROR_NAME, "", loaded.recipe());
    loaded.load_parameters_from_memory(bytes);
    CHECK(loaded.predict({ x, 2 }) == network.predict({ x, 2 }));
    THROWS(CRL_ERROR_FORMAT, "", chainrule::network::load_from_memory(std::string("no model")));

    CHECK(network.export_c_to_memory().find("network_predict") != std::string::npos);
    const chainrule::network onnx = chainrule::network::load_onnx_from_memory(network.save_onnx_to_memory());
    CHECK(onnx.onnx_count().first == 1 && onnx.onnx_input(0).extents.size() == 2 && onnx.onnx_input(0).batch_axis == 0);
}

void cancelling()
{
    chainrule::network network = exclusive_or();
    chainrule::train_options options;
    options.epochs = 100'000'000;
    chainrule::cancel cancel;
    {
        const chainrule::watch watch(cancel);
        std::thread other([&] { cancel.set(); });
        THROWS(CRL_CANCELLED, "", network.fit({ x, 2 }, chainrule::values(t, 1), options));
        other.join();
        cancel.reset();
        // A flag within another, whose poll throws.
        chainrule::cancel moved;
        moved = chainrule::cancel([] { throw odd_exception{ 13 }; });
        const chainrule::watch within(moved);
        THROWS_ODD(13, network.fit({ x, 2 }, chainrule::values(t, 1), options));
    }
    crl_cancel *before = cancel.get();
    CHECK(crl_cancel_watch(nullptr, &before) == CRL_OK && !before);
}

#if __cplusplus >= 202002L
void designated_initializers()
{
    chainrule::network network(2);
    network.add_dense(8, chainrule::activation::tanh, { .name = "hidden", .bias = false });
    network.add_dense(1);
    network.build(1);
    CHECK(network.find_tensor("hidden.weight").rows == 8 && network.tensor_count() == 3);
    chainrule::optimizer momentum(network, { .method = chainrule::optimizer_method::momentum, .momentum = 0.5f });
    std::size_t epochs = 0;
    network.fit({ x, 2 }, { .values = { t, 1 } },
        { .cost = { .kind = chainrule::cost_kind::huber }, .optimizer = &momentum, .epochs = 4,
            .on_epoch = [&](const crl_epoch &) { ++epochs; }, .shuffle = false });
    CHECK(epochs == 4);
    std::span<float> parameters = network.parameters();
    CHECK(parameters.size() == 8 * 2 + 8 + 1);
}
#endif

} // namespace

int main()
{
    initial_values();
    moving();
    errors();
    training();
    exceptions_of_callbacks();
    custom_activation();
    steps();
    layers();
    files();
    cancelling();
#if __cplusplus >= 202002L
    designated_initializers();
#endif
    const counts results = test_results();
    passed_checks += results.passed;
    failed_checks += results.failed;
    return finish();
}
