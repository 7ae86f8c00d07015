/*
 * chainrule.hpp: chainrule.h for C++17 and newer. Header-only: link the same library. 'make header' generates it from
 * Sources/headergen/template.hpp and chainrule.h.
 *
 *     #include <chainrule.hpp>
 *     #include <cstdio>
 *     #include <vector>
 *
 *     int main() {
 *         const std::vector<float> x = { 0, 0, 0, 1, 1, 0, 1, 1 }, t = { 0, 1, 1, 0 };
 *         chainrule::network network(2);
 *         network.add_dense(8, chainrule::activation::tanh);
 *         network.add_dense(1, chainrule::activation::sigmoid);
 *         network.build(1);
 *         chainrule::train_options options;
 *         options.epochs = 5000;
 *         network.fit({ x, 2 }, chainrule::values(t, 1), options);
 *         for (float y : network.predict({ x, 2 }))
 *             std::printf("%.2f\n", y);
 *     }
 *
 * chainrule.h describes everything: crl_network_fit() is network::fit() here, crl_forward() is network::forward(), and so on. What
 * is different:
 *
 * Objects    A class for each handle. It is move-only, and its destructor destroys the handle. get() gives the handle, for calls of
 *            chainrule.h. network(crl_network *) and the like take a handle over.
 * Errors     A status other than CRL_OK is an exception, chainrule::error. Its what() is crl_error_message(). Where exceptions are
 *            off, or CHAINRULE_NO_EXCEPTIONS is defined, functions return a chainrule::result instead; T::create() is the
 *            constructor. Only what std::vector, std::function and std::shared_ptr cannot allocate then ends the program.
 * Arguments  In the order of chainrule.h; optional ones, with their defaults, last. A span stands for a pointer and a count;
 *            `rows` and `const_rows` for a pointer, a number of rows and a stride; targets, validation and options come by value.
 *            What NULL means there, an empty span means here. Results are returned. A span that is too short is CRL_ERROR_SIZE.
 * Options    Structures with the members of chainrule.h and the same initial values: `{ .epochs = 5 }` in C++20.
 * Callbacks  Any callable that can be copied, with the parameters of chainrule.h, without `user`; where a pointer is to one object,
 *            it comes as a reference. A callable that returns nothing goes on; one may return an int32_t or a bool, as chainrule.h
 *            says. It may throw: the exception ends the call and comes out of it. (With results, it is CRL_ERROR_CALLBACK.)
 *            Callables of a custom activation live as long as the networks, predictors and streams that may call them.
 * Lifetime   What chainrule.h says of handles holds for these objects: a trainer's network and optimizer must outlive it. Strings
 *            in options are const char *, and must live until the call returns.
 */

#ifndef CHAINRULE_HPP
#define CHAINRULE_HPP

#include <chainrule.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_span
#include <span>
#endif

#if !defined(__cpp_exceptions) && !defined(CHAINRULE_NO_EXCEPTIONS)
#define CHAINRULE_NO_EXCEPTIONS
#endif

/* Files that are compiled in different ways may be linked together: what differs between them is in a namespace of its own. What
 * does not, is not: an exception of one is caught in another. */
#if defined(CHAINRULE_NO_EXCEPTIONS) && defined(__cpp_lib_span)
#define CHAINRULE_VARIANT results_and_std_span
#elif defined(CHAINRULE_NO_EXCEPTIONS)
#define CHAINRULE_VARIANT results
#elif defined(__cpp_lib_span)
#define CHAINRULE_VARIANT exceptions_and_std_span
#else
#define CHAINRULE_VARIANT exceptions
#endif

