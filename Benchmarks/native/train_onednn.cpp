// The step by hand over oneDNN's sgemm.
#include "hand_step.hpp"

#include <oneapi/dnnl/dnnl.h>

struct OneDNN {
    static void multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha, const float *a,
                         size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
    {
        dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', dnnl_dim_t(m), dnnl_dim_t(n), dnnl_dim_t(k), alpha,
                   a, dnnl_dim_t(lda), b, dnnl_dim_t(ldb), beta, c, dnnl_dim_t(ldc));
    }
};

int main()
{
    return serve([](const Cell &cell) { return std::make_unique<hand::Training<OneDNN>>(cell); });
}
