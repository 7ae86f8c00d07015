// The step by hand over OpenBLAS' sgemm, as the wheel scipy-openblas32 brings it, which puts scipy_ before every name.
#include "hand_step.hpp"

#include <cblas.h>

struct OpenBLAS {
    static void multiply(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha, const float *a,
                         size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
    {
        scipy_cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                          transpose_b ? CblasTrans : CblasNoTrans, int(m), int(n), int(k), alpha, a, int(lda), b,
                          int(ldb), beta, c, int(ldc));
    }
};

int main()
{
    scipy_openblas_set_num_threads(1); // the step has threads of its own
    return serve([](const Cell &cell) { return std::make_unique<hand::Training<OpenBLAS>>(cell); });
}
