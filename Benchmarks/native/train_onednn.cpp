// The step by hand over oneDNN: its sgemm, except for products with a large second matrix transposed, in which its
// matmul primitive is faster. (In the other products it is slower, even with bias and ReLU fused.)
#include "hand_step.hpp"

#include <array>
#include <oneapi/dnnl/dnnl.hpp>

class OneDNN {
public:
    static void multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha, const float *a,
                         size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
    {
        if (transpose_b && !transpose_a && alpha == 1 && beta == 0 && n * k >= 65536)
            matmul_transposed({m, n, k, lda, ldb, ldc}, a, b, c);
        else
            dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', dnnl_dim_t(m), dnnl_dim_t(n), dnnl_dim_t(k),
                       alpha, a, dnnl_dim_t(lda), b, dnnl_dim_t(ldb), beta, c, dnnl_dim_t(ldc));
    }

private:
    using Shape = std::array<size_t, 6>; // m, n, k, lda, ldb, ldc

    // A primitive for one shape, and the memories that it is executed with.
    struct Primitive {
        dnnl::engine processor{dnnl::engine::kind::cpu, 0};
        dnnl::stream queue{processor};
        dnnl::memory a, b, c;
        dnnl::matmul operation;

        explicit Primitive(const Shape &shape)
        {
            const auto [m, n, k, lda, ldb, ldc] = shape;
            const auto describe = [](size_t rows, size_t columns, size_t row_stride, size_t column_stride) {
                return dnnl::memory::desc({dnnl_dim_t(rows), dnnl_dim_t(columns)}, dnnl::memory::data_type::f32,
                                          {dnnl_dim_t(row_stride), dnnl_dim_t(column_stride)});
            };
            a = dnnl::memory(describe(m, k, lda, 1), processor, nullptr);
            b = dnnl::memory(describe(k, n, 1, ldb), processor, nullptr);
            c = dnnl::memory(describe(m, n, ldc, 1), processor, nullptr);
            operation = dnnl::matmul({processor, a.get_desc(), b.get_desc(), c.get_desc()});
        }
    };

    static void matmul_transposed(const Shape &shape, const float *a, const float *b, float *c)
    {
        static thread_local std::map<Shape, Primitive> primitives;
        Primitive &primitive = primitives.try_emplace(shape, shape).first->second;
        dnnl_memory_set_data_handle(primitive.a.get(), const_cast<float *>(a));
        dnnl_memory_set_data_handle(primitive.b.get(), const_cast<float *>(b));
        dnnl_memory_set_data_handle(primitive.c.get(), c);
        const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, primitive.a.get()},
                                             {DNNL_ARG_WEIGHTS, primitive.b.get()},
                                             {DNNL_ARG_DST, primitive.c.get()}};
        dnnl_primitive_execute(primitive.operation.get(), primitive.queue.get(), 3, arguments);
    }
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<hand::Training<OneDNN>>(cell); });
}
