import CChainrule
import ChainruleC
import Testing

/// The calls for derivatives beyond the gradient, each with every kind of bad input, and against one another.
@Suite struct DerivativeTests {
    private typealias Product =
        @Sendable (
            UnsafePointer<crl_network>?, UnsafePointer<crl_cost_options>?, UnsafePointer<Float>?, UInt, UInt,
            UnsafePointer<crl_targets>?, UnsafePointer<Float>?, UInt, UnsafeMutablePointer<Float>?, UInt
        ) -> crl_status

    private static let products: [(name: String, call: Product)] = [
        ("crl_network_hessian_product", { crlNetworkHessianProduct($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) }),
        ("crl_network_gauss_newton_product", { crlNetworkGaussNewtonProduct($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) }),
    ]

    static let badProducts = products.flatMap { name, call in
        [
            BadCall(name, CRL_ERROR_NULL, "network is NULL") { f in
                call(nil, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NULL, "x is NULL") { f in
                call(f.network, nil, nil, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NULL, "targets is NULL") { f in
                call(f.network, nil, f.x.pointer, 4, 2, nil, f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NULL, "vector is NULL") { f in
                call(f.network, nil, f.x.pointer, 4, 2, f.targets(), nil, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NULL, "product is NULL") { f in
                call(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, nil, 17)
            },
            BadCall(name, CRL_ERROR_HANDLE, "network is not a crl_network") { f in
                call(
                    cast(f.workspace), nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17
                )
            },
            BadCall(name, CRL_ERROR_NOT_BUILT, "not built") { f in
                call(f.unbuilt, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_SIZE, "x_rows is 0") { f in
                call(f.network, nil, f.x.pointer, 0, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_SIZE, "x_stride is 1", "2 floats") { f in
                call(f.network, nil, f.x.pointer, 4, 1, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_SIZE, "x has \(UInt.max / 2) rows") { f in
                call(
                    f.network, nil, f.x.pointer, .max / 2, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_SIZE, "vector_count is 16", "17 parameters") { f in
                call(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 16, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_SIZE, "product_count is \(UInt.max)", "17 parameters") { f in
                call(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, .max)
            },
            BadCall(name, CRL_ERROR_SIZE, "3 target values for 4 rows") { f in
                call(
                    f.network, nil, f.x.pointer, 4, 2, f.targets { $0.rows = 3 }, f.slope.pointer, 17,
                    f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_VALUE, "cost->kind is 7") { f in
                call(
                    f.network, f.cost(7), f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_MISMATCH, "no Hessian product") { f in
                let cost = f.cost {
                    $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
                    $0.function = { _, _, _, _, _, _, _, _, _ in 0 }
                }
                return call(
                    f.network, cost, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NOT_FINITE, "x holds nan", "row 2, column 1") { f in
                call(
                    f.network, nil, f.keepFloats(f.x.elements, replacing: 5, with: .nan), 4, 2, f.targets(),
                    f.slope.pointer, 17, f.gradients.pointer, 17)
            },
            BadCall(name, CRL_ERROR_NOT_FINITE, "the vector holds inf", "column 3") { f in
                call(
                    f.network, nil, f.x.pointer, 4, 2, f.targets(),
                    f.keepFloats(f.slope.elements, replacing: 3, with: .infinity), 17, f.gradients.pointer, 17)
            },
        ]
    }

    static let badJVPs = [
        BadCall("crl_network_jvp", CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkJVP(nil, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkJVP(f.network, nil, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_NULL, "y_tangent is NULL") { f in
            crlNetworkJVP(f.network, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, nil, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkJVP(f.unbuilt, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "x_rows is 0") { f in
            crlNetworkJVP(f.network, f.x.pointer, 0, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "x_tangent_stride is 1") { f in
            crlNetworkJVP(
                f.network, f.x.pointer, 4, 2, f.x.pointer, 1, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "w_tangent_count is 18", "17 parameters") { f in
            crlNetworkJVP(f.network, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 18, nil, 0, 0, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "y_rows is 3", "4 rows") { f in
            crlNetworkJVP(
                f.network, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, f.dC_dy.pointer, 3, 2, f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "y_tangent_rows is 3", "4 rows") { f in
            crlNetworkJVP(f.network, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 3, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_SIZE, "y_tangent_stride is 1", "2 floats") { f in
            crlNetworkJVP(f.network, f.x.pointer, 4, 2, nil, 0, f.slope.pointer, 17, nil, 0, 0, f.y.pointer, 4, 1)
        },
        BadCall("crl_network_jvp", CRL_ERROR_NOT_FINITE, "the tangent of x holds nan", "row 0, column 1") { f in
            crlNetworkJVP(
                f.network, f.x.pointer, 4, 2, f.keepFloats(f.x.elements, replacing: 1, with: .nan), 2, nil, 0, nil, 0,
                0,
                f.y.pointer, 4, 2)
        },
        BadCall("crl_network_jvp", CRL_ERROR_NOT_FINITE, "the tangent of the parameters holds -inf", "column 16") { f in
            crlNetworkJVP(
                f.network, f.x.pointer, 4, 2, nil, 0, f.keepFloats(f.slope.elements, replacing: 16, with: -.infinity),
                17, nil, 0, 0, f.y.pointer, 4, 2)
        },
    ]

    static let badVJPs = [
        BadCall("crl_network_vjp", CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkVJP(nil, f.x.pointer, 4, 2, f.t.pointer, 2, f.gradients.pointer, 17, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkVJP(f.network, nil, 4, 2, f.t.pointer, 2, f.gradients.pointer, 17, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_NULL, "u is NULL") { f in
            crlNetworkVJP(f.network, f.x.pointer, 4, 2, nil, 2, f.gradients.pointer, 17, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkVJP(f.unbuilt, f.x.pointer, 4, 2, f.t.pointer, 2, f.gradients.pointer, 17, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_SIZE, "u_stride is 1", "2 floats") { f in
            crlNetworkVJP(f.network, f.x.pointer, 4, 2, f.t.pointer, 1, f.gradients.pointer, 17, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_SIZE, "gradients_count is 0", "17 parameters") { f in
            crlNetworkVJP(f.network, f.x.pointer, 4, 2, f.t.pointer, 2, f.gradients.pointer, 0, nil, 0, 0)
        },
        BadCall("crl_network_vjp", CRL_ERROR_SIZE, "x_gradient_rows is 3", "4 rows") { f in
            crlNetworkVJP(f.network, f.x.pointer, 4, 2, f.t.pointer, 2, nil, 0, f.dC_dx.pointer, 3, 2)
        },
        BadCall("crl_network_vjp", CRL_ERROR_SIZE, "x_gradient_stride is 1", "2 floats") { f in
            crlNetworkVJP(f.network, f.x.pointer, 4, 2, f.t.pointer, 2, nil, 0, f.dC_dx.pointer, 4, 1)
        },
        BadCall("crl_network_vjp", CRL_ERROR_NOT_FINITE, "the output vector holds nan", "row 3, column 1") { f in
            crlNetworkVJP(
                f.network, f.x.pointer, 4, 2, f.keepFloats(f.t.elements, replacing: 7, with: .nan), 2,
                f.gradients.pointer, 17, nil, 0, 0)
        },
    ]

    static let badMatrices = [
        BadCall("crl_network_hessian", CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkHessian(nil, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 17, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_NULL, "hessian is NULL") { f in
            crlNetworkHessian(f.network, nil, f.x.pointer, 4, 2, f.targets(), nil, 17, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkHessian(f.network, nil, nil, 4, 2, f.targets(), f.matrix, 17, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_NULL, "targets is NULL") { f in
            crlNetworkHessian(f.network, nil, f.x.pointer, 4, 2, nil, f.matrix, 17, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkHessian(f.unbuilt, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 17, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_SIZE, "hessian_rows is 16", "17 rows") { f in
            crlNetworkHessian(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 16, 17)
        },
        BadCall("crl_network_hessian", CRL_ERROR_SIZE, "hessian_stride is 16", "17 floats") { f in
            crlNetworkHessian(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 17, 16)
        },
        BadCall("crl_network_hessian", CRL_ERROR_SIZE, "\(UInt.max) floats apart") { f in
            crlNetworkHessian(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 17, .max)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkJacobian(nil, f.x.pointer, 4, 2, 0, f.matrix, 8, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkJacobian(f.network, nil, 4, 2, 0, f.matrix, 8, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_NULL, "jacobian is NULL") { f in
            crlNetworkJacobian(f.network, f.x.pointer, 4, 2, 0, nil, 8, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkJacobian(f.unbuilt, f.x.pointer, 4, 2, 0, f.matrix, 8, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_VALUE, "variable is 2") { f in
            crlNetworkJacobian(f.network, f.x.pointer, 4, 2, 2, f.matrix, 8, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_SIZE, "jacobian_rows is 7", "8 rows") { f in
            crlNetworkJacobian(f.network, f.x.pointer, 4, 2, 0, f.matrix, 7, 17)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_SIZE, "jacobian_stride is 16", "17 floats") { f in
            crlNetworkJacobian(f.network, f.x.pointer, 4, 2, 0, f.matrix, 8, 16)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_SIZE, "jacobian_stride is 1", "2 floats") { f in
            crlNetworkJacobian(f.network, f.x.pointer, 4, 2, crl_variable(CRL_VARIABLE_INPUT), f.matrix, 8, 1)
        },
        BadCall("crl_network_jacobian", CRL_ERROR_NOT_FINITE, "x holds inf", "row 0, column 0") { f in
            crlNetworkJacobian(
                f.network, f.keepFloats(f.x.elements, replacing: 0, with: .infinity), 4, 2, 0, f.matrix, 8, 17)
        },
    ]

    static let badChecks = [
        BadCall("crl_network_check_gradient", CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkCheckGradient(nil, nil, f.x.pointer, 4, 2, f.targets(), nil, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkCheckGradient(f.network, nil, nil, 4, 2, f.targets(), nil, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_NULL, "targets is NULL") { f in
            crlNetworkCheckGradient(f.network, nil, f.x.pointer, 4, 2, nil, nil, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_NULL, "report is NULL") { f in
            crlNetworkCheckGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), nil, nil)
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkCheckGradient(f.unbuilt, nil, f.x.pointer, 4, 2, f.targets(), nil, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_SIZE, "report->size is 3", "_INIT") { f in
            crlNetworkCheckGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), nil, f.report { $0.size = 3 })
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_SIZE, "options->size is 0", "_INIT") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.x.pointer, 4, 2, f.targets(), f.checkOptions { $0.size = 0 }, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_VALUE, "step is nan") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.x.pointer, 4, 2, f.targets(), f.checkOptions { $0.step = .nan }, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_VALUE, "tolerance is 0.0") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.x.pointer, 4, 2, f.targets(), f.checkOptions { $0.tolerance = 0 }, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_SIZE, "at least 1 coordinate") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.x.pointer, 4, 2, f.targets(), f.checkOptions { $0.max_coordinates = 0 }, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_SIZE, "max_coordinates is \(UInt.max)") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.x.pointer, 4, 2, f.targets(), f.checkOptions { $0.max_coordinates = -1 }, f.report())
        },
        BadCall("crl_network_check_gradient", CRL_ERROR_NOT_FINITE, "x holds nan") { f in
            crlNetworkCheckGradient(
                f.network, nil, f.keepFloats(f.x.elements, replacing: 0, with: .nan), 4, 2, f.targets(), nil,
                f.report())
        },
    ]

    @Test(arguments: badProducts + badJVPs + badVJPs + badMatrices + badChecks)
    func isAnError(_ bad: BadCall) { bad.check() }

    // MARK: Good calls

    /// Every call of one network, with strides that leave gaps: the gaps stay as they are, and the calls agree.
    @Test func theCallsAgree() {
        let f = Fixture()
        let x = Memory<Float>(
            (0..<4).flatMap { row -> [Float] in [f.x.elements[2 * row], f.x.elements[2 * row + 1], .nan] })
        let (y, tangent) = (Memory<Float>(77, count: 20), Memory<Float>(77, count: 16))
        ok(
            crlNetworkJVP(
                f.network, x.pointer, 4, 3, nil, 0, f.slope.pointer, 17, y.pointer, 4, 5, tangent.pointer, 4, 4))
        for row in 0..<4 {
            #expect(y.elements[5 * row + 2..<5 * row + 5].allSatisfy { $0 == 77 })
            #expect(tangent.elements[4 * row + 2..<4 * row + 4].allSatisfy { $0 == 77 })
            #expect(Array(y.elements[5 * row..<5 * row + 2]) == Array(f.prediction[2 * row..<2 * row + 2]))
        }

        // J v, from the Jacobian.
        let jacobian = Memory<Float>(77, count: 8 * 18)
        ok(
            crlNetworkJacobian(
                f.network, x.pointer, 4, 3, crl_variable(CRL_VARIABLE_PARAMETERS), jacobian.pointer, 8, 18))
        for place in 0..<8 {
            let row = jacobian.elements[place * 18..<(place + 1) * 18]
            #expect(row.last == 77)
            let product = zip(row, f.slope.elements).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            #expect(abs(product - tangent.elements[place / 2 * 4 + place % 2]) < 1e-5)
        }

        // uᵀ J and uᵀ ∂y/∂x, from the Jacobians.
        let inputJacobian = Memory<Float>(77, count: 8 * 2)
        ok(
            crlNetworkJacobian(
                f.network, x.pointer, 4, 3, crl_variable(CRL_VARIABLE_INPUT), inputJacobian.pointer, 8, 2))
        ok(
            crlNetworkVJP(
                f.network, x.pointer, 4, 3, f.t.pointer, 2, f.gradients.pointer, 17, f.dC_dx.pointer, 4, 2))
        for column in 0..<17 {
            let product = (0..<8).reduce(Float(0)) { (sum: Float, row: Int) -> Float in
                sum + f.t.elements[row] * jacobian.elements[row * 18 + column]
            }
            #expect(abs(product - f.gradients.elements[column]) < 1e-5)
        }
        for row in 0..<4 {
            for column in 0..<2 {
                let product = (0..<2).reduce(Float(0)) { (sum: Float, output: Int) -> Float in
                    let place = 2 * row + output
                    return sum + f.t.elements[place] * inputJacobian.elements[place * 2 + column]
                }
                #expect(abs(product - f.dC_dx.elements[2 * row + column]) < 1e-5)
            }
        }

        // H v, from H.
        let hessian = Memory<Float>(77, count: 17 * 19)
        ok(crlNetworkHessian(f.network, nil, x.pointer, 4, 3, f.targets(), hessian.pointer, 17, 19))
        ok(
            crlNetworkHessianProduct(
                f.network, nil, x.pointer, 4, 3, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17))
        for row in 0..<17 {
            let elements = hessian.elements[row * 19..<row * 19 + 17]
            #expect(hessian.elements[row * 19 + 17..<row * 19 + 19].allSatisfy { $0 == 77 })
            let product = zip(elements, f.slope.elements).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(product - f.gradients.elements[row]) < 1e-5)
        }

        // G v = (2/N)/rows Jᵀ J v for the mean squared error.
        ok(
            crlNetworkGaussNewtonProduct(
                f.network, nil, x.pointer, 4, 3, f.targets(), f.slope.pointer, 17, f.gradients.pointer, 17))
        for column in 0..<17 {
            let product = (0..<8).reduce(Float(0)) {
                $0 + jacobian.elements[$1 * 18 + column] * tangent.elements[$1 / 2 * 4 + $1 % 2] / 4
            }
            #expect(abs(product - f.gradients.elements[column]) < 1e-5)
        }
    }

    @Test func aNetworkWithoutParametersHasNoMatrices() {
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(2, &network))
        ok(crlNetworkAddActivation(network, crl_activation(CRL_TANH), nil))
        ok(crlNetworkBuild(network, 1))
        defer { crlNetworkDestroy(network) }
        let f = Fixture()
        fails(
            crlNetworkHessian(network, nil, f.x.pointer, 4, 2, f.targets(), f.matrix, 17, 17), CRL_ERROR_SIZE,
            "crl_network_hessian", ["no parameters"])
        fails(
            crlNetworkJacobian(network, f.x.pointer, 4, 2, 0, f.matrix, 8, 17), CRL_ERROR_SIZE, "crl_network_jacobian",
            ["no parameters"])
        ok(crlNetworkJacobian(network, f.x.pointer, 4, 2, crl_variable(CRL_VARIABLE_INPUT), f.matrix, 8, 2))
        let report = f.report()
        ok(crlNetworkCheckGradient(network, nil, f.x.pointer, 4, 2, f.targets(), nil, report))
        #expect(report.pointee.checked == 0 && report.pointee.name == nil)
    }

    @Test func aGoodNetworkPassesTheCheck() {
        let f = Fixture()
        let report = f.report()
        ok(crlNetworkCheckGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), nil, report))
        #expect(report.pointee.checked + report.pointee.skipped == 17 && report.pointee.checked >= 15)
        #expect(report.pointee.failed == 0 && report.pointee.relative_error <= 0.005)
        #expect(report.pointee.quantity == crl_checked_quantity(CRL_CHECKED_PARAMETER_GRADIENT))
        #expect(
            ["hidden.weight", "hidden.bias", "out.weight", "out.bias"].contains(String(cString: report.pointee.name)))
    }

    /// `h = z³` with a derivative that is wrong by 1 %, in the layer "cube".
    @Test func theCheckNamesTheLayerOfAWrongDerivative() {
        let f = Fixture()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(2, &network))
        let options = f.layer {
            $0.name = f.text("cube")
            $0.function = { _, z, h, rows, columns in
                for index in 0..<rows * columns { h![index] = z![index] * z![index] * z![index] }
                return 0
            }
            $0.derivative = { _, z, _, slope, rows, columns in
                for index in 0..<rows * columns { slope![index] = 3.03 * z![index] * z![index] }
                return 0
            }
            $0.second_derivative = { _, z, _, slope, rows, columns in
                for index in 0..<rows * columns { slope![index] = 6 * z![index] }
                return 0
            }
        }
        ok(crlNetworkAddDense(network, 2, crl_activation(CRL_CUSTOM_ACTIVATION), options))
        ok(crlNetworkBuild(network, 1))
        let report = f.report()
        ok(crlNetworkCheckGradient(network, nil, f.x.pointer, 4, 2, f.targets(), nil, report))
        #expect(report.pointee.failed > 0)
        #expect(report.pointee.quantity == crl_checked_quantity(CRL_CHECKED_ACTIVATION_DERIVATIVE))
        #expect(String(cString: report.pointee.name) == "cube")
        #expect(abs(report.pointee.analytic / report.pointee.numeric - 1.01) < 0.001)
        // With σ'' there, the Hessian product is possible.
        ok(
            crlNetworkHessianProduct(
                network, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 6, f.gradients.pointer, 6))
        crlNetworkDestroy(network)
    }

    @Test func whatCallbacksReturnEndsTheCall() {
        let f = Fixture()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(2, &network))
        let options = f.layer {
            $0.function = { _, z, h, rows, columns in
                for index in 0..<rows * columns { h![index] = z![index] }
                return 0
            }
            $0.derivative = { _, _, _, slope, rows, columns in
                for index in 0..<rows * columns { slope![index] = 1 }
                return 0
            }
            $0.second_derivative = { _, _, _, _, _, _ in 42 }
        }
        ok(crlNetworkAddDense(network, 2, crl_activation(CRL_CUSTOM_ACTIVATION), options))
        ok(crlNetworkBuild(network, 1))
        fails(
            crlNetworkHessianProduct(
                network, nil, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 6, f.gradients.pointer, 6),
            CRL_ERROR_CALLBACK, "crl_network_hessian_product", ["layer '0'", "second derivative returned 42"])
        let cost = f.cost {
            $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
            $0.function = { _, _, _, _, rows, columns, _, cost, gradient in
                cost!.pointee = 1
                for index in 0..<rows * columns { gradient![index] = 0 }
                return 0
            }
            $0.hessian_product = { _, _, _, _, _, _, _, _, _ in -7 }
        }
        fails(
            crlNetworkGaussNewtonProduct(
                network, cost, f.x.pointer, 4, 2, f.targets(), f.slope.pointer, 6, f.gradients.pointer, 6),
            CRL_ERROR_CALLBACK, "crl_network_gauss_newton_product", ["hessian_product returned -7"])
        crlNetworkDestroy(network)
    }
}

extension Fixture {
    /// Memory for a Hessian.
    fileprivate var matrix: UnsafeMutablePointer<Float> { keepArray([Float](repeating: 77, count: 17 * 17)) }

    fileprivate func report(
        _ change: (inout crl_gradient_report) -> Void = { _ in }
    ) -> UnsafeMutablePointer<crl_gradient_report> {
        var report = crl_gradient_report.initial
        change(&report)
        return keep(report)
    }

    fileprivate func checkOptions(
        _ change: (inout crl_gradient_check_options) -> Void
    ) -> UnsafePointer<crl_gradient_check_options> {
        var options = crl_gradient_check_options.initial
        change(&options)
        return UnsafePointer(keep(options))
    }
}