namespace chainrule {

/* ------------------------------------------------------------------------------------------------------------------
 * Enumerations
 * ------------------------------------------------------------------------------------------------------------------
 */

/* ---- ENUMERATIONS ---- */

/* ------------------------------------------------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------------------------------------------------
 */

/** The category of statuses as error codes. Its message is the status's name. */
inline const std::error_category &category() noexcept
{
    class statuses : public std::error_category {
        const char *name() const noexcept override { return "chainrule"; }
        std::string message(int code) const override { return crl_status_name(code); }
        std::error_condition default_error_condition(int code) const noexcept override
        {
            switch (code) {
            case CRL_ERROR_MEMORY: return std::errc::not_enough_memory;
            case CRL_CANCELLED: return std::errc::operation_canceled;
            default: return { code, *this };
            }
        }
    };
    static const statuses only;
    return only;
}

inline std::error_code make_error_code(status code) noexcept { return { static_cast<int>(code), category() }; }

#ifndef CHAINRULE_NO_EXCEPTIONS

/** A status other than CRL_OK. what() is crl_error_message(). */
class error : public std::runtime_error {
public:
    explicit error(crl_status status, const char *message = crl_error_message()) : std::runtime_error(message), status_(status) {}
    crl_status status() const noexcept { return status_; }
    std::error_code code() const noexcept { return make_error_code(static_cast<chainrule::status>(status_)); }

private:
    crl_status status_;
};

#endif

inline namespace CHAINRULE_VARIANT {

#ifndef CHAINRULE_NO_EXCEPTIONS

/** What a function gives: the value itself. */
template <class T>
using returned = T;

#else

/** CRL_OK, or another status with its crl_error_message(). */
class error {
public:
    error() = default;
    explicit error(crl_status status, const char *message = crl_error_message()) : status_(status)
    {
        const std::size_t bytes = std::strlen(message) + 1;
        message_.reset(new (std::nothrow) char[bytes]);
        if (message_)
            std::memcpy(message_.get(), message, bytes);
    }
    crl_status status() const noexcept { return status_; }
    std::error_code code() const noexcept { return make_error_code(static_cast<chainrule::status>(status_)); }
    const char *what() const noexcept { return message_ ? message_.get() : crl_status_name(status_); }

private:
    crl_status status_ = CRL_OK;
    std::unique_ptr<char[]> message_ = {};
};

/** A value, or an error. */
template <class T>
class [[nodiscard]] result {
public:
    result(T &&value) : value_(std::move(value)) {}
    result(chainrule::error &&error) : error_(std::move(error)) {}
    explicit operator bool() const noexcept { return value_.has_value(); }
    T &operator*() & { return *value_; }
    const T &operator*() const & { return *value_; }
    T &&operator*() && { return *std::move(value_); }
    T *operator->() { return &*value_; }
    const T *operator->() const { return &*value_; }
    crl_status status() const noexcept { return error_.status(); }
    const chainrule::error &error() const noexcept { return error_; }

private:
    std::optional<T> value_ = {};
    chainrule::error error_ = {};
};

/** Nothing, or an error. */
template <>
class [[nodiscard]] result<void> {
public:
    result() = default;
    result(chainrule::error &&error) : error_(std::move(error)) {}
    explicit operator bool() const noexcept { return status() == CRL_OK; }
    crl_status status() const noexcept { return error_.status(); }
    const chainrule::error &error() const noexcept { return error_; }

private:
    chainrule::error error_ = {};
};

/** What a function gives: the value, or an error. */
template <class T>
using returned = result<T>;

#endif

namespace detail {

/* What a callable threw under a call of this thread, until that call ends. Callables run on the thread that called. */
inline thread_local std::exception_ptr thrown;

/* Calls something on behalf of C. */
template <class Call>
std::int32_t guarded(Call &&call) noexcept
{
#ifdef __cpp_exceptions
    try {
        return call();
    } catch (...) {
        thrown = std::current_exception();
        return 1;
    }
#else
    return call();
#endif
}

/* A call's error: what a callable under it threw, or its status. */
#ifndef CHAINRULE_NO_EXCEPTIONS
[[noreturn]] inline void fail(crl_status status)
{
    const std::exception_ptr exception = std::exchange(thrown, nullptr);
    if (exception && (status == CRL_ERROR_CALLBACK || status == CRL_CANCELLED))
        std::rethrow_exception(exception);
    throw error(status);
}
#else
inline error fail(crl_status status)
{
    thrown = nullptr;
    return error(status);
}
#endif

template <class T>
returned<T> give(crl_status status, T &&value)
{
    static_assert(!std::is_reference_v<T>);
    if (status == CRL_OK)
        return std::move(value);
#ifndef CHAINRULE_NO_EXCEPTIONS
    fail(status);
#else
    return fail(status);
#endif
}

inline returned<void> give(crl_status status)
{
#ifndef CHAINRULE_NO_EXCEPTIONS
    if (status != CRL_OK)
        fail(status);
#else
    return status == CRL_OK ? returned<void>() : returned<void>(fail(status));
#endif
}

/* The error of an argument that C cannot check. */
inline returned<void> too_short(const char *message)
{
#ifndef CHAINRULE_NO_EXCEPTIONS
    throw error(CRL_ERROR_SIZE, message);
#else
    return error(CRL_ERROR_SIZE, message);
#endif
}

/* A structure of this header as the one of chainrule.h with the same members, and the other way. */
template <class To, class From>
To same(const From &from) noexcept
{
    static_assert(sizeof(To) == sizeof(From) && std::is_trivially_copyable_v<To> && std::is_trivially_copyable_v<From>);
    To to;
    std::memcpy(static_cast<void *>(&to), &from, sizeof to);
    return to;
}

/* Calls a function whose last argument receives the result. */
template <class T, class... Parameters, class... Arguments>
returned<T> get(crl_status (*function)(Parameters...), Arguments... arguments)
{
    T value{};
    const crl_status status = function(arguments..., &value);
    return give(status, std::move(value));
}

/* The same for a structure that begins with its size: from its initial value. */
template <class T, class... Parameters, class... Arguments>
returned<T> fill(T value, crl_status (*function)(Parameters...), Arguments... arguments)
{
    const crl_status status = function(arguments..., &value);
    return give(status, std::move(value));
}

/* The same for what this header has in another form. */
template <class To, class From, class... Parameters, class... Arguments>
returned<To> look(From from, crl_status (*function)(Parameters...), Arguments... arguments)
{
    const crl_status status = function(arguments..., &from);
    return give(status, same<To>(from));
}

/* Calls a function twice that counts what it writes: call(address, capacity, &count). */
template <class Container, class Call>
returned<Container> collect(Call call)
{
    Container values;
    std::size_t count = 0;
    crl_status status = call(nullptr, std::size_t{ 0 }, &count);
    if (status == CRL_OK && count > 0) {
        values.resize(count);
        status = call(values.data(), count, &count);
        values.resize(status == CRL_OK ? count : 0);
    }
    return give(status, std::move(values));
}

template <class Enumeration>
constexpr std::int32_t number(Enumeration value) noexcept
{
    return static_cast<std::int32_t>(value);
}

template <class Container>
using data_of = std::remove_pointer_t<decltype(std::declval<Container &>().data())>;

} // namespace detail

/* ------------------------------------------------------------------------------------------------------------------
 * Arguments
 * ------------------------------------------------------------------------------------------------------------------
 */

#ifdef __cpp_lib_span
template <class T>
using span = std::span<T>;
#else
/** What std::span is in C++20, as far as this header needs it. */
template <class T>
class span {
public:
    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr span(T (&array)[N]) noexcept : data_(array), size_(N)
    {
    }
    template <class Container, class = std::enable_if_t<std::is_convertible_v<detail::data_of<Container> (*)[], T (*)[]>>>
    constexpr span(Container &&container) noexcept : data_(container.data()), size_(container.size())
    {
    }
    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};
#endif

/** Rows of a matrix: an address, their number, and the stride. */
template <class T>
class basic_rows {
public:
    constexpr basic_rows() noexcept = default;
    constexpr basic_rows(T *data, std::size_t count, std::size_t stride) noexcept : data_(data), count_(count), stride_(stride) {}
    /** All of an array, which must be whole rows. Otherwise there are none, which is CRL_ERROR_SIZE. */
    constexpr basic_rows(span<T> values, std::size_t stride) noexcept
        : data_(values.data()), count_(stride > 0 && values.size() % stride == 0 ? values.size() / stride : 0), stride_(stride)
    {
    }
    template <class Other, class = std::enable_if_t<std::is_convertible_v<Other (*)[], T (*)[]>>>
    constexpr basic_rows(basic_rows<Other> other) noexcept : data_(other.data()), count_(other.count()), stride_(other.stride())
    {
    }
    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t count() const noexcept { return count_; }
    constexpr std::size_t stride() const noexcept { return stride_; }
    /** A row, with what lies between it and the next. */
    constexpr span<T> operator[](std::size_t row) const noexcept { return { data_ + row * stride_, stride_ }; }

private:
    T *data_ = nullptr;
    std::size_t count_ = 0;
    std::size_t stride_ = 0;
};
using rows = basic_rows<float>;
using const_rows = basic_rows<const float>;

/** An argument: some values, also in braces. */
template <class T>
class list {
public:
    list() = default;
    list(std::initializer_list<T> values) noexcept : size_(values.size())
    {
        if (size_ > 0)
            data_ = values.begin();
    }
    template <class Container,
        class = std::enable_if_t<std::is_convertible_v<detail::data_of<const Container> (*)[], const T (*)[]>>>
    list(const Container &container) noexcept : data_(container.data()), size_(container.size())
    {
    }
    const T *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    const T *data_ = nullptr;
    std::size_t size_ = 0;
};

/** An argument: a string that ends with a zero byte, or none. */
class text {
public:
    text(std::nullptr_t = nullptr) noexcept {}
    text(const char *string) noexcept : string_(string) {}
    text(const std::string &string) noexcept : string_(string.c_str()) {}
    const char *get() const noexcept { return string_; }

private:
    const char *string_ = nullptr;
};

/** An argument: bytes, in any container of elements of one byte. */
class bytes {
public:
    bytes(const void *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class Container, class = std::enable_if_t<sizeof(detail::data_of<const Container>) == 1>>
    bytes(const Container &container) noexcept : data_(container.data()), size_(container.size())
    {
    }
    const void *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    const void *data_;
    std::size_t size_;
};

/** A callable that C can call: one that returns nothing, a bool or a number. */
template <class... Parameters>
class callback {
public:
    callback() = default;
    callback(std::nullptr_t) {}
    template <class Callable, class Result = std::invoke_result_t<Callable &, Parameters...>,
        class = std::enable_if_t<!std::is_same_v<std::decay_t<Callable>, callback>
            && (std::is_void_v<Result> || std::is_same_v<Result, bool> || std::is_same_v<Result, std::int32_t>)>>
    callback(Callable callable)
    {
        if constexpr (std::is_void_v<Result>) {
            // Empty if the callable is: a null pointer, or a std::function without one.
            std::function<void(Parameters...)> function = std::move(callable);
            if (function)
                function_ = [function = std::move(function)](Parameters... parameters) -> std::int32_t {
                    function(std::forward<Parameters>(parameters)...);
                    return 0;
                };
        } else {
            function_ = std::move(callable);
        }
    }
    explicit operator bool() const noexcept { return static_cast<bool>(function_); }
    std::int32_t operator()(Parameters... parameters) const { return function_(std::forward<Parameters>(parameters)...); }

private:
    std::function<std::int32_t(Parameters...)> function_ = {};
};

using activation_function = callback<const float *, float *, std::size_t, std::size_t>;
using activation_derivative = callback<const float *, const float *, float *, std::size_t, std::size_t>;
using cost_function
    = callback<const float *, const float *, const float *, std::size_t, std::size_t, std::size_t, double &, float *>;
using cost_hessian_product
    = callback<const float *, const float *, const float *, const float *, std::size_t, std::size_t, std::size_t, float *>;
using schedule_function = callback<std::size_t, float, double, float &>;
using data_function = callback<const crl_data_request &, std::size_t &>;
using write_function = callback<const void *, std::size_t>;
using read_function = callback<void *, std::size_t, std::size_t &>;

/* ------------------------------------------------------------------------------------------------------------------
 * Options
 * ------------------------------------------------------------------------------------------------------------------
 */

struct initializer {
    initializer_kind kind = initializer_kind::default_;
    float a = 0;
    float b = 0;
};

struct layer_options {
    const char *name = nullptr;
    const char *input = nullptr;
    bool bias = true;
    initializer weight_initializer = {};
    initializer bias_initializer = {};
    float alpha = CRL_AUTO;
    activation_function function = {};
    activation_derivative derivative = {};
    activation_derivative second_derivative = {};
};

/* ---- OPTIONS ---- */

struct onnx_options {
    std::size_t memory_limit = 0;
    span<const crl_onnx_shape> shapes = {};
};

struct cost_options {
    cost_kind kind = cost_kind::mean_squared_error;
    chainrule::reduction reduction = chainrule::reduction::mean;
    float huber_delta = 1;
    float label_smoothing = 0;
    cost_function function = {};
    cost_hessian_product hessian_product = {};
};

struct schedule_options {
    schedule_kind kind = schedule_kind::constant;
    bool per_epoch = false;
    std::size_t warmup = 0;
    std::size_t period = CRL_AUTO_SIZE;
    std::size_t period_factor = CRL_AUTO_SIZE;
    std::size_t patience = CRL_AUTO_SIZE;
    std::size_t cooldown = CRL_AUTO_SIZE;
    float warmup_start = 0.333333343f;
    float factor = CRL_AUTO;
    float min_rate = CRL_AUTO;
    float peak = CRL_AUTO;
    float start_divisor = CRL_AUTO;
    float end_divisor = CRL_AUTO;
    float threshold = CRL_AUTO;
    schedule_function function = {};
};

class optimizer;

struct train_options {
    cost_options cost = {};
    chainrule::optimizer *optimizer = nullptr;
    std::optional<schedule_options> schedule = {};
    std::size_t epochs = 10;
    std::size_t batch_size = 32;
    std::size_t threads = CRL_AUTO_SIZE;
    std::size_t patience = CRL_AUTO_SIZE;
    span<const float> class_weights = {};
    callback<const crl_epoch &> on_epoch = {};
    callback<const crl_batch &> on_batch = {};
    bool shuffle = true;
    bool carry_states = false;
    std::uint64_t seed = 0;
    double validation_split = 0;
    double min_delta = 0;
};

struct minimize_options {
    cost_options cost = {};
    minimizer method = minimizer::lbfgs;
    bool regularize_biases = false;
    std::size_t memory = CRL_AUTO_SIZE;
    std::size_t max_iterations = 1000;
    std::size_t max_evaluations = CRL_AUTO_SIZE;
    std::size_t threads = CRL_AUTO_SIZE;
    std::size_t patience = CRL_AUTO_SIZE;
    callback<const crl_iteration &> on_iteration = {};
    std::uint64_t seed = 0;
    double gradient_tolerance = 1e-5;
    double cost_tolerance = 1e-9;
    double target_cost = CRL_AUTO;
    double c1 = CRL_AUTO;
    double c2 = CRL_AUTO;
    double damping = CRL_AUTO;
    double l2 = 0;
    double validation_split = 0;
    double min_delta = 0;
};

struct cascade_options {
    cost_options cost = {};
    activation output_activation = activation::identity;
    std::vector<activation> activations = {};
    std::size_t candidates = 8;
    std::size_t max_units = 30;
    std::size_t max_iterations = 200;
    std::size_t threads = CRL_AUTO_SIZE;
    std::size_t patience = CRL_AUTO_SIZE;
    callback<const crl_cascade_unit &> on_unit = {};
    std::uint64_t seed = 0;
    double target_cost = CRL_AUTO;
    double min_delta = 0;
};

struct c_source_options {
    const char *name = nullptr;
    chainrule::precision precision = chainrule::precision::float32;
    bool trains = false;
    bool has_momentum = false;
    cost_options cost = {};
};

/** crl_data_source, whose function is any callable. */
struct data_source {
    data_function function = {};
    std::size_t columns = 0;
    bool classes = false;
    bool weights = false;
};

/** crl_targets. values(t, columns) and classes(c) make them. An object without values and classes: none. */
struct targets {
    const_rows values = {};
    std::size_t columns = 0; /**< of the values; 0: all of a row */
    span<const std::int32_t> classes = {};
    span<const float> weights = {};
};

inline targets values(span<const float> values, std::size_t columns, span<const float> weights = {})
{
    return { { values, columns }, columns, {}, weights };
}
inline targets classes(span<const std::int32_t> classes, span<const float> weights = {}) { return { {}, 0, classes, weights }; }

struct validation {
    const_rows x = {};
    chainrule::targets targets = {};
};

namespace detail {

/* The structures of chainrule.h, for one call. Those that hold addresses of their own parts stay where they are. */

inline crl_initializer c(const initializer &from) noexcept { return { number(from.kind), from.a, from.b }; }

/* `user` gets the address of the options: of the callables. */
inline crl_layer_options c(const layer_options &from) noexcept
{
    using options = layer_options;
    crl_layer_options to = CRL_LAYER_OPTIONS_INIT;
    to.name = from.name;
    to.input = from.input;
    to.bias = from.bias;
    to.weight_initializer = c(from.weight_initializer);
    to.bias_initializer = c(from.bias_initializer);
    to.alpha = from.alpha;
    if (from.function)
        to.function = [](void *user, const float *z, float *h, std::size_t rows, std::size_t columns) noexcept {
            return guarded([&] { return static_cast<const options *>(user)->function(z, h, rows, columns); });
        };
    if (from.derivative)
        to.derivative = [](void *user, const float *z, const float *h, float *dh_dz, std::size_t rows,
                            std::size_t columns) noexcept {
            return guarded([&] { return static_cast<const options *>(user)->derivative(z, h, dh_dz, rows, columns); });
        };
    if (from.second_derivative)
        to.second_derivative = [](void *user, const float *z, const float *h, float *dh_dz, std::size_t rows,
                                   std::size_t columns) noexcept {
            return guarded([&] { return static_cast<const options *>(user)->second_derivative(z, h, dh_dz, rows, columns); });
        };
    if (from.function || from.derivative || from.second_derivative)
        to.user = const_cast<options *>(&from);
    return to;
}

inline crl_cost_options c(const cost_options &from) noexcept
{
    using options = cost_options;
    crl_cost_options to = CRL_COST_OPTIONS_INIT;
    to.kind = number(from.kind);
    to.reduction = number(from.reduction);
    to.huber_delta = from.huber_delta;
    to.label_smoothing = from.label_smoothing;
    if (from.function)
        to.function = [](void *user, const float *y, const float *t, const float *weights, std::size_t rows, std::size_t columns,
                          std::size_t target_columns, double *C, float *dC_dy) noexcept {
            return guarded([&] {
                return static_cast<const options *>(user)->function(y, t, weights, rows, columns, target_columns, *C, dC_dy);
            });
        };
    if (from.hessian_product)
        to.hessian_product = [](void *user, const float *y, const float *t, const float *weights, const float *v, std::size_t rows,
                                 std::size_t columns, std::size_t target_columns, float *Hv) noexcept {
            return guarded([&] {
                return static_cast<const options *>(user)->hessian_product(y, t, weights, v, rows, columns, target_columns, Hv);
            });
        };
    if (from.function || from.hessian_product)
        to.user = const_cast<options *>(&from);
    return to;
}

inline crl_schedule_options c(const schedule_options &from) noexcept
{
    crl_schedule_options to = CRL_SCHEDULE_OPTIONS_INIT;
    to.kind = number(from.kind);
    to.per_epoch = from.per_epoch;
    to.warmup = from.warmup;
    to.period = from.period;
    to.period_factor = from.period_factor;
    to.patience = from.patience;
    to.cooldown = from.cooldown;
    to.warmup_start = from.warmup_start;
    to.factor = from.factor;
    to.min_rate = from.min_rate;
    to.peak = from.peak;
    to.start_divisor = from.start_divisor;
    to.end_divisor = from.end_divisor;
    to.threshold = from.threshold;
    if (from.function) {
        to.function = [](void *user, std::size_t t, float base, double cost, float *rate) noexcept {
            return guarded([&] { return static_cast<const schedule_options *>(user)->function(t, base, cost, *rate); });
        };
        to.user = const_cast<schedule_options *>(&from);
    }
    return to;
}

inline crl_onnx_options c(const onnx_options &from) noexcept
{
    crl_onnx_options to = CRL_ONNX_OPTIONS_INIT;
    to.memory_limit = from.memory_limit;
    to.shapes = from.shapes.data();
    to.shapes_count = from.shapes.size();
    return to;
}

inline crl_data_source c(const data_source &from) noexcept
{
    crl_data_source to = CRL_DATA_SOURCE_INIT;
    to.columns = from.columns;
    to.classes = from.classes;
    to.weights = from.weights;
    if (from.function) {
        to.function = [](void *user, const crl_data_request *request, std::size_t *rows) noexcept {
            return guarded([&] { return static_cast<const data_source *>(user)->function(*request, *rows); });
        };
        to.user = const_cast<data_source *>(&from);
    }
    return to;
}

/* Base of what must stay where it is. */
struct pinned {
    pinned() = default;
    pinned(const pinned &) = delete;
    pinned &operator=(const pinned &) = delete;
};

struct c_targets : pinned {
    explicit c_targets(const targets &from) noexcept
        : none(!from.values.data() && !from.classes.data() && !from.weights.data())
    {
        to.values = from.values.data();
        to.rows = from.values.count();
        to.columns = from.columns > 0 ? from.columns : from.values.stride();
        to.stride = from.values.stride();
        to.classes = from.classes.data();
        to.classes_count = from.classes.size();
        to.weights = from.weights.data();
        to.weights_count = from.weights.size();
    }
    const crl_targets *get() const noexcept { return none ? nullptr : &to; }

private:
    bool none;
    crl_targets to = CRL_TARGETS_INIT;
};

struct c_validation : pinned {
    explicit c_validation(const validation &from) noexcept : t(from.targets)
    {
        to.x = from.x.data();
        to.rows = from.x.count();
        to.stride = from.x.stride();
        to.targets = t.get();
    }
    const crl_validation *get() const noexcept { return to.x || to.targets ? &to : nullptr; }

private:
    c_targets t;
    crl_validation to = CRL_VALIDATION_INIT;
};

inline c_targets c(const targets &from) noexcept { return c_targets(from); }
inline c_validation c(const validation &from) noexcept { return c_validation(from); }

struct c_train_options : pinned {
    explicit c_train_options(const train_options &from) noexcept; // after class optimizer
    const crl_train_options *get() const noexcept { return &to; }

private:
    crl_cost_options cost;
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT;
    crl_train_options to = CRL_TRAIN_OPTIONS_INIT;
};

struct c_minimize_options : pinned {
    explicit c_minimize_options(const minimize_options &from) noexcept : cost(c(from.cost))
    {
        to.cost = &cost;
        to.method = number(from.method);
        to.regularize_biases = from.regularize_biases;
        to.memory = from.memory;
        to.max_iterations = from.max_iterations;
        to.max_evaluations = from.max_evaluations;
        to.threads = from.threads;
        to.patience = from.patience;
        to.seed = from.seed;
        to.gradient_tolerance = from.gradient_tolerance;
        to.cost_tolerance = from.cost_tolerance;
        to.target_cost = from.target_cost;
        to.c1 = from.c1;
        to.c2 = from.c2;
        to.damping = from.damping;
        to.l2 = from.l2;
        to.validation_split = from.validation_split;
        to.min_delta = from.min_delta;
        if (from.on_iteration) {
            to.on_iteration = [](void *user, const crl_iteration *iteration) noexcept {
                return guarded([&] { return static_cast<const minimize_options *>(user)->on_iteration(*iteration); });
            };
            to.user = const_cast<minimize_options *>(&from);
        }
    }
    const crl_minimize_options *get() const noexcept { return &to; }

private:
    crl_cost_options cost;
    crl_minimize_options to = CRL_MINIMIZE_OPTIONS_INIT;
};

struct c_cascade_options : pinned {
    explicit c_cascade_options(const cascade_options &from) : cost(c(from.cost))
    {
        for (activation each : from.activations)
            activations.push_back(number(each));
        to.cost = &cost;
        to.output_activation = number(from.output_activation);
        to.activations = activations.empty() ? nullptr : activations.data();
        to.activations_count = activations.size();
        to.candidates = from.candidates;
        to.max_units = from.max_units;
        to.max_iterations = from.max_iterations;
        to.threads = from.threads;
        to.patience = from.patience;
        to.seed = from.seed;
        to.target_cost = from.target_cost;
        to.min_delta = from.min_delta;
        if (from.on_unit) {
            to.on_unit = [](void *user, const crl_cascade_unit *unit) noexcept {
                return guarded([&] { return static_cast<const cascade_options *>(user)->on_unit(*unit); });
            };
            to.user = const_cast<cascade_options *>(&from);
        }
    }
    const crl_cascade_options *get() const noexcept { return &to; }

private:
    crl_cost_options cost;
    std::vector<crl_activation> activations = {};
    crl_cascade_options to = CRL_CASCADE_OPTIONS_INIT;
};

struct c_source : pinned {
    explicit c_source(const c_source_options &from) noexcept : cost(c(from.cost))
    {
        to.name = from.name;
        to.precision = number(from.precision);
        to.trains = from.trains;
        to.has_momentum = from.has_momentum;
        to.cost = &cost;
    }
    const crl_c_source_options *get() const noexcept { return &to; }

private:
    crl_cost_options cost;
    crl_c_source_options to = CRL_C_SOURCE_OPTIONS_INIT;
};

inline c_source c(const c_source_options &from) noexcept { return c_source(from); }

/* The address of such a structure; NULL for targets or validation data that are none. */
template <class C>
auto address(const C &c) noexcept
{
    if constexpr (std::is_base_of_v<pinned, C>)
        return c.get();
    else
        return &c;
}

inline std::int32_t write(void *user, const void *bytes, std::size_t count) noexcept
{
    return guarded([&] { return (*static_cast<const write_function *>(user))(bytes, count); });
}

inline std::int32_t read(void *user, void *bytes, std::size_t capacity, std::size_t *count) noexcept
{
    return guarded([&] { return (*static_cast<const read_function *>(user))(bytes, capacity, *count); });
}

template <class Callable>
void *user(const Callable &callable) noexcept
{
    return const_cast<Callable *>(&callable);
}

/* Owns what a ..._create() made. */
template <class Handle, void (*Destroy)(Handle *)>
class owner {
public:
    owner() = default;
    explicit owner(Handle *handle) noexcept : handle_(handle) {}
    /** The handle, which stays the object's. NULL of an object that was moved from. */
    Handle *get() const noexcept { return handle_.get(); }
    /** Gives the handle up: destroy it yourself. */
    Handle *release() noexcept { return handle_.release(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    struct destroyer {
        void operator()(Handle *handle) const noexcept { Destroy(handle); }
    };
    std::unique_ptr<Handle, destroyer> handle_ = {};
};

/* The callables of a network's custom activations. */
using activations = std::vector<std::shared_ptr<const layer_options>>;

} // namespace detail

/* ------------------------------------------------------------------------------------------------------------------
 * The library
 * ------------------------------------------------------------------------------------------------------------------
 */

inline std::int32_t version() noexcept { return crl_version(); }
inline const char *version_string() noexcept { return crl_version_string(); }
inline const char *instruction_set() noexcept { return crl_instruction_set(); }
inline returned<void> set_instruction_set(instructions set) { return detail::give(crl_set_instruction_set(detail::number(set))); }
/** Plain functions, as in chainrule.h: the allocator outlives every object. */
inline returned<void> set_allocator(crl_allocate_function allocate, crl_free_function free, void *user = nullptr)
{
    return detail::give(crl_set_allocator(allocate, free, user));
}

inline returned<double> cost(const cost_options &cost, const_rows y, std::size_t y_columns, const targets &targets, rows dC_dy = {})
{
    const crl_cost_options options = detail::c(cost);
    const detail::c_targets t(targets);
    double C = 0;
    const crl_status status = crl_cost(&options, y.data(), y.count(), y_columns, y.stride(), t.get(), &C, dC_dy.data(),
        dC_dy.count(), dC_dy.stride());
    return detail::give(status, std::move(C));
}

inline returned<float> schedule_rate(const schedule_options &schedule, float base, std::size_t t)
{
    const crl_schedule_options options = detail::c(schedule);
    return detail::get<float>(crl_schedule_rate, &options, base, t);
}

/** Begin with CRL_PLATEAU_STATE_INIT. Returns the next rate. */
inline returned<float> plateau_rate(const schedule_options &schedule, crl_plateau_state &state, double cost, float rate)
{
    const crl_schedule_options options = detail::c(schedule);
    const crl_status status = crl_plateau_rate(&options, &state, cost, &rate);
    return detail::give(status, std::move(rate));
}

/* ------------------------------------------------------------------------------------------------------------------
 * Networks
 * ------------------------------------------------------------------------------------------------------------------
 */

/** For network::forward() and network::backward(). */
class workspace : public detail::owner<crl_workspace, crl_workspace_destroy> {
public:
    using owner::owner;
    workspace() = default;

    /** A layer's z, h or δ: valid until the next pass. */
    returned<const_rows> values(text layer, quantity quantity = chainrule::quantity::h) const
    {
        const float *values = nullptr;
        std::size_t count = 0, columns = 0;
        const crl_status status = crl_workspace_values(get(), layer.get(), detail::number(quantity), &values, &count, &columns);
        return detail::give(status, const_rows(values, count, columns));
    }

#ifndef CHAINRULE_NO_EXCEPTIONS
    workspace(const class network &network, std::size_t max_rows, purpose purpose = chainrule::purpose::training);
#endif
    static returned<workspace> create(const class network &network, std::size_t max_rows,
        purpose purpose = chainrule::purpose::training);

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_workspace ---- */
};

/** An input or an output of an ONNX model. */
struct onnx_value {
    const char *name = nullptr;
    std::vector<std::size_t> extents = {};
    std::int32_t batch_axis = 0;
};

/** How a network is trained. `options` has no optimizer yet: make it from `optimizer`. */
struct recipe {
    recipe() = default;
    recipe(recipe &&) = default; // a copy's span would be of the original
    recipe &operator=(recipe &&) = default;
    train_options options = {};
    optimizer_options optimizer = {};
    std::vector<float> class_weights = {}; /**< options.class_weights is a span of it */
};

class network : public detail::owner<crl_network, crl_network_destroy> {
public:
    using owner::owner;
    network() = default;

#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit network(std::size_t inputs) : network(create(inputs)) {}
#endif
    returned<network> copy() const
    {
        return made([&](crl_network **made) { return crl_network_copy(get(), made); }, activations_);
    }

    /* Layers. */

    returned<void> add_dense(std::size_t units, activation activation = chainrule::activation::identity,
        const layer_options &o = {})
    {
        return add(o, [&](auto *c) { return crl_network_add_dense(get(), units, detail::number(activation), c); });
    }
    returned<void> add_reshape(list<std::size_t> extents = {}, const layer_options &o = {})
    {
        return add(o, [&](auto *c) { return crl_network_add_reshape(get(), extents.data(), extents.size(), c); });
    }
    returned<void> add_matrix_product(text a, text b, bool transpose_b = false, text name = nullptr)
    {
        return detail::give(crl_network_add_matrix_product(get(), a.get(), b.get(), transpose_b, name.get()));
    }
    returned<void> add_function(function function, float p = 0, float q = 0, const layer_options &o = {})
    {
        return add(o, [&](auto *c) { return crl_network_add_function(get(), detail::number(function), p, q, c); });
    }
    returned<void> add_reduction(reduction_method method, list<std::size_t> axes, bool keep_axes = false,
        const layer_options &o = {})
    {
        return add(o, [&](auto *c) {
            return crl_network_add_reduction(get(), detail::number(method), axes.data(), axes.size(), keep_axes, c);
        });
    }
    returned<void> add_convolution(std::size_t channels, activation activation, const window &w, std::size_t groups = 1,
        const layer_options &o = {})
    {
        const auto window = detail::same<crl_window>(w);
        return add(o, [&](auto *c) {
            return crl_network_add_convolution(get(), channels, detail::number(activation), &window, groups, c);
        });
    }
    returned<void> add_transposed_convolution(std::size_t channels, activation activation, const window &w, std::size_t groups = 1,
        const layer_options &o = {})
    {
        const auto window = detail::same<crl_window>(w);
        return add(o, [&](auto *c) {
            return crl_network_add_transposed_convolution(get(), channels, detail::number(activation), &window, groups, c);
        });
    }
    returned<void> add_pooling(pooling method, const window &w, const layer_options &o = {})
    {
        const auto window = detail::same<crl_window>(w);
        return add(o, [&](auto *c) { return crl_network_add_pooling(get(), detail::number(method), &window, c); });
    }
    /** Over all positions. */
    returned<void> add_pooling(pooling method, const layer_options &o = {})
    {
        return add(o, [&](auto *c) { return crl_network_add_pooling(get(), detail::number(method), nullptr, c); });
    }
    returned<void> add_slice(list<std::size_t> begin, list<std::size_t> end, const layer_options &o = {})
    {
        if (begin.size() != end.size())
            return detail::too_short("network::add_slice: begin and end differ in length");
        return add(o, [&](auto *c) { return crl_network_add_slice(get(), begin.data(), end.data(), begin.size(), c); });
    }
    returned<void> add_zero_padding(list<std::size_t> before, list<std::size_t> after, const layer_options &o = {})
    {
        if (before.size() != after.size())
            return detail::too_short("network::add_zero_padding: before and after differ in length");
        return add(o, [&](auto *c) { return crl_network_add_zero_padding(get(), before.data(), after.data(), before.size(), c); });
    }
    returned<void> set_standardization(text layer, span<const float> mean, span<const float> scale)
    {
        if (mean.size() != scale.size())
            return detail::too_short("network::set_standardization: mean and scale differ in length");
        return detail::give(crl_network_set_standardization(get(), layer.get(), mean.data(), scale.data(), mean.size()));
    }

    /* Looking at it. */

    returned<std::size_t> output_size() const { return detail::get<std::size_t>(crl_network_output_size, get()); }
    returned<crl_layer> layer(std::size_t index) const
    {
        return detail::fill(crl_layer CRL_LAYER_INIT, crl_network_layer, get(), index);
    }
    /** The second is empty where a layer has no ends. */
    returned<std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> layer_axes(std::size_t index) const
    {
        std::pair<std::vector<std::size_t>, std::vector<std::size_t>> axes;
        std::size_t rank = 0;
        crl_layer layer = CRL_LAYER_INIT;
        crl_status status = crl_network_layer(get(), index, &layer);
        if (status == CRL_OK)
            status = crl_network_layer_axes(get(), index, nullptr, nullptr, 0, &rank);
        if (status == CRL_OK) {
            const bool ends = layer.kind == CRL_LAYER_SLICE || layer.kind == CRL_LAYER_ZERO_PADDING;
            axes.first.resize(rank);
            axes.second.resize(ends ? rank : 0);
            status = crl_network_layer_axes(get(), index, axes.first.data(), ends ? axes.second.data() : nullptr, rank, &rank);
        }
        return detail::give(status, std::move(axes));
    }
    returned<span<float>> parameters() { return vector<float>(crl_network_parameters); }
    returned<span<const float>> parameters() const { return vector<const float>(crl_network_parameters); }
    returned<span<float>> state() { return vector<float>(crl_network_state); }
    returned<span<const float>> state() const { return vector<const float>(crl_network_state); }

    /* Training. */

    returned<void> fit(const_rows x, const targets &t, const train_options &options = {}, const validation &v = {})
    {
        const detail::c_targets targets(t);
        const detail::c_validation validation(v);
        const detail::c_train_options train(options);
        return detail::give(
            crl_network_fit(get(), x.data(), x.count(), x.stride(), targets.get(), validation.get(), train.get()));
    }
    /** `confusion` receives N × N numbers, if it is not empty. */
    returned<crl_metrics> evaluate(const_rows x, const targets &t, const cost_options &cost = {}, std::size_t top = 1,
        span<double> confusion = {}) const
    {
        const detail::c_targets targets(t);
        const crl_cost_options c = detail::c(cost);
        crl_metrics metrics = CRL_METRICS_INIT;
        const crl_status status = crl_network_evaluate(get(), &c, x.data(), x.count(), x.stride(), targets.get(), top, &metrics,
            confusion.data(), confusion.size());
        return detail::give(status, std::move(metrics));
    }
    returned<crl_minimum> minimize(const_rows x, const targets &t, const minimize_options &options = {}, const validation &v = {})
    {
        const detail::c_targets targets(t);
        const detail::c_validation validation(v);
        const detail::c_minimize_options minimize(options);
        crl_minimum minimum = CRL_MINIMUM_INIT;
        const crl_status status = crl_network_minimize(get(), x.data(), x.count(), x.stride(), targets.get(), validation.get(),
            minimize.get(), &minimum);
        return detail::give(status, std::move(minimum));
    }
    /** `grown` receives the network after CRL_CANCELLED and after an exception of on_unit, as far as it has grown. */
    static returned<network> create_cascade(std::size_t inputs, std::size_t outputs, const_rows x, const targets &t,
        const cascade_options &options = {}, const validation &v = {}, network *grown = nullptr)
    {
        const detail::c_targets targets(t);
        const detail::c_validation validation(v);
        const detail::c_cascade_options cascade(options);
        crl_network *raw = nullptr;
        const crl_status status = crl_network_create_cascade(inputs, outputs, x.data(), x.count(), x.stride(), targets.get(),
            validation.get(), cascade.get(), &raw);
        network made(raw);
        if (status != CRL_OK && grown)
            *grown = std::move(made);
        return detail::give(status, std::move(made));
    }

    /* Predicting. */

    returned<void> predict(const_rows x, rows y) const
    {
        return detail::give(crl_network_predict(get(), x.data(), x.count(), x.stride(), y.data(), y.count(), y.stride()));
    }
    /** The outputs for each row, one after the other. */
    returned<std::vector<float>> predict(const_rows x) const
    {
        std::vector<float> y;
        std::size_t outputs = 0;
        crl_status status = crl_network_output_size(get(), &outputs);
        if (status == CRL_OK) {
            y.resize(x.count() * outputs);
            status = crl_network_predict(get(), x.data(), x.count(), x.stride(), y.data(), x.count(), outputs);
        }
        return detail::give(status, std::move(y));
    }

    /* Files. */

    returned<std::string> export_c_to_memory(const c_source_options &options = {}) const
    {
        const detail::c_source source(options);
        return detail::collect<std::string>([&](void *data, std::size_t capacity, std::size_t *count) {
            return crl_network_export_c_to_memory(get(), source.get(), data, capacity, count);
        });
    }
    /** The numbers of inputs and of outputs. */
    returned<std::pair<std::size_t, std::size_t>> onnx_count() const
    {
        std::pair<std::size_t, std::size_t> counts;
        const crl_status status = crl_network_onnx_count(get(), &counts.first, &counts.second);
        return detail::give(status, std::move(counts));
    }
    returned<onnx_value> onnx_input(std::size_t index) const { return onnx(crl_network_onnx_input, index); }
    returned<onnx_value> onnx_output(std::size_t index) const { return onnx(crl_network_onnx_output, index); }
    /** A key and its text. */
    returned<std::pair<const char *, const char *>> metadata_at(std::size_t index) const
    {
        std::pair<const char *, const char *> text;
        const crl_status status = crl_network_metadata_at(get(), index, &text.first, &text.second);
        return detail::give(status, std::move(text));
    }
    returned<void> set_recipe(const train_options &options)
    {
        const detail::c_train_options train(options);
        return detail::give(crl_network_set_recipe(get(), train.get()));
    }
    returned<void> forget_recipe() { return detail::give(crl_network_set_recipe(get(), nullptr)); }
    returned<chainrule::recipe> recipe() const;

    /* Step by step. */

    returned<void> forward(workspace &workspace, const_rows x, rows y = {}) const
    {
        return detail::give(crl_forward(get(), workspace.get(), x.data(), x.count(), x.stride(), y.data(), y.count(), y.stride()));
    }
    returned<void> backward(workspace &workspace, const_rows dC_dy, span<float> gradients = {}, bool accumulate = false,
        rows dC_dx = {}) const
    {
        return detail::give(crl_backward(get(), workspace.get(), dC_dy.data(), dC_dy.count(), dC_dy.stride(), gradients.data(),
            gradients.size(), accumulate, dC_dx.data(), dC_dx.count(), dC_dx.stride()));
    }
    /** With dC_dy a pass starts, with {} it goes on: until the gradients from `first` on are complete. */
    returned<void> backward_until(workspace &workspace, const_rows dC_dy, std::size_t first, span<float> gradients,
        bool accumulate = false) const
    {
        return detail::give(crl_backward_until(get(), workspace.get(), dC_dy.data(), dC_dy.count(), dC_dy.stride(), first,
            gradients.data(), gradients.size(), accumulate));
    }
    returned<double> value_and_gradient(const cost_options &cost, const_rows x, const targets &t, span<float> gradients = {}) const
    {
        const crl_cost_options c = detail::c(cost);
        const detail::c_targets targets(t);
        double C = 0;
        const crl_status status = crl_network_value_and_gradient(get(), &c, x.data(), x.count(), x.stride(), targets.get(), &C,
            gradients.data(), gradients.size());
        return detail::give(status, std::move(C));
    }

    /* Derivatives beyond the gradient. */

    returned<void> jvp(const_rows x, const_rows x_tangent, span<const float> w_tangent, rows y, rows y_tangent) const
    {
        if (x_tangent.data() && x_tangent.count() < x.count())
            return detail::too_short("network::jvp: x_tangent has fewer rows than x");
        return detail::give(crl_network_jvp(get(), x.data(), x.count(), x.stride(), x_tangent.data(), x_tangent.stride(),
            w_tangent.data(), w_tangent.size(), y.data(), y.count(), y.stride(), y_tangent.data(), y_tangent.count(),
            y_tangent.stride()));
    }
    returned<void> vjp(const_rows x, const_rows u, span<float> gradients, rows x_gradient = {}) const
    {
        if (u.count() < x.count())
            return detail::too_short("network::vjp: u has fewer rows than x");
        return detail::give(crl_network_vjp(get(), x.data(), x.count(), x.stride(), u.data(), u.stride(), gradients.data(),
            gradients.size(), x_gradient.data(), x_gradient.count(), x_gradient.stride()));
    }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_network ---- */

private:
    friend class predictor;
    friend class publisher;

    template <class Make>
    static returned<network> made(Make make, const detail::activations &activations = {})
    {
        crl_network *raw = nullptr;
        const crl_status status = make(&raw);
        network made(raw);
        made.activations_ = activations;
        return detail::give(status, std::move(made));
    }

    template <class Call>
    returned<void> add(const chainrule::layer_options &options, Call call)
    {
        crl_layer_options c = detail::c(options);
        if (!c.user)
            return detail::give(call(&c));
        activations_.push_back(std::make_shared<const chainrule::layer_options>(options));
        c = detail::c(*activations_.back());
        const crl_status status = call(&c);
        if (status != CRL_OK)
            activations_.pop_back();
        return detail::give(status);
    }

    template <class T, class Look>
    returned<span<T>> vector(Look look) const
    {
        float *values = nullptr;
        std::size_t count = 0;
        const crl_status status = look(get(), &values, &count);
        return detail::give(status, span<T>(values, count));
    }

    template <class Look>
    returned<onnx_value> onnx(Look look, std::size_t index) const
    {
        onnx_value value;
        std::size_t rank = 0;
        crl_status status = look(get(), index, &value.name, nullptr, 0, &rank, &value.batch_axis);
        if (status == CRL_OK) {
            value.extents.resize(rank);
            status = look(get(), index, &value.name, value.extents.data(), rank, &rank, &value.batch_axis);
        }
        return detail::give(status, std::move(value));
    }

    detail::activations activations_ = {};
};

inline returned<workspace> workspace::create(const network &network, std::size_t max_rows, chainrule::purpose purpose)
{
    crl_workspace *raw = nullptr;
    const crl_status status = crl_workspace_create(network.get(), max_rows, detail::number(purpose), &raw);
    return detail::give(status, workspace(raw));
}

#ifndef CHAINRULE_NO_EXCEPTIONS
inline workspace::workspace(const network &network, std::size_t max_rows, chainrule::purpose purpose)
    : workspace(create(network, max_rows, purpose))
{
}
#endif

/* ------------------------------------------------------------------------------------------------------------------
 * Training
 * ------------------------------------------------------------------------------------------------------------------
 */

class optimizer : public detail::owner<crl_optimizer, crl_optimizer_destroy> {
public:
    using owner::owner;
    optimizer() = default;

    static returned<optimizer> create(const network &network, const optimizer_options &options = {})
    {
        const auto c = detail::same<crl_optimizer_options>(options);
        crl_optimizer *raw = nullptr;
        const crl_status status = crl_optimizer_create(network.get(), &c, &raw);
        return detail::give(status, optimizer(raw));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit optimizer(const network &network, const optimizer_options &options = {}) : optimizer(create(network, options)) {}
#endif
    returned<optimizer> copy(const network &network) const
    {
        crl_optimizer *raw = nullptr;
        const crl_status status = crl_optimizer_copy(get(), network.get(), &raw);
        return detail::give(status, optimizer(raw));
    }
    returned<void> step(network &network, span<const float> gradients)
    {
        return detail::give(crl_step(get(), network.get(), gradients.data(), gradients.size()));
    }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_optimizer ---- */
};

namespace detail {

inline c_train_options::c_train_options(const train_options &from) noexcept : cost(c(from.cost))
{
    to.cost = &cost;
    to.optimizer = from.optimizer ? from.optimizer->get() : nullptr;
    if (from.schedule) {
        schedule = c(*from.schedule);
        to.schedule = &schedule;
    }
    to.epochs = from.epochs;
    to.batch_size = from.batch_size;
    to.threads = from.threads;
    to.patience = from.patience;
    to.class_weights = from.class_weights.data();
    to.class_weights_count = from.class_weights.size();
    to.shuffle = from.shuffle;
    to.carry_states = from.carry_states;
    to.seed = from.seed;
    to.validation_split = from.validation_split;
    to.min_delta = from.min_delta;
    if (from.on_epoch)
        to.on_epoch = [](void *user, const crl_epoch *epoch) noexcept {
            return guarded([&] { return static_cast<const train_options *>(user)->on_epoch(*epoch); });
        };
    if (from.on_batch)
        to.on_batch = [](void *user, const crl_batch *batch) noexcept {
            return guarded([&] { return static_cast<const train_options *>(user)->on_batch(*batch); });
        };
    if (from.on_epoch || from.on_batch)
        to.user = const_cast<train_options *>(&from);
}

} // namespace detail

inline returned<chainrule::recipe> network::recipe() const
{
    chainrule::recipe recipe;
    crl_train_options train = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT;
    crl_status status = crl_network_recipe(get(), &train, &optimizer, &cost, &schedule, nullptr, 0);
    if (status == CRL_OK && train.class_weights_count > 0) {
        recipe.class_weights.resize(train.class_weights_count);
        status = crl_network_recipe(get(), &train, &optimizer, &cost, &schedule, recipe.class_weights.data(),
            recipe.class_weights.size());
    }
    recipe.optimizer = detail::same<optimizer_options>(optimizer);
    train_options &options = recipe.options;
    options.cost.kind = static_cast<cost_kind>(cost.kind);
    options.cost.reduction = static_cast<reduction>(cost.reduction);
    options.cost.huber_delta = cost.huber_delta;
    options.cost.label_smoothing = cost.label_smoothing;
    if (train.schedule)
        options.schedule = schedule_options{ static_cast<schedule_kind>(schedule.kind), schedule.per_epoch != 0, schedule.warmup,
            schedule.period, schedule.period_factor, schedule.patience, schedule.cooldown, schedule.warmup_start, schedule.factor,
            schedule.min_rate, schedule.peak, schedule.start_divisor, schedule.end_divisor, schedule.threshold, {} };
    options.epochs = train.epochs;
    options.batch_size = train.batch_size;
    options.patience = train.patience;
    options.class_weights = recipe.class_weights;
    options.shuffle = train.shuffle != 0;
    options.carry_states = train.carry_states != 0;
    options.seed = train.seed;
    options.validation_split = train.validation_split;
    options.min_delta = train.min_delta;
    return detail::give(status, std::move(recipe));
}

class trainer : public detail::owner<crl_trainer, crl_trainer_destroy> {
public:
    using owner::owner;
    trainer() = default;

    static returned<trainer> create(network &network, const train_options &options = {})
    {
        auto kept = std::make_unique<const train_options>(options);
        const detail::c_train_options train(*kept);
        crl_trainer *raw = nullptr;
        const crl_status status = crl_trainer_create(network.get(), train.get(), &raw);
        trainer made(raw);
        made.options_ = std::move(kept);
        return detail::give(status, std::move(made));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit trainer(network &network, const train_options &options = {}) : trainer(create(network, options)) {}
#endif
    trainer(trainer &&) = default;
    trainer &operator=(trainer &&other) noexcept
    {
        owner::operator=(std::move(other)); // before the callables of the old trainer go
        options_ = std::move(other.options_);
        return *this;
    }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_trainer ---- */

private:
    std::unique_ptr<const train_options> options_ = {}; // with the callables
};

/* ------------------------------------------------------------------------------------------------------------------
 * Predicting
 * ------------------------------------------------------------------------------------------------------------------
 */

class predictor : public detail::owner<crl_predictor, crl_predictor_destroy> {
public:
    using owner::owner;
    predictor() = default;

    static returned<predictor> create(const network &network, chainrule::precision precision = chainrule::precision::float32)
    {
        crl_predictor *raw = nullptr;
        const crl_status status = crl_predictor_create(network.get(), detail::number(precision), &raw);
        predictor made(raw);
        made.activations_ = network.activations_;
        return detail::give(status, std::move(made));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit predictor(const network &network, chainrule::precision precision = chainrule::precision::float32)
        : predictor(create(network, precision))
    {
    }
#endif
    static returned<predictor> open(text path, bool check_data = false)
    {
        crl_predictor *raw = nullptr;
        const crl_status status = crl_predictor_open(path.get(), check_data, &raw);
        return detail::give(status, predictor(raw));
    }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_predictor ---- */

private:
    friend class stream;
    detail::activations activations_ = {};
};

class publisher : public detail::owner<crl_publisher, crl_publisher_destroy> {
public:
    using owner::owner;
    publisher() = default;

    static returned<publisher> create(const network &network, chainrule::precision precision = chainrule::precision::float32)
    {
        auto kept = std::make_unique<shared>();
        kept->activations = network.activations_;
        crl_publisher *raw = nullptr;
        const crl_status status = crl_publisher_create(network.get(), detail::number(precision), &raw);
        publisher made(raw);
        made.kept_ = std::move(kept);
        return detail::give(status, std::move(made));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit publisher(const network &network, chainrule::precision precision = chainrule::precision::float32)
        : publisher(create(network, precision))
    {
    }
#endif
    publisher(publisher &&) = default;
    publisher &operator=(publisher &&other) noexcept
    {
        owner::operator=(std::move(other)); // before the callables of the old publisher go
        kept_ = std::move(other.kept_);
        return *this;
    }
    returned<void> publish(const network &network)
    {
        keep(network.activations_);
        return detail::give(crl_publisher_publish(get(), network.get()));
    }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_publisher ---- */

private:
    struct shared {
        std::mutex mutex = {};
        detail::activations activations = {}; // of every network that was published
    };

    // Any number of threads may publish.
    void keep(const detail::activations &added)
    {
        if (!kept_ || added.empty())
            return;
        const std::lock_guard<std::mutex> lock(kept_->mutex);
        for (const auto &each : added) {
            bool known = false;
            for (const auto &other : kept_->activations)
                known = known || other == each;
            if (!known)
                kept_->activations.push_back(each);
        }
    }

    std::unique_ptr<shared> kept_ = {};
};

/** Serves one thread at a time. push() allocates nothing, unless it fails. */
class stream : public detail::owner<crl_stream, crl_stream_destroy> {
public:
    using owner::owner;
    stream() = default;

    static returned<stream> create(const predictor &predictor)
    {
        crl_stream *raw = nullptr;
        const crl_status status = crl_stream_create(predictor.get(), &raw);
        return made(raw, status, predictor.activations_);
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit stream(const predictor &predictor) : stream(create(predictor)) {}
#endif
    returned<stream> copy() const
    {
        crl_stream *raw = nullptr;
        const crl_status status = crl_stream_copy(get(), &raw);
        return made(raw, status, activations_);
    }
    /** As many frames as x has. */
    returned<void> push(span<const float> x, span<float> y)
    {
        std::size_t inputs = 0, outputs = 0;
        crl_status status = crl_stream_input_size(get(), &inputs);
        if (status == CRL_OK)
            status = crl_stream_output_size(get(), &outputs);
        if (status != CRL_OK)
            return detail::give(status);
        const std::size_t frames = x.size() / inputs;
        if (frames * inputs != x.size() || y.size() / outputs < frames)
            return detail::too_short("stream::push: x is not whole frames, or y is too short for its frames");
        return detail::give(crl_stream_push(get(), x.data(), frames, y.data()));
    }
    returned<std::size_t> input_size() const { return detail::get<std::size_t>(crl_stream_input_size, get()); }
    returned<std::size_t> output_size() const { return detail::get<std::size_t>(crl_stream_output_size, get()); }

    /* What follows from chainrule.h alone. */

    /* ---- METHODS crl_stream ---- */

private:
    static returned<stream> made(crl_stream *raw, crl_status status, const detail::activations &activations)
    {
        stream made(raw);
        made.activations_ = activations;
        return detail::give(status, std::move(made));
    }

    detail::activations activations_ = {};
};

/* ------------------------------------------------------------------------------------------------------------------
 * Cancelling
 * ------------------------------------------------------------------------------------------------------------------
 */

class cancel : public detail::owner<crl_cancel, crl_cancel_destroy> {
public:
    using owner::owner;

    static returned<cancel> create(callback<> poll = {})
    {
        crl_cancel *raw = nullptr;
        auto kept = std::make_unique<const callback<>>(std::move(poll));
        const crl_cancel_poll call = [](void *user) noexcept {
            return detail::guarded([&] { return (*static_cast<const callback<> *>(user))(); });
        };
        const crl_status status = crl_cancel_create(*kept ? call : nullptr, detail::user(*kept), &raw);
        cancel made(raw);
        made.poll_ = std::move(kept);
        return detail::give(status, std::move(made));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    cancel() : cancel(create()) {}
    explicit cancel(callback<> poll) : cancel(create(std::move(poll))) {}
#endif
    cancel(cancel &&) = default;
    cancel &operator=(cancel &&other) noexcept
    {
        owner::operator=(std::move(other)); // before the callable of the old one goes
        poll_ = std::move(other.poll_);
        return *this;
    }
    /** Any thread, also a signal's handler. */
    void set() const noexcept { crl_cancel_set(get()); }
    returned<void> reset() { return detail::give(crl_cancel_reset(get())); }

private:
    std::unique_ptr<const callback<>> poll_ = {};
};

/** While it lives, the calls of its thread look at a flag. Then they look again at what they looked at before. */
class watch {
public:
    static returned<watch> create(const cancel &cancel)
    {
        watch made;
        const crl_status status = crl_cancel_watch(cancel.get(), &made.before_);
        made.watches_ = status == CRL_OK;
        return detail::give(status, std::move(made));
    }
#ifndef CHAINRULE_NO_EXCEPTIONS
    explicit watch(const cancel &cancel) : watch(create(cancel)) {}
#endif
    watch(watch &&other) noexcept : before_(other.before_), watches_(std::exchange(other.watches_, false)) {}
    watch(const watch &) = delete;
    watch &operator=(const watch &) = delete;
    ~watch()
    {
        if (watches_)
            static_cast<void>(crl_cancel_watch(before_, nullptr));
    }

private:
    watch() = default;
    crl_cancel *before_ = nullptr;
    bool watches_ = false;
};

} // inline namespace CHAINRULE_VARIANT
} // namespace chainrule

/** chainrule::status is an error code of chainrule::category(). */
template <>
struct std::is_error_code_enum<chainrule::status> : std::true_type {
};

#undef CHAINRULE_VARIANT

#endif
