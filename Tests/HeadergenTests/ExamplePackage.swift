@testable import headergen

/// A small package with one of everything, and what headergen makes of it.
extension CommandTests {
    static let package = [
        "Interface.h": """
        #if defined(__OBJC__)
        /// The compiler's own comment.
        SWIFT_EXTERN crl_status crl_network_create(NSUInteger inputs, crl_options const * _Nullable options, crl_network * _Nullable * _Nullable network) SWIFT_NOEXCEPT SWIFT_WARN_UNUSED_RESULT;

        SWIFT_EXTERN int32_t crl_version(void) SWIFT_NOEXCEPT SWIFT_WARN_UNUSED_RESULT;
        #endif
        """,
        "Sources/headergen/introduction.txt": """
        chainrule.h: an example.

        Generated.

        """,
        "Sources/headergen/template.hpp": """
        #include <chainrule.h> // crl_version(), crl_network_create()
        /* ---- ENUMERATIONS ---- */
        /* ---- OPTIONS ---- */
        int last;

        """,
        "Sources/headergen/template.java": """
        public final class Chainrule {
            private Chainrule() {}

        /* ---- CONTENTS ---- */
        }

        """,
        "Sources/CChainrule/include/chainrule_types.h": """
        #ifndef CHAINRULE_TYPES_H
        #define CHAINRULE_TYPES_H
        /* ---- 8< ---- */
        #include <stddef.h>
        #include <stdint.h>

        /* ---- GROUP 1 ---- */
        #define CRL_VERSION_MAJOR 1
        /** A status. */
        typedef int32_t crl_status;
        enum {
            CRL_OK = 0, /**< fine */
            CRL_ERROR = -1
        };
        /* ---- GROUP 2 ---- */

        /** A network. */
        typedef struct crl_network crl_network;
        /** A callback. */
        typedef int32_t (*crl_callback)(void *user, const float *x, double *C);
        /** Options. */
        typedef struct crl_options {
            size_t size;
            const char *name;
            float rate;
            crl_callback callback;
        } crl_options;
        #define CRL_OPTIONS_INIT { sizeof(crl_options), NULL, -0.5f, NULL }

        /* ---- >8 ---- */
        #endif
        """,
        "Sources/ChainruleC/A.swift": """
        // GROUP 2: Networks
        //
        // A network is made once.

        /// Creates a network.
        ///
        /// - Parameters:
        ///   - inputs: how many numbers a row has.
        ///   - options: `NULL`: the defaults.
        ///   - network: receives the network; NULL after an error.
        /// - Returns: CRL_ERROR if `inputs` is zero.
        @_cdecl("crl_network_create")
        public func create() {}
        """,
        "Sources/ChainruleC/B.swift": """
        // GROUP 1: Library

        /// Gives the version of the library.
        @_cdecl("crl_version")
        public func version() -> Int32 { 1 }
        """,
        "Sources/ChainruleC/Help.swift": "func help() {}\n",
    ]

    static let expectedHeader = """
        /*
         * chainrule.h: an example.
         *
         * Generated.
         */

        #ifndef CHAINRULE_H
        #define CHAINRULE_H

        #include <stddef.h>
        #include <stdint.h>

        \(PublicHeader.marks)

        #ifdef __cplusplus
        extern "C" {
        #endif

        /* \(rule)
         * Library
         * \(rule) */

        #define CRL_VERSION_MAJOR 1
        /** A status. */
        typedef int32_t crl_status;
        enum {
            CRL_OK = 0, /**< fine */
            CRL_ERROR = -1
        };

        /** Gives the version of the library. */
        CRL_API int32_t crl_version(void);

        /* \(rule)
         * Networks
         * \(rule)
         * A network is made once.
         */

        /** A network. */
        typedef struct crl_network crl_network;
        /** A callback. */
        typedef int32_t (*crl_callback)(void *user, const float *x, double *C);
        /** Options. */
        typedef struct crl_options {
            size_t size;
            const char *name;
            float rate;
            crl_callback callback;
        } crl_options;
        #define CRL_OPTIONS_INIT { sizeof(crl_options), NULL, -0.5f, NULL }

        /** Creates a network.
         *  @param inputs how many numbers a row has.
         *  @param options NULL: the defaults.
         *  @param network receives the network; NULL after an error.
         *  @return CRL_ERROR if inputs is zero. */
        CRL_NODISCARD CRL_API crl_status crl_network_create(size_t inputs, const crl_options *CRL_NULLABLE options,
                                                            crl_network *CRL_NULLABLE *CRL_NONNULL network);

        #ifdef __cplusplus
        }
        #endif

        \(PublicHeader.endOfMarks)

        #endif

        """

    static let expectedForeignHeader = """
        enum { CRL_VERSION_MAJOR = 1 };
        typedef int32_t crl_status;
        enum { CRL_OK = 0, CRL_ERROR = -1 };
        int32_t crl_version(void);
        typedef struct crl_network crl_network;
        typedef int32_t (*crl_callback)(void *, const float *, double *);
        typedef struct crl_options {
            size_t size;
            const char *name;
            float rate;
            crl_callback callback;
        } crl_options;
        crl_status crl_network_create(size_t inputs, const crl_options *options, crl_network **network);

        """

    static let expectedCppHeader = """
        #include <chainrule.h> // crl_version(), crl_network_create()
        enum class status : std::int32_t {
            ok = CRL_OK,
            error = CRL_ERROR,
        };

        int last;

        """

    private static let rule = String(repeating: "-", count: 114)

    static let expectedPython = """
        CRL_VERSION_MAJOR = 1

        crl_status = ctypes.c_int32


        class Status(enum.IntEnum):
            \"""The values of `crl_status`; OK is CRL_OK in C.\"""

            OK = 0
            ERROR = -1


        class crl_network(ctypes.c_void_p):
            \"""A handle, `crl_network *` in C; false while it is NULL.\"""


        crl_callback = ctypes.CFUNCTYPE(
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_double),
        )


        class crl_options(ctypes.Structure):
            \"""The structure `crl_options`, field by field.\"""

            _fields_ = [
                ("size", ctypes.c_size_t),
                ("name", ctypes.c_char_p),
                ("rate", ctypes.c_float),
                ("callback", crl_callback),
            ]

            @classmethod
            def default(cls) -> crl_options:
                \"""Return the value of CRL_OPTIONS_INIT.\"""
                return cls(size=ctypes.sizeof(crl_options), rate=-0.5)


        PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
            "crl_version": (ctypes.c_int32, []),
            "crl_network_create": (
                crl_status,
                [ctypes.c_size_t, ctypes.POINTER(crl_options), ctypes.POINTER(crl_network)],
            ),
        }
        """
}
