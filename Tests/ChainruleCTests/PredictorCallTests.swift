import CChainrule
import ChainruleC
import Testing

/// A network prepared for prediction, through the C functions.
@Suite struct PredictorCallTests {
    static let precisions = [CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16, CRL_PRECISION_INT8]

    static func makePredictor(
        _ network: UnsafePointer<crl_network>, _ precision: Int = CRL_PRECISION_FLOAT32
    ) -> UnsafeMutablePointer<crl_predictor> {
        var predictor: UnsafeMutablePointer<crl_predictor>?
        ok(crlPredictorCreate(network, crl_precision(precision), &predictor))
        return predictor!
    }

    /// A call with a predictor of the fixture's network.
    private static func bad(
        _ function: String, _ code: Int, _ words: String..., line: Int = #line,
        call: @escaping @Sendable (Fixture, UnsafeMutablePointer<crl_predictor>) -> crl_status
    ) -> BadCall {
        BadCall(function, code, words.joined(separator: " "), line: line) { f in
            let predictor = makePredictor(f.network)
            let status = call(f, predictor)
            // Still of use after any error; and the message is the failed call's.
            let y = Memory<Float>(0, count: 8)
            #expect(crlPredictorPredict(predictor, f.x.pointer, 4, 2, y.pointer, 4, 2) == CRL_OK)
            crlPredictorDestroy(predictor)
            return status
        }
    }

