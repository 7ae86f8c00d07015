import CChainrule
import ChainruleC
import Testing

/// A predictor that is exchanged while others predict, through the C functions.
@Suite struct PublisherCallTests {
    static func makePublisher(
        _ network: UnsafePointer<crl_network>, _ precision: Int = CRL_PRECISION_FLOAT32
    ) -> UnsafeMutablePointer<crl_publisher> {
        var publisher: UnsafeMutablePointer<crl_publisher>?
        ok(crlPublisherCreate(network, crl_precision(precision), &publisher))
        return publisher!
    }

    /// A call with a publisher of the fixture's network, which must go on with what it had.
    private static func bad(
        _ function: String, _ code: Int, _ words: String..., line: Int = #line,
        call: @escaping @Sendable (Fixture, UnsafeMutablePointer<crl_publisher>) -> crl_status
    ) -> BadCall {
        BadCall(function, code, words.joined(separator: " "), line: line) { f in
            let publisher = makePublisher(f.network)
            let status = call(f, publisher)
            let y = Memory<Float>(0, count: 8)
            #expect(crlPublisherPredict(publisher, f.x.pointer, 4, 2, y.pointer, 4, 2) == CRL_OK)
            #expect(y.elements == f.prediction)
            crlPublisherDestroy(publisher)
            return status
        }
    }

    private static let predict = "crl_publisher_predict"
    private static let publish = "crl_publisher_publish"
    static let badCalls = [
        bad(predict, CRL_ERROR_NULL, "publisher is NULL") { f, _ in
            crlPublisherPredict(nil, f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_NULL, "x is NULL") { f, p in crlPublisherPredict(p, nil, 4, 2, f.y.pointer, 4, 2) },
        bad(predict, CRL_ERROR_NULL, "y is NULL") { f, p in crlPublisherPredict(p, f.x.pointer, 4, 2, nil, 4, 2) },
        bad(predict, CRL_ERROR_HANDLE, "publisher is not a crl_publisher") { f, _ in
            let predictor = PredictorCallTests.makePredictor(f.network)
            defer { crlPredictorDestroy(predictor) }
            return crlPublisherPredict(cast(predictor), f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_HANDLE, "publisher is not a crl_publisher") { f, p in
            crlPublisherPredict(misaligned(p), f.x.pointer, 4, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x_rows is 0") { f, p in
            crlPublisherPredict(p, f.x.pointer, 0, 2, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x_stride is 1") { f, p in
            crlPublisherPredict(p, f.x.pointer, 4, 1, f.y.pointer, 4, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "x has \(UInt.max) rows") { f, p in
            crlPublisherPredict(p, f.x.pointer, .max, 2, f.y.pointer, .max, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "y_rows is 3; 4 rows") { f, p in
            crlPublisherPredict(p, f.x.pointer, 4, 2, f.y.pointer, 3, 2)
        },
        bad(predict, CRL_ERROR_SIZE, "y_stride is 1") { f, p in
            crlPublisherPredict(p, f.x.pointer, 4, 2, f.y.pointer, 4, 1)
        },
        bad(predict, CRL_ERROR_SIZE, "y has 4 rows \(UInt.max)") { f, p in
            crlPublisherPredict(p, f.x.pointer, 4, 2, f.y.pointer, 4, .max)
        },
        bad(publish, CRL_ERROR_NULL, "publisher is NULL") { f, _ in crlPublisherPublish(nil, f.network) },
        bad(publish, CRL_ERROR_NULL, "network is NULL") { _, p in crlPublisherPublish(p, nil) },
        bad(publish, CRL_ERROR_HANDLE, "publisher is not a crl_publisher") { f, _ in
            crlPublisherPublish(cast(f.network), f.network)
        },
        bad(publish, CRL_ERROR_HANDLE, "publisher is not a crl_publisher") { f, p in
            crlPublisherPublish(misaligned(p), f.network)
        },
        bad(publish, CRL_ERROR_HANDLE, "network is not a crl_network") { f, p in
            crlPublisherPublish(p, cast(f.optimizer))
        },
        bad(publish, CRL_ERROR_NOT_BUILT, "not built") { f, p in crlPublisherPublish(p, f.unbuilt) },
        bad(publish, CRL_ERROR_MISMATCH, "2 inputs and 5 outputs; what was published has 2 and 2") { f, p in
            ok(crlNetworkAddDense(f.unbuilt, 5, 0, nil))
            ok(crlNetworkBuild(f.unbuilt, 1))
            return crlPublisherPublish(p, f.unbuilt)
        },
        bad("crl_publisher_create", CRL_ERROR_NULL, "publisher is NULL") { f, _ in
            crlPublisherCreate(f.network, 0, nil)
        },
    ]

    @Test(arguments: badCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    @Test func createChecksItsArguments() {
        let f = Fixture()
        func create(_ network: UnsafePointer<crl_network>?, _ precision: crl_precision, _ code: Int, _ words: String...)
        {
            var publisher: UnsafeMutablePointer<crl_publisher>? = cast(f.network)
            fails(crlPublisherCreate(network, precision, &publisher), code, "crl_publisher_create", words)
            #expect(publisher == nil)
        }
        create(nil, 0, CRL_ERROR_NULL, "network is NULL")
        create(f.unbuilt, 0, CRL_ERROR_NOT_BUILT, "not built")
        create(cast(f.workspace), 0, CRL_ERROR_HANDLE, "network")
        create(f.network, 3, CRL_ERROR_VALUE, "precision is 3")
        create(f.network, -1, CRL_ERROR_VALUE, "precision is -1")
    }

    @Test func destroyingNothingOrAnotherKindDoesNothing() {
        let f = Fixture()
        let publisher = PublisherCallTests.makePublisher(f.network)
        crlPublisherDestroy(nil)
        crlPublisherDestroy(cast(f.network))
        crlPublisherDestroy(misaligned(publisher))
        crlPredictorDestroy(cast(publisher))
        ok(crlPublisherPredict(publisher, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)
        crlPublisherDestroy(publisher)
    }

    /// What it predicts is a predictor's of the network as it was published last, in each precision.
    @Test(arguments: PredictorCallTests.precisions) func predictsWithWhatWasPublishedLast(_ precision: Int) {
        let f = Fixture()
        let publisher = PublisherCallTests.makePublisher(f.network, precision)
        let first = PredictorCallTests.makePredictor(f.network, precision)
        let expected = Memory<Float>(0, count: 8)
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil))
        ok(crlPredictorPredict(first, f.x.pointer, 4, 2, expected.pointer, 4, 2))
        ok(crlPublisherPredict(publisher, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.bytes == expected.bytes)

        ok(crlPublisherPublish(publisher, f.network))
        let second = PredictorCallTests.makePredictor(f.network, precision)
        ok(crlPredictorPredict(second, f.x.pointer, 4, 2, expected.pointer, 4, 2))
        ok(crlPublisherPredict(publisher, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.bytes == expected.bytes)
        for predictor in [first, second] { crlPredictorDestroy(predictor) }
        crlPublisherDestroy(publisher)
    }
}
