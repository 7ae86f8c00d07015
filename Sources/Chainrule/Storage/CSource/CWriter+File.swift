import KernelDispatch

// The file around the layers.
extension CWriter {
    func content() throws(ChainruleError) -> FileContent {
        try Reserve.setAside(1 << 18 + 4 * (tables.bytes.count + forward.bytes.count + backward.bytes.count))
        var (body, code) = (CText(), CCode())
        body.append(bytes: tables.bytes)
        addFunctions(to: &body)
        code.need(body.bytes)
        var pieces = CText()
        pieces.add("\n")
        code.write(to: &pieces)
        return FileContent([.bytes(beginning().bytes), .bytes(numbers.bytes), .bytes(pieces.bytes), .bytes(body.bytes)])
    }

    /// The name in capitals.
    private var macro: String {
        String(decoding: name.utf8.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 ? $0 & 0xdf : $0 }, as: UTF8.self)
    }

    private var stepArguments: String {
        options.hasMomentum
            ? "const float *x, const float *t, float learning_rate, float momentum"
            : "const float *x, const float *t, float learning_rate"
    }

    /// What the file is, the declarations, and the arithmetic.
    private func beginning() -> CText {
        var text = CText()
        let (set, lanes, fuses) = network.level.rowArithmetic
        text.add(
            """
            /* A neural network as C99, written by Chainrule: \(network.inputs) inputs, \(network.outputs) outputs, \
            \(network.parameterCount) parameters.
             *
             * The results are those of the library bit for bit with IEEE float, without contraction and reordering: gcc and clang with
             * -std=c99 -ffp-contract=off, at any -O level. With other contraction they agree to rounding; -ffast-math is an error.
             * The code allocates nothing. It calls, where layers need them: fmaf, sqrtf of libm, as the compiler's built-in functions;
             * and memcpy, memset, if the compiler makes such calls.
             * For declarations alone, define \(macro)_DECLARATIONS and include this file.
             * \(macro)_NO_BUFFER leaves out the functions with a static buffer.
             * \(macro)_NO_FMA computes without fmaf, for processors that lack it: faster there, and equal only to rounding. */
            #ifndef \(macro)_H
            #define \(macro)_H

            #ifdef __cplusplus
            extern "C" {
            #endif

            #define \(macro)_INPUTS \(network.inputs)
            #define \(macro)_OUTPUTS \(network.outputs)
            #define \(macro)_BUFFER_FLOATS \(bufferCount)

            /* Writes the outputs for the inputs of one row. buffer: BUFFER_FLOATS floats of any content. Nothing overlaps. */
            void \(name)_predict_with(const float *x, float *y, float *buffer);
            #ifndef \(macro)_NO_BUFFER
            /* The same with a static buffer: one call at a time. */
            void \(name)_predict(const float *x, float *y);
            #endif

            """)
        if trains {
            text.add(
                """

                #define \(macro)_PARAMETERS \(network.parameterCount)
                /* In the order of the library's parameter vector. */
                extern float \(name)_parameters[\(macro)_PARAMETERS];

                """)
            if stateCount > 0 {
                text.add(
                    """
                    #define \(macro)_STATE \(stateCount)
                    /* What training moves besides: the state, in the library's order. */
                    extern float \(name)_state[\(macro)_STATE];

                    """)
            }
            text.add(
                """
                /* A step of gradient descent along the gradient of one row with the targets t: \(options.cost.identifier).
                 * Returns the cost before the step. */
                float \(name)_train_step_with(\(stepArguments), float *buffer);
                #ifndef \(macro)_NO_BUFFER
                float \(name)_train_step(\(stepArguments));
                #endif

                """)
        }
        text.add(
            """

            #ifdef __cplusplus
            }
            #endif

            #endif
            #ifndef \(macro)_DECLARATIONS

            #include <stdint.h>

            #if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST)
            #error "\(name) adds to round: compile it without -ffast-math and the like"
            #endif
            #if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ < 16
            #error "\(name) needs sums and products of floats that are rounded to floats: on x86 -msse2 -mfpmath=sse"
            #endif
            #ifdef __clang__
            #pragma STDC FP_CONTRACT OFF
            #endif

            /* \(set): a b + c with \(fuses ? "one rounding" : "two roundings"), \(lanes) partial sums of a row. */
            #define LANES \(lanes)

            """)
        if fuses {
            text.add(
                """
                #ifdef \(macro)_NO_FMA
                #define MADD(a, b, c) ((a) * (b) + (c))
                #elif defined(__GNUC__)
                #define MADD(a, b, c) __builtin_fmaf(a, b, c)
                #else
                float fmaf(float, float, float);
                #define MADD(a, b, c) fmaf(a, b, c)
                #endif

                """)
        } else {
            text.add("#define MADD(a, b, c) ((a) * (b) + (c))\n")
        }
        text.add(
            """
            #ifdef __GNUC__
            #define SQRT(a) __builtin_sqrtf(a)
            #else
            float sqrtf(float);
            #define SQRT(a) sqrtf(a)
            #endif

            """)
        if trains {
            text.add("\n#define PARAMETERS \(name)_parameters\n#define MOMENTUM \(options.hasMomentum ? 1 : 0)\n")
            if stateCount > 0 { text.add("#define STATE \(name)_state\n") }
            if options.hasMomentum { text.add("static float velocities[\(macro)_PARAMETERS];\n") }
        }
        return text
    }

    private func addFunctions(to text: inout CText) {
        if trains {
            text.add("\nstatic void pass_forward(const float *x, float *buffer\(hasModes ? ", int trains" : ""))\n{\n")
            text.append(bytes: forward.bytes)
            text.add("}\n")
        }
        text.add("\nvoid \(name)_predict_with(const float *x, float *y, float *buffer)\n{\n")
        if trains {
            text.add(
                "    pass_forward(x, buffer\(hasModes ? ", 0" : ""));\n    copy(\(outputPlace), y, \(network.outputs));\n}\n"
            )
        } else {
            // Constants need neither.
            text.add("    (void)x, (void)buffer;\n")
            text.append(bytes: forward.bytes)
            text.add("}\n")
        }
        if trains {
            text.add("\nfloat \(name)_train_step_with(\(stepArguments), float *buffer)\n{\n")
            text.add("    const float rates[2] = {learning_rate, \(options.hasMomentum ? "momentum" : "0.0f")};\n")
            text.add("    float cost;\n    pass_forward(x, buffer\(hasModes ? ", 1" : ""));\n")
            text.append(bytes: backward.bytes)
            text.add("    return cost;\n}\n")
        }
        text.add(
            """

            #ifndef \(macro)_NO_BUFFER
            static float static_buffer[\(macro)_BUFFER_FLOATS];

            void \(name)_predict(const float *x, float *y) { \(name)_predict_with(x, y, static_buffer); }

            """)
        if trains {
            text.add(
                """

                float \(name)_train_step(\(stepArguments))
                {
                    return \(name)_train_step_with(x, t, learning_rate, \(options.hasMomentum ? "momentum, " : "")static_buffer);
                }

                """)
        }
        text.add("#endif\n\n#endif\n")
    }
}

extension InstructionSetLevel {
    /// How many partial sums kernels have over a row, and whether a product is added with one rounding.
    fileprivate var rowArithmetic: (name: StaticString, lanes: Int, fuses: Bool) {
        switch self {
        case .baseline:
            #if arch(arm64)
                return ("neon", 4, true)
            #else
                return ("baseline", 4, false)
            #endif
        #if AVX
            case .avx2: return ("avx2", 8, true)
            case .avx512: return ("avx512", 16, true)
        #endif
        }
    }
}
