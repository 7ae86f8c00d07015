/* CPython's C interface, for the tests that run the Python package inside a Swift process. */
#define PY_SSIZE_T_CLEAN
/* Before Python.h, which asks for more of libc than Swift's own modules do and would so give fd_set other member names. */
#include <sys/select.h>
#include <Python.h>
