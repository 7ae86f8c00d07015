import CChainrule
import ChainruleC
import Testing

/// Targets and sample weights that no cost can take. Each is tried on the three functions that take targets.
@Suite struct TargetTests {
    /// Wrong targets of one cost.
    struct BadTargets: Sendable, CustomTestStringConvertible {
        let cost: Int
        let code: Int
        let words: [String]
        let make: @Sendable (Fixture) -> UnsafePointer<crl_targets>

        init(
            _ cost: Int, _ code: Int, _ words: String...,
            make: @escaping @Sendable (Fixture) -> UnsafePointer<crl_targets>
        ) {
            self.cost = cost
            self.code = code
            self.words = words
            self.make = make
        }

        var testDescription: String { "cost \(cost), \(name(of: crl_status(code))), \(words)" }
    }

    static let classes = [Int32(-1), 2, .min, .max].map { index in
        BadTargets(CRL_CROSS_ENTROPY, CRL_ERROR_TARGET, "row 2", "\(index)", "0 to 1") { f in
            f.classes.pointer[2] = index
            return f.classTargets()
        }
    }

    static let values =
        [
            CRL_MEAN_SQUARED_ERROR, CRL_MEAN_ABSOLUTE_ERROR, CRL_HUBER, CRL_BINARY_CROSS_ENTROPY_LOGITS,
            CRL_CROSS_ENTROPY,
        ]
        .flatMap { cost in
            [Float.nan, .infinity, -.infinity].map { value in
                BadTargets(cost, CRL_ERROR_TARGET, "row 1, column 1", "\(value)") { f in
                    f.t.pointer[3] = value
                    return f.targets()
                }
            }
        }
        + [CRL_BINARY_CROSS_ENTROPY, CRL_BINARY_CROSS_ENTROPY_LOGITS, CRL_CROSS_ENTROPY].flatMap { cost in
            [Float(-0.001), 1.001, 2].map { value in
                BadTargets(cost, CRL_ERROR_TARGET, "row 3, column 0", "\(value)", "0.0 to 1.0") { f in
                    f.t.pointer[6] = value
                    return f.targets()
                }
            }
        }

    static let weights =
        [Float.nan, .infinity, -1].map { weight in
            BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_TARGET, "row 3", "\(weight)") { f in
                f.weights.pointer[3] = weight
                return f.targets {
                    $0.weights = UnsafePointer(f.weights.pointer)
                    $0.weights_count = 4
                }
            }
        } + [
            BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_TARGET, "weights are all 0") { f in
                for row in 0..<4 { f.weights.pointer[row] = 0 }
                return f.targets {
                    $0.weights = UnsafePointer(f.weights.pointer)
                    $0.weights_count = 4
                }
            }
        ]

    static let kinds = [
        BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_TARGET, "mean_squared_error", "classes") { $0.classTargets() },
        BadTargets(CRL_BINARY_CROSS_ENTROPY, CRL_ERROR_TARGET, "binary_cross_entropy", "classes") { $0.classTargets() },
        BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_TARGET, "needs targets") { f in f.targets { $0.values = nil } },
        BadTargets(CRL_CROSS_ENTROPY, CRL_ERROR_TARGET, "both") { f in
            f.targets {
                $0.classes = UnsafePointer(f.classes.pointer)
                $0.classes_count = 4
            }
        },
    ]

    static let sizes =
        [0, 3, 5, -1, Int.min].map { count in
            BadTargets(CRL_CROSS_ENTROPY, CRL_ERROR_SIZE, "classes", "\(UInt(bitPattern: count))") { f in
                f.classTargets { $0.classes_count = count }
            }
        }
        + [0, 3, 5, -1, Int.min].map { count in
            BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_SIZE, "weights", "\(UInt(bitPattern: count))") { f in
                f.targets {
                    $0.weights = UnsafePointer(f.weights.pointer)
                    $0.weights_count = count
                }
            }
        }
        + [0, 3, 5, -1, Int.min].map { rows in
            BadTargets(
                CRL_MEAN_SQUARED_ERROR, CRL_ERROR_SIZE, rows == 0 ? "targets->rows is" : "values",
                "\(UInt(bitPattern: rows))"
            ) { f in f.targets { $0.rows = rows } }
        }
        + [0, 1, -1].map { stride in
            BadTargets(
                CRL_MEAN_SQUARED_ERROR, CRL_ERROR_SIZE, stride < 0 ? "targets->values" : "targets->stride is",
                "\(UInt(bitPattern: stride))"
            ) { f in f.targets { $0.stride = stride } }
        }
        + [0, 1, 3, -1, Int.min].map { columns in
            BadTargets(CRL_MEAN_SQUARED_ERROR, CRL_ERROR_SIZE, "columns", "\(UInt(bitPattern: columns))") { f in
                f.targets {
                    $0.columns = columns
                    $0.stride = max(columns, 2)
                }
            }
        }

    @Test(arguments: classes + values + weights + kinds + sizes)
    func areAnErrorEverywhere(_ bad: BadTargets) {
        let f = Fixture()
        let targets = bad.make(f)
        let cost = f.cost(bad.cost)
        let before = f.state
        fails(
            crlCost(cost, f.x.pointer, 4, 2, 2, targets, f.C.pointer, f.dC_dy.pointer, 4, 2), bad.code, "crl_cost",
            bad.words)
        fails(
            crlNetworkValueAndGradient(
                f.network, cost, f.x.pointer, 4, 2, targets, f.C.pointer, f.gradients.pointer, 17),
            bad.code, "crl_network_value_and_gradient", bad.words)
        fails(
            crlNetworkFit(f.network, f.x.pointer, 4, 2, targets, nil, f.train { $0.cost = cost }), bad.code,
            "crl_network_fit",
            bad.words)
        // Those of the validation set are checked before the first step, too.
        let good = Fixture()
        let held = good.validation { $0.targets = targets }
        let goodTargets = bad.cost == CRL_CROSS_ENTROPY ? good.classTargets() : good.targets()
        fails(
            crlNetworkFit(f.network, good.x.pointer, 4, 2, goodTargets, held, f.train { $0.cost = cost }), bad.code,
            "crl_network_fit",
            bad.words)
        #expect(f.state == before)
    }
}