    private static let predict = "crl_predictor_predict"
    static let badCalls = [
        bad(predict, CRL_ERROR_NULL, "predictor is NULL") { f, _ in
            crlPredictorPredict(nil, f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_NULL, "x is NULL") { f, p in crlPredictorPredict(p, nil, 4, 2, f.y.pointer, 4, 2) },
        bad(predict, CRL_ERROR_NULL, "y is NULL") { f, p in crlPredictorPredict(p, f.x.pointer, 4, 2, nil, 4, 2) },
        bad(predict, CRL_ERROR_HANDLE, "predictor is not a crl_predictor") { f, _ in
            crlPredictorPredict(cast(f.network), f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_HANDLE, "predictor is not a crl_predictor") { f, p in
            crlPredictorPredict(misaligned(p), f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x_rows is 0") { f, p in
            crlPredictorPredict(p, f.x.pointer, 0, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x_stride is 1") { f, p in
            crlPredictorPredict(p, f.x.pointer, 4, 1, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x_stride is 1") { f, p in
            crlPredictorPredict(p, f.x.pointer, 1, 1, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x has \(UInt.max) rows") { f, p in
            crlPredictorPredict(p, f.x.pointer, .max, 2, f.y.pointer, .max, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x has 4 rows \(UInt.max)") { f, p in
            crlPredictorPredict(p, f.x.pointer, 4, .max, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x has 1 rows \(UInt.max)") { f, p in
            crlPredictorPredict(p, f.x.pointer, 1, .max, f.y.pointer, 1, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "y_rows is 3; 4 rows") { f, p in
            crlPredictorPredict(p, f.x.pointer, 4, 2, f.y.pointer, 3, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "y_rows is 0; 1 rows") { f, p in
            crlPredictorPredict(p, f.x.pointer, 1, 2, f.y.pointer, 0, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "y_stride is 1") { f, p in
            crlPredictorPredict(p, f.x.pointer, 4, 2, f.y.pointer, 4, 1)
        },
        bad(predict, CRL_ERROR_SIZE, "y has 4 rows \(UInt.max)") { f, p in
            crlPredictorPredict(p, f.x.pointer, 4, 2, f.y.pointer, 4, .max)
        },
        bad("crl_predictor_input_size", CRL_ERROR_NULL, "predictor is NULL") { f, _ in
            crlPredictorInputSize(nil, f.sizes.pointer)
        },
        bad("crl_predictor_input_size", CRL_ERROR_NULL, "inputs is NULL") { _, p in crlPredictorInputSize(p, nil) },
        bad("crl_predictor_input_size", CRL_ERROR_HANDLE, "predictor") { f, _ in
            crlPredictorInputSize(cast(f.workspace), f.sizes.pointer)
        },
        bad("crl_predictor_output_size", CRL_ERROR_NULL, "predictor is NULL") { f, _ in
            crlPredictorOutputSize(nil, f.sizes.pointer)
        },
        bad("crl_predictor_output_size", CRL_ERROR_NULL, "outputs is NULL") { _, p in crlPredictorOutputSize(p, nil) },
        bad("crl_predictor_output_size", CRL_ERROR_HANDLE, "predictor") { f, _ in
            crlPredictorOutputSize(cast(f.optimizer), f.sizes.pointer)
        },
        bad("crl_predictor_precision", CRL_ERROR_NULL, "predictor is NULL") { f, _ in
            crlPredictorPrecision(nil, f.keep(crl_precision(0)))
        },
        bad("crl_predictor_precision", CRL_ERROR_NULL, "precision is NULL") { _, p in crlPredictorPrecision(p, nil) },
        bad("crl_predictor_precision", CRL_ERROR_HANDLE, "predictor") { f, _ in
            crlPredictorPrecision(cast(f.network), f.keep(crl_precision(0)))
        },
        bad("crl_predictor_create", CRL_ERROR_NULL, "predictor is NULL") { f, _ in
            crlPredictorCreate(f.network, 0, nil)
        },
    ]

    @Test(arguments: badCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    @Test func createChecksItsArguments() {
        let f = Fixture()
        func create(_ network: UnsafePointer<crl_network>?, _ precision: crl_precision, _ code: Int, _ words: String...)
        {
            var predictor: UnsafeMutablePointer<crl_predictor>? = cast(f.network)
            fails(crlPredictorCreate(network, precision, &predictor), code, "crl_predictor_create", words)
            #expect(predictor == nil)
        }
        create(nil, 0, CRL_ERROR_NULL, "network is NULL")
        create(f.unbuilt, 0, CRL_ERROR_NOT_BUILT, "not built")
        create(cast(f.workspace), 0, CRL_ERROR_HANDLE, "network")
        create(f.network, 3, CRL_ERROR_VALUE, "precision is 3", "crl_precision")
        create(f.network, -1, CRL_ERROR_VALUE, "precision is -1")
    }

    @Test(arguments: precisions) func saysWhatItIs(_ precision: Int) {
        let f = Fixture()
        let predictor = PredictorCallTests.makePredictor(f.network, precision)
        var found: crl_precision = 77
        ok(crlPredictorInputSize(predictor, f.sizes.pointer))
        ok(crlPredictorOutputSize(predictor, f.sizes.pointer + 1))
        ok(crlPredictorPrecision(predictor, &found))
        #expect(f.sizes.elements == [2, 2] && found == crl_precision(precision))
        crlPredictorDestroy(predictor)
    }

    @Test(arguments: precisions) func predictsAsTheNetworkDoes(_ precision: Int) {
        let f = Fixture()
        let predictor = PredictorCallTests.makePredictor(f.network, precision)
        ok(crlPredictorPredict(predictor, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        for (y, expected) in zip(f.y.elements, f.prediction) {
            #expect(precision == CRL_PRECISION_FLOAT32 ? y == expected : abs(y - expected) < 0.03)
        }
        crlPredictorDestroy(predictor)
    }

    /// Only the rows that were asked for, and nothing between or behind them.
    @Test func writesNothingElse() {
        let f = Fixture()
        let predictor = PredictorCallTests.makePredictor(f.network)
        let y = Memory<Float>(77, count: 4 * 5)
        ok(crlPredictorPredict(predictor, f.x.pointer, 3, 2, y.pointer, 4, 5))
        for (index, value) in y.elements.enumerated() {
            let (row, column) = index.quotientAndRemainder(dividingBy: 5)
            #expect(value == (row < 3 && column < 2 ? f.prediction[2 * row + column] : 77))
        }
        crlPredictorDestroy(predictor)
    }

    @Test func networkMayGoFirstAndChange() {
        var network: UnsafeMutablePointer<crl_network>? = Fixture.makeNetwork(seed: 1)
        let f = Fixture()
        let predictor = PredictorCallTests.makePredictor(network!)
        var options = crl_train_options.initial
        options.epochs = 1
        ok(crlNetworkFit(network, f.x.pointer, 4, 2, f.targets(), nil, &options))
        crlNetworkDestroy(network)
        network = nil
        ok(crlPredictorPredict(predictor, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)
        crlPredictorDestroy(predictor)
    }

    @Test func destroyingNothingOrAnotherKindDoesNothing() {
        let f = Fixture()
        crlPredictorDestroy(nil)
        crlPredictorDestroy(cast(f.network))
        let predictor = PredictorCallTests.makePredictor(f.network)
        crlNetworkDestroy(cast(predictor))
        crlPredictorDestroy(misaligned(predictor))
        ok(crlPredictorPredict(predictor, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)
        crlPredictorDestroy(predictor)
    }

    @Test(arguments: precisions) func eightThreadsPredictTheSameBits(_ precision: Int) {
        let f = Fixture()
        let rows = 300
        let predictor = PredictorCallTests.makePredictor(f.network, precision)
        let x = Memory<Float>((0..<2 * rows).map { Float($0 % 37) / 16 - 1 })
        let expected = Memory<Float>(0, count: 2 * rows)
        ok(crlPredictorPredict(predictor, x.pointer, UInt(rows), 2, expected.pointer, UInt(rows), 2))
        let results = Memory<Float>(0, count: 8 * 2 * rows)
        let shared = (
            ThreadTests.Shared(pointer: predictor), ThreadTests.Shared(pointer: x.pointer),
            ThreadTests.Shared(pointer: results.pointer)
        )
        ThreadTests.onThreads(8) { thread in
            let y = shared.2.pointer + thread * 2 * rows
            for length in [rows, 1, 64, 65, rows] {
                ok(crlPredictorPredict(shared.0.pointer, shared.1.pointer, UInt(length), 2, y, UInt(length), 2))
            }
        }
        for thread in 0..<8 {
            #expect(Array(results.elements[thread * 2 * rows..<(thread + 1) * 2 * rows]) == expected.elements)
        }
        crlPredictorDestroy(predictor)
    }
}
